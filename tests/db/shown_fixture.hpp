// What tests of who is shown share: configurations, and bars that tell whose they are.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/calendar.hpp"
#include "store/market_sessions.hpp"
#include "store_fixture.hpp"

namespace candled::test {

class ShownTest : public StoreTest {
 protected:
  static CollectedProvider provider(std::string name, std::vector<std::string> formerly = {}) {
    auto host = "api." + name;
    return {
        .name = std::move(name), .kind = "polygon", .host = std::move(host), .formerly = std::move(formerly)};
  }

  static CollectedJob job(std::string provider, std::vector<std::string> tickers = {"AAPL"},
                          Timeframe timeframe = Timeframe::m1) {
    return {.provider = std::move(provider),
            .timeframe = timeframe,
            .tickers = std::move(tickers),
            .calendar = "XNYS",
            .rollups = {}};
  }

  // The configuration is this now, and a command has begun.
  void follow(Collection collection) {
    store_.collect(std::move(collection));
    must(await(store_.follow_collection(at("2024-06-01T00:00:00Z"))));
  }

  Series open_at(std::string const& provider, std::string const& ticker = "AAPL",
                 std::vector<std::string> shown_elsewhere = {}, Timeframe timeframe = Timeframe::m1) {
    auto asked = query({ticker});
    asked.provider = provider;
    asked.timeframe = timeframe;
    asked.shown_elsewhere = std::move(shown_elsewhere);
    return must(await(store_.open_series(asked))).at(0);
  }

  // Of 2024-01-02 from this time (UTC) on, one a minute; version tells them apart.
  void fill(Series const& series, std::string const& time, int count, int version) {
    load(minutes(series.id, minutes_from(("2024-01-02T" + time + ":00Z").c_str(), count), version));
  }

  // Daily bars, and all of these days covered.
  void fill_days(Series const& series, std::vector<char const*> const& days, int version) {
    Load load;
    for (auto const* const day : days) {
      auto const start = at((std::string{day} + "T05:00:00Z").c_str());
      load.bars.push_back(bar_at(start, version));
      load.slices.push_back({.series = series.id,
                             .first = load.bars.size() - 1,
                             .count = 1,
                             .proven = {TimeRange{.from = start, .to = start + std::chrono::hours{24}}},
                             .settled = {}});
    }
    this->load(load);
  }

  void publish_sessions() const {
    Calendar const calendar{CalendarKind::xnys};
    must(candled::publish_sessions(
        Secret{database_.url()}, "XNYS",
        calendar.sessions({.from = at("2024-01-01T00:00:00Z"), .to = at("2024-02-01T00:00:00Z")})));
  }

  // Start and version of the bars that `from` (FROM …) gives.
  Rows versions(std::string const& from) const {
    return rows(
        "SELECT to_char(ts, 'HH24:MI'), open - 100 - (extract(epoch FROM ts)::int8 / 60 % 1000) / 8.0 " +
        from);
  }

  // The versions of the minutes that the view shows.
  std::string shown(std::string const& ticker = "AAPL") const {
    std::string text;
    for (auto const& row :
         versions("FROM candled.bars WHERE ticker = '" + ticker + "' AND timeframe = '1m' ORDER BY ts"))
      text += row.at(0) + "=" + row.at(1) + " ";
    return text;
  }
};

}  // namespace candled::test
