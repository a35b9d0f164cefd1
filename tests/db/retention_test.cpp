// Years of bars that nobody keeps any more are dropped, and nothing else.
#include <libpq-fe.h>

#include <memory>

#include "store_fixture.hpp"

namespace candled::test {
namespace {

class Retention : public StoreTest {
 protected:
  // As a job opens it whose retention reaches back to `kept_from`; nullptr: it has none.
  Series open_kept(std::string const& ticker, char const* kept_from,
                   char const* history = "2015-01-01T00:00:00Z") {
    auto asked = query({ticker});
    if (kept_from != nullptr) asked.kept_from = at(kept_from);
    asked.rollups = rollups_;
    asked.wanted_from = std::max(at(history), asked.kept_from.value_or(UtcTime::min()));
    return must(await(store_.open_series(asked))).at(0);
  }

  // Five minutes of a year, with the coverage of the whole year.
  void load_year(SeriesId series, int year) {
    auto const start = std::to_string(year) + "-06-01T14:30:00Z";
    auto bars = minutes(series, minutes_from(start.c_str(), 5));
    bars.slices[0].proven = RangeSet{{.from = std::chrono::sys_days{std::chrono::year{year} / 1 / 1},
                                      .to = std::chrono::sys_days{std::chrono::year{year + 1} / 1 / 1}}};
    load(bars);
  }

  std::vector<int> drop() {
    std::vector<int> years;
    for (auto const& dropped : must(await(store_.drop_expired()))) years.push_back(dropped.year);
    return years;
  }

  std::string years() const {
    return value(
        "SELECT string_agg(relid::regclass::text, ' ' ORDER BY relid::regclass::text) "
        "FROM pg_partition_tree('candled.bar') WHERE isleaf");
  }

  std::vector<Timeframe> rollups_;
};

TEST_F(Retention, drops_whole_years_and_what_is_known_of_them) {
  auto const series = open_kept("AAPL", nullptr);
  for (int const year : {2015, 2016, 2017}) load_year(series.id, year);
  load(minutes(series.id, minutes_from("2015-06-01T14:30:00Z", 5), 1));
  load(minutes(series.id, minutes_from("2017-06-01T14:30:00Z", 5), 1));
  rows(
      "INSERT INTO candled.gap (series_id, during, reason, detail, first_seen, last_tried, next_try_at) "
      "SELECT 1, d::tstzrange, 'rejected', '', now(), now(), now() FROM (VALUES "
      "('[2015-03-01Z,2015-03-02Z)'), "
      "('[2016-12-31Z,2017-01-02Z)')) AS g (d)");
  open_kept("AAPL", "2017-01-01T05:00:00Z");

  EXPECT_EQ(drop(), (std::vector{2015, 2016}));
  EXPECT_EQ(drop(), std::vector<int>{});

  EXPECT_EQ(years(), "candled.bar_2017");
  EXPECT_EQ(value("SELECT covered FROM candled.series"),
            R"({["2017-01-01 00:00:00+00","2018-01-01 00:00:00+00")})");
  EXPECT_EQ(rows("SELECT DISTINCT ts::date FROM candled.bar_revision"), (Rows{{"2017-06-01"}}));
  EXPECT_EQ(rows("SELECT session_date FROM candled.series_session WHERE bars > 0"), (Rows{{"2017-06-01"}}));
  EXPECT_EQ(rows("SELECT lower(during), closed_at IS NULL FROM candled.gap ORDER BY 1"),
            (Rows{{"2015-03-01 00:00:00+00", "f"}, {"2017-01-01 00:00:00+00", "t"}}));
  EXPECT_EQ(rows("SELECT covered_from, holes FROM candled.coverage_report"),
            (Rows{{"2017-01-01 00:00:00+00", "0"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.gaps WHERE gap_from < '2017-01-01Z'"), "0");
}

TEST_F(Retention, leaves_a_year_in_which_another_series_keeps_a_bar) {
  auto const mine = open_kept("AAPL", "2017-01-01T05:00:00Z");
  auto const others = open_kept("MSFT", nullptr);
  load_year(mine.id, 2015), load_year(mine.id, 2016);
  load_year(others.id, 2016);

  EXPECT_EQ(drop(), std::vector{2015});

  EXPECT_EQ(years(), "candled.bar_2016");
  EXPECT_EQ(rows("SELECT series_id, count(*) FROM candled.bar GROUP BY 1 ORDER BY 1"),
            (Rows{{"1", "5"}, {"2", "5"}}));
  EXPECT_EQ(value("SELECT covered FROM candled.series WHERE series_id = 2"),
            R"({["2016-01-01 00:00:00+00","2017-01-01 00:00:00+00")})");
  open_kept("MSFT", "2017-01-01T05:00:00Z");
  EXPECT_EQ(drop(), std::vector{2016});
}

TEST_F(Retention, of_a_series_is_that_of_the_bars_rolled_from_it) {
  rollups_ = {Timeframe::d1};
  load_year(open_kept("AAPL", nullptr).id, 2016);
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars WHERE timeframe = '1d'"), "1");

  open_kept("AAPL", "2017-01-01T05:00:00Z");

  EXPECT_EQ(drop(), std::vector{2016});
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars"), "0");
}

TEST_F(Retention, that_is_taken_back_keeps_what_is_there) {
  auto const series = open_kept("AAPL", "2017-01-01T05:00:00Z");
  load_year(series.id, 2015);
  open_kept("AAPL", nullptr);

  EXPECT_EQ(drop(), std::vector<int>{});
  EXPECT_EQ(years(), "candled.bar_2015");
}

// Whatever a mistake of ours writes into series: a year counts as kept while it is wanted, and the last whole
// one always.
TEST_F(Retention, is_not_believed_when_it_is_impossible) {
  auto const series = open_kept("AAPL", nullptr);
  load_year(series.id, 2016);
  rows("SELECT candled.ensure_bar_partitions(now() - interval '2 years', now())");
  auto const before = years();

  rows("UPDATE candled.series SET kept_from = '2017-01-01Z'");
  EXPECT_EQ(drop(), std::vector<int>{}) << "2016 is wanted";
  rows("UPDATE candled.series SET kept_from = 'infinity', wanted_from = 'infinity'");
  auto const dropped = drop();

  ASSERT_FALSE(dropped.empty());
  EXPECT_EQ(dropped.front(), 2016);
  EXPECT_EQ(value("SELECT extract(year FROM now())::int - 2 - " + std::to_string(dropped.back())), "0");
  EXPECT_NE(before, years());
}

TEST_F(Retention, asks_for_what_was_dropped_once_it_is_kept_longer) {
  auto const series = open_kept("AAPL", "2017-01-01T05:00:00Z");
  load_year(series.id, 2016);
  drop();

  auto const again = open_kept("AAPL", "2016-01-01T05:00:00Z");
  EXPECT_TRUE(again.covered.empty());
  load_year(series.id, 2016);

  EXPECT_EQ(value("SELECT count(*) FROM candled.bar"), "5");
}

// Loads come first.
TEST_F(Retention, gives_up_when_somebody_uses_the_bars) {
  auto const series = open_kept("AAPL", "2017-01-01T05:00:00Z");
  load_year(series.id, 2016);
  std::unique_ptr<PGconn, void (*)(PGconn*)> const reader{PQconnectdb(database_.url().c_str()), PQfinish};
  PQclear(PQexec(reader.get(), "BEGIN; SELECT count(*) FROM candled.bar"));

  auto const held = await(store_.drop_expired());
  PQclear(PQexec(reader.get(), "COMMIT"));

  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().kind, ErrorKind::db_unavailable) << held.error().what;
  EXPECT_EQ(drop(), std::vector{2016});
}

}  // namespace
}  // namespace candled::test
