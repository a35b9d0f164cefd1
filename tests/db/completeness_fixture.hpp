// What tests of completeness share: a database that knows when markets trade.
#pragma once

#include "store_fixture.hpp"

namespace candled::test {

// Monday to Friday from 2023-12-25 on for two hundred days, 04:00 to 20:00 New York: no holidays but New
// Year's Day, which is enough here.
inline void publish_sessions(std::string const& url) {
  rows(url, R"(
    INSERT INTO candled.market_session
    SELECT 'XNYS', d, (d + time '09:30') AT TIME ZONE 'America/New_York', (d + time '16:00') AT TIME ZONE 'America/New_York',
           (d + time '04:00') AT TIME ZONE 'America/New_York', (d + time '20:00') AT TIME ZONE 'America/New_York', false
    FROM (SELECT '2023-12-25'::date + n FROM generate_series(0, 199) n) g (d)
    WHERE extract(isodow FROM d) < 6 AND d <> '2024-01-01')");
}

class CompletenessTest : public StoreTest {
 public:
  // An answer without a bar.
  static Load without_bars(SeriesId series, TimeRange range) {
    Load load;
    load.slices = {{.series = series, .proven = {range}}};
    return load;
  }

 protected:
  CompletenessTest() { publish_sessions(database_.url()); }

  // All minutes of a day's extended hours, in winter.
  static Load whole_day(SeriesId series, std::string const& date) {
    return minutes(series, minutes_from((date + "T09:00:00Z").c_str(), 960));
  }

  static std::string state_of(std::string const& date) {
    return "SELECT state FROM candled.session_completeness WHERE ticker = 'AAPL' AND session_date = '" +
           date + "'";
  }

  // Every row that loads write, with the place and transaction of each: equal only when nothing was written.
  Rows everything() const {
    Rows all;
    for (auto const* table : {"bar", "series", "series_session", "settled", "coverage_log", "bar_revision",
                              "gap", "rejected_bar"})
      for (auto& row : rows(std::string{"SELECT tableoid::regclass, ctid, xmin, xmax FROM candled."} + table +
                            " ORDER BY 1, 2"))
        all.push_back(std::move(row));
    return all;
  }
};

}  // namespace candled::test
