// What a load does to the tables.
#include <algorithm>
#include <limits>

#include "store_fixture.hpp"

namespace candled::test {
namespace {

using LoadTest = StoreTest;

constexpr char all_bars[] =
    "SELECT extract(epoch FROM ts)::int8, open, high, low, close, volume, vwap, trade_count FROM candled.bar "
    "ORDER BY series_id, ts";
constexpr char covered_ranges[] =
    "SELECT lower(r), upper(r) FROM candled.series, unnest(covered) r ORDER BY 1";
constexpr char tuples[] = "SELECT tableoid, ctid, xmin, xmax FROM candled.bar ORDER BY series_id, ts";

TEST_F(LoadTest, stores_bars_value_by_value_and_covers_their_range) {
  auto const series = open();
  Load load;
  load.bars = {{.start = at("2024-01-02T14:30:00Z"),
                .open = 185.1,
                .high = 186.25,
                .low = 184.999,
                .close = 185.5,
                .volume = 1234567.125,
                .vwap = 185.3333,
                .trade_count = 4711},
               {.start = at("2024-01-02T14:32:00Z"),
                .open = 0.0001,
                .high = 0.0001,
                .low = 0.0001,
                .close = 0.0001,
                .volume = 0}};
  load.slices = {
      {.series = series.id, .first = 0, .count = 2, .proven = {minutes_from("2024-01-02T14:30:00Z", 5)}}};

  auto const report = this->load(load);

  EXPECT_EQ(report.inserted, 2);
  EXPECT_EQ(report.changed + report.unchanged + report.refused, 0);
  EXPECT_EQ(rows(all_bars),
            (Rows{{"1704205800", "185.1", "186.25", "184.999", "185.5", "1234567.125", "185.3333", "4711"},
                  {"1704205920", "0.0001", "0.0001", "0.0001", "0.0001", "0", "NaN", "-1"}}));
  EXPECT_EQ(rows(covered_ranges), (Rows{{"2024-01-02 14:30:00+00", "2024-01-02 14:35:00+00"}}));
}

TEST_F(LoadTest, told_again_writes_nothing_at_all) {
  auto const series = open();
  auto const page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 500));
  load(page);
  auto const bar_tuples = rows(tuples);
  auto const series_tuple = rows("SELECT ctid, xmin, xmax FROM candled.series");

  auto const report = load(page);

  EXPECT_EQ(report.unchanged, 500);
  EXPECT_EQ(report.inserted + report.changed + report.refused, 0);
  EXPECT_EQ(bar_tuples.size(), 500U);
  EXPECT_EQ(rows(tuples), bar_tuples);
  EXPECT_EQ(rows("SELECT ctid, xmin, xmax FROM candled.series"), series_tuple);
}

TEST_F(LoadTest, changed_bar_is_updated_and_its_old_values_kept) {
  auto const series = open();
  auto const range = minutes_from("2024-01-02T14:30:00Z", 3);
  load(minutes(series.id, range));
  auto const unchanged_tuples = rows("SELECT ctid FROM candled.bar WHERE ts <> '2024-01-02T14:31:00Z'");
  auto again = minutes(series.id, range);
  again.bars[1].close = 153.875;
  again.bars[1].trade_count = -1;

  auto const report = load(again);

  EXPECT_EQ(report.changed, 1);
  EXPECT_EQ(report.unchanged, 2);
  EXPECT_EQ(report.inserted, 0);
  EXPECT_EQ(value("SELECT close || ' ' || trade_count FROM candled.bar WHERE ts = '2024-01-02T14:31:00Z'"),
            "153.875 -1");
  auto const revision = rows(
      "SELECT r.ts, r.close <> b.close, r.trade_count, r.seen_at <= now() FROM candled.bar_revision r "
      "JOIN candled.bar b USING (series_id, ts)");
  EXPECT_EQ(revision, (Rows{{"2024-01-02 14:31:00+00", "t", "42", "t"}}));
  EXPECT_EQ(rows("SELECT ctid FROM candled.bar WHERE ts <> '2024-01-02T14:31:00Z'"), unchanged_tuples);
}

TEST_F(LoadTest, vwap_that_is_not_given_is_equal_to_itself) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 2));
  page.bars[0].vwap = std::numeric_limits<double>::quiet_NaN();
  load(page);

  EXPECT_EQ(load(page).unchanged, 2);
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar_revision"), "0");
}

// Day files give no vwap: what a request has brought stands beside them, unless the bar is another.
TEST_F(LoadTest, what_is_not_given_says_nothing_against_what_is_stored) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 2));
  load(page);
  for (auto& bar : page.bars) {
    bar.vwap = std::numeric_limits<double>::quiet_NaN();
    bar.trade_count = -1;
  }

  EXPECT_EQ(load(page).unchanged, 2);
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar WHERE vwap <> 'NaN' AND trade_count > 0"), "2");

  page.bars[1].volume += 1;
  EXPECT_EQ(load(page).changed, 1);
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar WHERE vwap <> 'NaN' AND trade_count > 0"), "1");
}

TEST_F(LoadTest, overlapping_pages_arrive_once_in_any_order) {
  auto const series = open();
  auto const first = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 20));
  auto const second = minutes(series.id, minutes_from("2024-01-02T14:40:00Z", 20));
  auto const around = minutes(series.id, minutes_from("2024-01-02T14:00:00Z", 120));

  EXPECT_EQ(load(second).inserted, 20);
  EXPECT_EQ(load(first).inserted, 10);
  auto const report = load(around);

  EXPECT_EQ(report.inserted, 90);
  EXPECT_EQ(report.unchanged, 30);
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT ts), min(ts), max(ts) FROM candled.bar"),
            (Rows{{"120", "120", "2024-01-02 14:00:00+00", "2024-01-02 15:59:00+00"}}));
  EXPECT_EQ(rows(covered_ranges), (Rows{{"2024-01-02 14:00:00+00", "2024-01-02 16:00:00+00"}}));
}

TEST_F(LoadTest, many_series_share_a_load_whatever_their_order) {
  auto const series = must(await(store_.open_series(query({"AAPL", "MSFT", "NVDA"}))));
  Load load;
  add_minutes(load, series[2].id, minutes_from("2024-01-02T14:30:00Z", 4));
  add_minutes(load, series[0].id, minutes_from("2024-01-02T14:30:00Z", 3));
  add_minutes(load, series[1].id, minutes_from("2024-01-02T14:30:00Z", 2));
  add_minutes(load, series[0].id, minutes_from("2024-01-02T14:31:00Z", 5));  // two minutes twice

  auto const report = this->load(load);

  EXPECT_EQ(report.inserted, 4 + 6 + 2);
  EXPECT_EQ(rows("SELECT ticker, count(*) FROM candled.bars GROUP BY 1 ORDER BY 1"),
            (Rows{{"AAPL", "6"}, {"MSFT", "2"}, {"NVDA", "4"}}));
}

TEST_F(LoadTest, empty_answer_covers_its_range) {
  auto const series = open();
  Load load;
  load.slices = {{.series = series.id, .proven = {minutes_from("2024-01-06T00:00:00Z", 1440)}}};

  auto const report = this->load(load);

  EXPECT_EQ(report.inserted, 0);
  EXPECT_EQ(open().covered, (RangeSet{minutes_from("2024-01-06T00:00:00Z", 1440)}));
}

TEST_F(LoadTest, load_of_nothing_is_nothing) {
  auto const report = load(Load{});

  EXPECT_EQ(report.inserted + report.changed + report.unchanged + report.refused, 0);
}

TEST_F(LoadTest, years_get_their_partitions_when_bars_arrive) {
  auto const series = open();
  Load load;
  add_minutes(load, series.id, minutes_from("1998-12-31T23:58:00Z", 4));
  add_minutes(load, series.id, minutes_from("2035-06-01T00:00:00Z", 1));

  EXPECT_EQ(this->load(load).inserted, 5);

  EXPECT_EQ(rows("SELECT tableoid::regclass, count(*) FROM candled.bar GROUP BY 1 ORDER BY min(ts)"),
            (Rows{{"candled.bar_1998", "2"}, {"candled.bar_1999", "2"}, {"candled.bar_2035", "1"}}));
  EXPECT_EQ(rows("SELECT ts FROM candled.latest_bars"), (Rows{{"2035-06-01 00:00:00+00"}}));
}

TEST_F(LoadTest, partition_dropped_behind_our_back_is_made_again) {
  auto const series = open();
  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 2)));
  rows("DROP TABLE candled.bar_2024");

  auto const report = load(minutes(series.id, minutes_from("2024-01-02T15:30:00Z", 2)));

  EXPECT_EQ(report.inserted, 2);
  EXPECT_EQ(report.refused, 0);
}

TEST_F(LoadTest, partition_that_was_detached_is_refused_by_name_and_no_bar_is_rejected) {
  auto const series = open();
  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 2)));
  rows("ALTER TABLE candled.bar DETACH PARTITION candled.bar_2024");
  auto const page = minutes(series.id, minutes_from("2024-01-02T15:30:00Z", 2));

  auto const known = await(store_.load(page));  // by a connection that thinks it knows the year
  auto const anew = await(PgBarStore{Secret{database_.url()}, 1}.load(page));
  rows(
      "ALTER TABLE candled.bar ATTACH PARTITION candled.bar_2024 FOR VALUES FROM ('2024-01-01Z') TO "
      "('2025-01-01Z')");
  auto const attached = load(page);

  for (auto const& report : {known, anew}) {
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::db_refused);
    EXPECT_NE(
        report.error().what.find("candled.bar_2024 is there, but is no partition of candled.bar: attach it"),
        std::string::npos)
        << report.error().what;
  }
  EXPECT_EQ(attached.inserted, 2);
  EXPECT_EQ(value("SELECT count(*) FROM candled.rejected_bar"), "0");
}

TEST_F(LoadTest, bar_that_comes_where_none_was_before_is_remembered_as_late) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 5));
  auto part = page;
  part.slices[0].count = 3;
  load(part);

  EXPECT_EQ(load(page).inserted, 2);
  load(page);

  EXPECT_EQ(rows("SELECT ts, existed, open, vwap, trade_count FROM candled.bar_revision ORDER BY ts"),
            (Rows{{"2024-01-02 14:33:00+00", "f", "NaN", "NaN", "-1"},
                  {"2024-01-02 14:34:00+00", "f", "NaN", "NaN", "-1"}}));
}

TEST_F(LoadTest, bar_of_an_impossible_year_is_rejected_and_the_rest_stored) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 2));
  page.bars.push_back(bar_at(UtcTime{Milliseconds{std::numeric_limits<std::int64_t>::max()}}));
  page.slices[0].count = 3;

  auto const report = load(page);

  EXPECT_EQ(report.inserted, 2);
  EXPECT_EQ(report.refused, 1);
  EXPECT_EQ(rows("SELECT ts, reason FROM candled.rejected_bar"),
            (Rows{{"infinity", "database: no bars are kept of such a year"}}));
}

TEST_F(LoadTest, bars_that_somebody_else_wrote_outside_of_coverage_are_compared) {
  auto const series = open();
  auto const range = minutes_from("2024-01-02T14:30:00Z", 10);
  load(minutes(series.id, range));
  rows("UPDATE candled.series SET covered = '{}'");
  auto page = minutes(series.id, minutes_from("2024-01-02T14:25:00Z", 20));
  page.bars[7].volume = 5;

  auto const report = load(page);

  EXPECT_EQ(report.inserted, 10);
  EXPECT_EQ(report.changed, 1);
  EXPECT_EQ(report.unchanged, 9);
}

TEST_F(LoadTest, impossible_bars_are_kept_once_and_counted) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 1));
  auto const nan = std::numeric_limits<double>::quiet_NaN();
  Bar const broken{
      .start = at("2024-01-02T14:31:00Z"), .open = nan, .high = -1, .low = 2, .close = 3, .volume = 0};
  page.rejected = {{.series = series.id, .bar = broken, .reason = "high_low_order"},
                   {.series = series.id, .bar = broken, .reason = "high_low_order"}};

  load(page);
  load(page);

  EXPECT_EQ(
      rows("SELECT ts, open, high, vwap, reason, times, last_seen > first_seen FROM candled.rejected_bar"),
      (Rows{{"2024-01-02 14:31:00+00", "NaN", "-1", "NaN", "high_low_order", "4", "t"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar"), "1");
}

TEST_F(LoadTest, series_that_does_not_exist_is_refused) {
  auto const report = await(store_.load(minutes(SeriesId{77}, minutes_from("2024-01-02T14:30:00Z", 1))));

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::db_refused);
  EXPECT_EQ(report.error().what, "database: 1 of 1 series of a load are not in candled.series");
}

// A bar at each place of a page breaks a constraint: it alone is set aside, and its minute stays a gap.
class OneBadBar : public StoreTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(OneBadBar, is_set_aside_and_the_rest_stored) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:00:00Z", 64));
  Bar& bad = page.bars.at(GetParam());
  bad.high = bad.low / 2;

  auto const report = load(page);
  auto const again = load(page);

  EXPECT_EQ(report.inserted, 63);
  EXPECT_EQ(report.refused, 1);
  EXPECT_EQ(again.unchanged, 63);
  EXPECT_EQ(again.refused, 1);
  EXPECT_EQ(rows("SELECT ts = '2024-01-02T14:00:00Z'::timestamptz + " + std::to_string(GetParam()) +
                 " * interval '1 minute', times, reason FROM candled.rejected_bar"),
            (Rows{{"t", "2",
                   "database: 23514 new row for relation \"bar_2024\" violates check constraint "
                   "\"bar_prices_possible\""}}));
  EXPECT_EQ(
      rows("SELECT reason, attempts, gap_until - gap_from FROM candled.gaps WHERE reason <> 'never_asked'"),
      (Rows{{"rejected", "2", "00:01:00"}}));
  EXPECT_FALSE(open().covered.overlaps({.from = bad.start, .to = bad.start + std::chrono::minutes{1}}));
}

INSTANTIATE_TEST_SUITE_P(LoadTest, OneBadBar, testing::Values(0, 1, 31, 62, 63));

TEST_F(LoadTest, every_impossible_value_is_refused_by_the_table) {
  auto const series = open();
  auto const inf = std::numeric_limits<double>::infinity();
  auto const nan = std::numeric_limits<double>::quiet_NaN();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:00:00Z", 16));
  page.bars[0].open = nan;
  page.bars[1].high = nan;
  page.bars[2].low = nan;
  page.bars[3].close = nan;
  page.bars[4].volume = nan;
  page.bars[5].high = inf;
  page.bars[6].volume = inf;
  page.bars[7].vwap = inf;
  page.bars[8].low = -inf;
  page.bars[9].close = -inf;
  page.bars[10].volume = -1;
  page.bars[11].vwap = -inf;
  page.bars[12].trade_count = -2;
  page.bars[13].open = page.bars[13].high + 1;
  page.bars[14].close = page.bars[14].low - 1;

  auto const report = load(page);

  EXPECT_EQ(report.refused, 15);
  EXPECT_EQ(report.inserted, 1);
  EXPECT_EQ(value("SELECT count(*) FROM candled.rejected_bar"), "15");
}

TEST_F(LoadTest, changed_bar_that_breaks_a_rule_of_the_operator_leaves_the_old_one) {
  auto const series = open();
  auto const range = minutes_from("2024-01-02T14:30:00Z", 5);
  load(minutes(series.id, range));
  rows("ALTER TABLE candled.bar ADD CONSTRAINT cheap CHECK (open < 5000)");
  auto page = minutes(series.id, range);
  page.bars[2].open = 6000;
  page.bars[2].high = 6001;
  page.bars[3].volume = 7;

  auto const report = load(page);

  EXPECT_EQ(report.refused, 1);
  EXPECT_EQ(report.changed, 1);
  EXPECT_EQ(report.unchanged, 3);
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar WHERE open < 5000"), "5");
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar_revision"), "1");
  EXPECT_EQ(value("SELECT volume FROM candled.bar WHERE ts = '2024-01-02T14:33:00Z'"), "7");
}

TEST_F(LoadTest, largest_load_goes_in) {
  auto const series = open();
  auto const page = minutes(series.id, minutes_from("2024-01-02T00:00:00Z", load_bars_max));

  EXPECT_EQ(load(page).inserted, 50'000);
  EXPECT_EQ(load(page).unchanged, 50'000);
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar"), "50000");
}

}  // namespace
}  // namespace candled::test
