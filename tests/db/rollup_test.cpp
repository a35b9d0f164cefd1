// Series that are rolled from a finer one.
#include "completeness_fixture.hpp"
#include "store/import_names.hpp"

namespace candled::test {
namespace {

class RollupTest : public CompletenessTest {
 protected:
  static SeriesQuery with_rollups(std::vector<std::string> tickers) {
    auto query = StoreTest::query(std::move(tickers));
    query.wanted_from = at("2024-01-02T05:00:00Z");
    query.rollups = {Timeframe::m5, Timeframe::h1, Timeframe::d1, Timeframe::w1};
    return query;
  }

  Series open(std::string const& ticker = "AAPL") {
    return must(await(store_.open_series(with_rollups({ticker})))).at(0);
  }

  Rows bars(std::string const& timeframe) const {
    return rows("SELECT ts, open, close, volume, trade_count FROM candled.bars WHERE timeframe = '" +
                timeframe + "' ORDER BY ticker, ts");
  }

  Rows count_by_timeframe() const {
    return rows(
        "SELECT ticker, timeframe, count(*) FROM candled.bars WHERE timeframe <> '1m' GROUP BY 1, 2 ORDER BY "
        "1, 2");
  }
};

TEST_F(RollupTest, makes_a_series_of_each_timeframe_that_says_where_it_comes_from) {
  open();

  EXPECT_EQ(rows("SELECT timeframe, provider, is_primary, wanted_from, rolled_from FROM candled.series ORDER "
                 "BY series_id"),
            (Rows{{"1m", "test", "t", "2024-01-02 05:00:00+00", "NULL"},
                  {"5m", "test from 1m", "t", "2024-01-02 05:00:00+00", "1"},
                  {"1h", "test from 1m", "t", "2024-01-02 05:00:00+00", "1"},
                  {"1d", "test from 1m", "t", "2024-01-02 05:00:00+00", "1"},
                  // Wanted from a Tuesday on: the first whole week.
                  {"1w", "test from 1m", "t", "2024-01-07 05:00:00+00", "1"}}));
}

// One bar a minute from 09:30 on, of 1000 + minute units, open 100 + minute / 8 (minutes since 1970 modulo
// 1000).
TEST_F(RollupTest, stores_a_bar_when_all_of_its_time_is_covered_and_not_before) {
  auto const series = open();

  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 9)));

  EXPECT_EQ(bars("5m"), (Rows{{"2024-01-02 14:30:00+00", "153.75", "155.25", "7160", "210"}}));
  EXPECT_EQ(bars("1h").size() + bars("1d").size() + bars("1w").size(), 0U);
}

TEST_F(RollupTest, a_day_is_there_with_the_end_of_the_after_market) {
  auto const series = open();

  load(minutes(series.id, minutes_from("2024-01-02T09:00:00Z", 959)));
  EXPECT_EQ(bars("1d"), Rows{});
  load(minutes(series.id, minutes_from("2024-01-03T00:59:00Z", 1)));

  ASSERT_EQ(bars("1d").size(), 1U);
  EXPECT_EQ(bars("1d")[0][0], "2024-01-02 05:00:00+00");
  EXPECT_EQ(bars("1h").size(), 16U);
  EXPECT_EQ(value(state_of("2024-01-02") + " AND timeframe = '1d'"), "complete");
  EXPECT_EQ(
      value("SELECT count(*) FROM candled.gaps WHERE timeframe = '1d' AND gap_from < '2024-01-03 05:00Z'"),
      "0");
}

TEST_F(RollupTest, a_load_told_again_leaves_nothing_dirty_and_writes_nothing) {
  auto const series = open();
  auto const day = whole_day(series.id, "2024-01-02");
  load(day);
  auto const before = everything();
  auto const notes = value(
      "SELECT last_value FROM pg_get_serial_sequence('candled.rollup_dirty', 'dirty_id') s, "
      "pg_sequence_last_value(s::regclass) last_value");

  load(day);
  open();

  EXPECT_EQ(everything(), before);
  EXPECT_EQ(value("SELECT pg_sequence_last_value(pg_get_serial_sequence('candled.rollup_dirty', "
                  "'dirty_id')::regclass)"),
            notes);
}

TEST_F(RollupTest, a_changed_bar_changes_what_is_made_of_it_and_keeps_what_that_was) {
  auto const series = open();
  load(whole_day(series.id, "2024-01-02"));

  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 1), 7));

  EXPECT_EQ(bars("5m")[66][1], "160.75");
  EXPECT_EQ(
      rows("SELECT timeframe, r.ts, r.open FROM candled.bar_revision r JOIN candled.series USING (series_id) "
           "ORDER BY series_id"),
      (Rows{{"1m", "2024-01-02 14:30:00+00", "153.75"},
            {"5m", "2024-01-02 14:30:00+00", "153.75"},
            {"1h", "2024-01-02 14:00:00+00", "150"},
            {"1d", "2024-01-02 05:00:00+00", "153.75"}}));
}

TEST_F(RollupTest, those_that_are_wanted_later_have_all_that_is_there) {
  auto const series = StoreTest::open();
  load(whole_day(series.id, "2024-01-02"));
  EXPECT_EQ(count_by_timeframe(), Rows{});

  open();

  EXPECT_EQ(count_by_timeframe(), (Rows{{"AAPL", "1d", "1"}, {"AAPL", "1h", "16"}, {"AAPL", "5m", "192"}}));
}

TEST_F(RollupTest, the_providers_own_bars_are_shown_instead) {
  auto const series = open();
  load(whole_day(series.id, "2024-01-02"));
  auto daily = StoreTest::query({"AAPL"});
  daily.timeframe = Timeframe::d1;

  auto const own = must(await(store_.open_series(daily))).at(0);
  open();

  EXPECT_EQ(rows("SELECT series_id, provider FROM candled.series WHERE timeframe = '1d' AND is_primary"),
            (Rows{{std::to_string(static_cast<int>(own.id)), "test"}}));
}

TEST_F(RollupTest, days_go_with_their_name_and_a_week_of_two_names_to_nobody) {
  auto const series = open("FB");
  for (auto const* day : {"2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11", "2024-01-12"})
    load(whole_day(series.id, day));
  ASSERT_EQ(count_by_timeframe(),
            (Rows{{"FB", "1d", "5"}, {"FB", "1h", "80"}, {"FB", "1w", "1"}, {"FB", "5m", "960"}}));
  auto const names = parse_instrument_names(
      "instrument,ticker,first_date,last_date,exchange\none,FB,2000-01-01,2024-01-09,\ntwo,FB,2024-01-10,,"
      "\n");

  must(import_names(Secret{database_.url()}, *names, ImportMode::apply));
  must(await(store_.open_series(with_rollups({"FB"}))));

  EXPECT_EQ(rows("SELECT i.identifier, s.timeframe, count(*) FROM candled.bar JOIN candled.series s USING "
                 "(series_id) "
                 "JOIN candled.instrument i USING (instrument_id) WHERE s.rolled_from IS NOT NULL GROUP BY "
                 "1, 2 ORDER BY 1, 2"),
            (Rows{{"one", "1d", "2"},
                  {"one", "1h", "32"},
                  {"one", "5m", "384"},
                  {"two", "1d", "3"},
                  {"two", "1h", "48"},
                  {"two", "5m", "576"}}));
  EXPECT_EQ(rows("SELECT DISTINCT i.identifier FROM candled.series r JOIN candled.series s ON s.series_id = "
                 "r.rolled_from "
                 "JOIN candled.instrument i ON i.instrument_id = s.instrument_id AND i.instrument_id = "
                 "r.instrument_id "
                 "ORDER BY 1"),
            (Rows{{"one"}, {"two"}}));
}

}  // namespace
}  // namespace candled::test
