// Registering series, and gaps.
#include <future>

#include "store/reports.hpp"
#include "store_fixture.hpp"

namespace candled::test {
namespace {

using SeriesTest = StoreTest;
using GapTest = StoreTest;

TEST_F(SeriesTest, are_registered_and_returned_in_the_order_asked) {
  auto const series = must(await(store_.open_series(query({"MSFT", "AAPL", "BRK.B", "AAPL"}))));

  ASSERT_EQ(series.size(), 4U);
  EXPECT_EQ(series[0].ticker, "MSFT");
  EXPECT_EQ(series[1].ticker, "AAPL");
  EXPECT_EQ(series[2].ticker, "BRK.B");
  EXPECT_EQ(series[3].id, series[1].id);
  EXPECT_TRUE(series[0].covered.empty());
  EXPECT_TRUE(series[0].parked.empty());
  EXPECT_EQ(value("SELECT count(*) FROM candled.instrument"), "3");
}

TEST_F(SeriesTest, opened_again_write_nothing) {
  auto const first = open();
  auto const before = rows("SELECT ctid, xmin, xmax FROM candled.series");

  auto const second = open();

  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(rows("SELECT ctid, xmin, xmax FROM candled.series"), before);
}

TEST_F(SeriesTest, of_one_instrument_differ_by_timeframe_and_provider) {
  auto daily = query({"AAPL"});
  daily.timeframe = Timeframe::d1;
  auto other = query({"AAPL"});
  other.provider = "other";
  other.shown_elsewhere = {"AAPL"};

  open();
  must(await(store_.open_series(daily)));
  must(await(store_.open_series(other)));

  EXPECT_EQ(rows("SELECT timeframe, provider, is_primary FROM candled.series ORDER BY series_id"),
            (Rows{{"1m", "test", "t"}, {"1d", "test", "t"}, {"1m", "other", "f"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.instrument"), "1");
}

TEST_F(SeriesTest, want_history_from_the_time_that_was_asked_last) {
  auto earlier = query({"AAPL"});
  earlier.wanted_from = at("2020-01-01T00:00:00Z");
  auto later = query({"AAPL"});
  later.wanted_from = at("2025-01-01T00:00:00Z");

  open();
  must(await(store_.open_series(earlier)));
  auto const first = value("SELECT wanted_from FROM candled.series");
  must(await(store_.open_series(later)));

  EXPECT_EQ(first, "2020-01-01 00:00:00+00");
  EXPECT_EQ(value("SELECT wanted_from FROM candled.series"), "2025-01-01 00:00:00+00");
}

TEST_F(SeriesTest, have_the_calendar_that_was_asked_last) {
  auto around_the_clock = query({"BTC", "ETH"});
  around_the_clock.calendar = "24x7";

  open("BTC");
  must(await(store_.open_series(around_the_clock)));

  EXPECT_EQ(rows("SELECT calendar FROM candled.series"), (Rows{{"24x7"}, {"24x7"}}));
}

TEST_F(SeriesTest, know_what_is_settled_and_since_when) {
  using std::chrono::days;
  auto asked = query({"AAPL", "MSFT"});
  asked.settle = {{.after = days{7}, .closed_until = at("2024-05-25T00:00:00Z")},
                  {.after = days{1}, .closed_until = at("2024-05-31T00:00:00Z")}};
  auto const first = must(await(store_.open_series(asked)));
  auto page = minutes(first[0].id, minutes_from("2024-01-02T14:30:00Z", 5));
  page.slices[0].settled = {{.after = days{7}, .during = page.slices[0].proven}};
  load(page);
  auto const tuples = rows(
      "SELECT ctid, xmin, xmax FROM candled.settled UNION ALL SELECT ctid, xmin, xmax FROM candled.series");
  asked.settle[0].closed_until = at("2024-05-26T00:00:00Z");

  auto const again = must(await(store_.open_series(asked)));

  ASSERT_EQ(again[0].settled.size(), 2U);
  EXPECT_EQ(again[0].settled[0].after, days{7});
  EXPECT_EQ(again[0].settled[0].since, at("2024-05-25T00:00:00Z"));
  EXPECT_EQ(again[0].settled[0].during, RangeSet{minutes_from("2024-01-02T14:30:00Z", 5)});
  EXPECT_EQ(again[0].settled[1].since, at("2024-05-31T00:00:00Z"));
  EXPECT_TRUE(again[1].settled[0].during.empty());
  EXPECT_EQ(rows("SELECT ctid, xmin, xmax FROM candled.settled UNION ALL SELECT ctid, xmin, xmax FROM "
                 "candled.series"),
            tuples);
}

TEST_F(SeriesTest, settle_without_any_other_change) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 5));
  load(page);
  auto const bars =
      rows("SELECT ctid, xmin FROM candled.bar UNION ALL SELECT ctid, xmin FROM candled.coverage_log");
  page.slices[0].settled = {{.after = std::chrono::minutes{15}, .during = page.slices[0].proven}};

  EXPECT_EQ(load(page).unchanged, 5);

  EXPECT_EQ(rows("SELECT after, lower(during), upper(during) FROM candled.settled"),
            (Rows{{"00:15:00", "2024-01-02 14:30:00+00", "2024-01-02 14:35:00+00"}}));
  EXPECT_EQ(rows("SELECT ctid, xmin FROM candled.bar UNION ALL SELECT ctid, xmin FROM candled.coverage_log"),
            bars);
}

TEST_F(SeriesTest, hostile_ticker_is_a_ticker) {
  std::string const name = "x'); DROP TABLE candled.bar; --\"\\{},";

  EXPECT_EQ(open(name).ticker, name);
  EXPECT_EQ(open(name).ticker, name);
  EXPECT_EQ(value("SELECT count(*) FROM candled.series"), "1");
}

TEST_F(SeriesTest, reused_ticker_names_another_instrument) {
  auto const old_series = open("META");
  load(minutes(old_series.id, minutes_from("2024-01-02T14:30:00Z", 2)));
  rows("UPDATE candled.instrument_ticker SET valid = '(,2024-02-01)'");

  auto const new_series = open("META");
  load(minutes(new_series.id, minutes_from("2024-03-01T14:30:00Z", 3)));

  EXPECT_NE(new_series.id, old_series.id);
  EXPECT_EQ(rows("SELECT ticker, count(*), count(DISTINCT ts) FROM candled.bars GROUP BY 1"),
            (Rows{{"META", "5", "5"}}));
  EXPECT_EQ(rows("SELECT valid FROM candled.instrument_ticker ORDER BY valid"),
            (Rows{{"(,2024-02-01)"}, {"[2024-02-01,)"}}));
}

TEST_F(SeriesTest, registered_by_eight_at_once_are_registered_once) {
  std::vector<std::string> tickers;
  for (int i = 0; i < 50; ++i) tickers.push_back("T" + std::to_string(i));

  std::vector<std::future<Result<std::vector<Series>>>> starters;
  for (int i = 0; i < 8; ++i)
    starters.push_back(std::async(std::launch::async, [&] {
      PgBarStore store{Secret{database_.url()}, 1};
      return await(store.open_series(query(tickers)));
    }));

  for (auto& starter : starters) EXPECT_EQ(must(starter.get()).size(), 50U);
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT instrument_id) FROM candled.series"), (Rows{{"50", "50"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.instrument"), "50");
}

FailedWindow failed(SeriesId series, TimeRange range, char const* when) {
  return {.series = series,
          .range = range,
          .reason = GapReason::fetch_failed,
          .detail = "no answer",
          .failed_at = at(when)};
}

TEST_F(GapTest, parked_ranges_are_known_until_they_may_be_tried_again) {
  auto const series = open();
  auto const range = minutes_from("2024-01-02T14:30:00Z", 5);
  must(await(store_.park({failed(series.id, range, "2024-05-31T23:55:00Z")})));
  auto later = query({"AAPL"});
  later.now = at("2024-06-01T00:05:00Z");

  EXPECT_EQ(open().parked, RangeSet{range});  // at 00:00
  EXPECT_TRUE(must(await(store_.open_series(later))).at(0).parked.empty());
}

TEST_F(GapTest, every_failure_makes_the_wait_longer) {
  auto const series = open();
  auto const range = minutes_from("2024-01-02T14:30:00Z", 5);
  std::vector<std::string> waits;

  for (auto const* when : {"2024-06-01T00:00:00Z", "2024-06-01T01:00:00Z", "2024-06-01T02:00:00Z",
                           "2024-06-01T03:00:00Z", "2024-06-01T04:00:00Z"}) {
    must(await(store_.park({failed(series.id, range, when)})));
    waits.push_back(value("SELECT next_try_at - last_tried FROM candled.gap"));
  }

  EXPECT_EQ(waits, (std::vector<std::string>{"00:10:00", "01:00:00", "1 day", "7 days", "7 days"}));
  EXPECT_EQ(rows("SELECT attempts, first_seen, last_tried FROM candled.gap"),
            (Rows{{"5", "2024-06-01 00:00:00+00", "2024-06-01 04:00:00+00"}}));
}

TEST_F(GapTest, overlapping_failures_become_one_gap) {
  auto const series = open();
  must(await(
      store_.park({failed(series.id, minutes_from("2024-01-02T14:00:00Z", 10), "2024-06-01T00:00:00Z"),
                   failed(series.id, minutes_from("2024-01-02T14:20:00Z", 10), "2024-06-01T00:00:00Z")})));

  must(await(
      store_.park({failed(series.id, minutes_from("2024-01-02T14:05:00Z", 20), "2024-06-01T01:00:00Z")})));

  EXPECT_EQ(rows("SELECT lower(during), upper(during), attempts FROM candled.gap WHERE closed_at IS NULL"),
            (Rows{{"2024-01-02 14:00:00+00", "2024-01-02 14:30:00+00", "2"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.gap WHERE closed_at IS NOT NULL"), "1");
}

TEST_F(GapTest, is_trimmed_by_what_is_filled_and_closed_with_the_last_of_it) {
  auto const series = open();
  must(await(
      store_.park({failed(series.id, minutes_from("2024-01-02T14:00:00Z", 10), "2024-06-01T00:00:00Z")})));

  load(minutes(series.id, minutes_from("2024-01-02T14:00:00Z", 4)));
  auto const half = rows("SELECT lower(during), upper(during) FROM candled.gap WHERE closed_at IS NULL");
  load(minutes(series.id, minutes_from("2024-01-02T14:04:00Z", 6)));

  EXPECT_EQ(half, (Rows{{"2024-01-02 14:04:00+00", "2024-01-02 14:10:00+00"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.gap WHERE closed_at IS NULL"), "0");
}

TEST_F(GapTest, that_is_filled_in_its_middle_is_two_gaps_and_then_none) {
  auto const series = open();
  must(await(
      store_.park({failed(series.id, minutes_from("2024-01-02T14:00:00Z", 10), "2024-06-01T00:00:00Z")})));

  load(minutes(series.id, minutes_from("2024-01-02T14:04:00Z", 2)));
  auto const pieces = rows(
      "SELECT lower(during), upper(during), reason, attempts FROM candled.gap WHERE closed_at IS NULL ORDER "
      "BY during");
  load(minutes(series.id, minutes_from("2024-01-02T14:00:00Z", 4)));
  load(minutes(series.id, minutes_from("2024-01-02T14:06:00Z", 4)));

  EXPECT_EQ(pieces, (Rows{{"2024-01-02 14:00:00+00", "2024-01-02 14:04:00+00", "fetch_failed", "1"},
                          {"2024-01-02 14:06:00+00", "2024-01-02 14:10:00+00", "fetch_failed", "1"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.gap WHERE closed_at IS NULL"), "0");
}

TEST_F(GapTest, of_a_range_that_was_covered_is_closed_by_reading_it_again) {
  auto const series = open();
  auto const page = minutes(series.id, minutes_from("2024-01-02T14:00:00Z", 10));
  load(page);
  must(await(
      store_.park({failed(series.id, minutes_from("2024-01-02T14:00:00Z", 10), "2024-06-01T00:00:00Z")})));

  EXPECT_EQ(load(page).unchanged, 10);

  EXPECT_EQ(value("SELECT count(*) FROM candled.gap WHERE closed_at IS NULL"), "0");
}

TEST_F(GapTest, detail_with_broken_bytes_is_kept_readable) {
  auto const series = open();
  auto window = failed(series.id, minutes_from("2024-01-02T14:00:00Z", 10), "2024-06-01T00:00:00Z");
  window.detail = std::string{"bad \xff\xc3 byte, NUL \0, good \xc3\xa9", 27};

  must(await(store_.park({window})));

  EXPECT_EQ(value("SELECT detail FROM candled.gap"), "bad ?? byte, NUL ?, good \xc3\xa9");
}

TEST_F(GapTest, report_says_why_and_what_was_never_asked) {
  auto asked = query({"AAPL"});
  asked.wanted_from = at("2024-01-02T14:00:00Z");
  auto const series = must(await(store_.open_series(asked))).at(0);
  load(minutes(series.id, minutes_from("2024-01-02T14:10:00Z", 10)));
  load(minutes(series.id, minutes_from("2024-01-02T14:40:00Z", 20)));
  must(await(
      store_.park({failed(series.id, minutes_from("2024-01-02T14:30:00Z", 10), "2024-06-01T00:00:00Z")})));

  auto const gaps = must(read_open_gaps(Secret{database_.url()}));

  ASSERT_EQ(gaps.size(), 3U);
  EXPECT_EQ(gaps[0].range, minutes_from("2024-01-02T14:00:00Z", 10));
  EXPECT_EQ(gaps[0].reason, "never_asked");
  EXPECT_EQ(gaps[1].range, minutes_from("2024-01-02T14:20:00Z", 10));
  EXPECT_EQ(gaps[1].reason, "never_asked");
  EXPECT_EQ(gaps[2].range, minutes_from("2024-01-02T14:30:00Z", 10));
  EXPECT_EQ(gaps[2].reason, "fetch_failed");
  EXPECT_EQ(gaps[2].detail, "no answer");
  EXPECT_EQ(gaps[2].attempts, 1);
  EXPECT_EQ(gaps[2].next_try_at, at("2024-06-01T00:10:00Z"));
}

}  // namespace
}  // namespace candled::test
