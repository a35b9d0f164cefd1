// What users and commands read.
#include "store/reports.hpp"
#include "store_fixture.hpp"

namespace candled::test {
namespace {

using ViewsTest = StoreTest;

// The plan of a query, with sequential scans as unattractive as they are on a large table.
std::string plan(std::string const& url, std::string const& query) {
  std::string text;
  for (auto const& line :
       rows(with_option(url, "options", "-c enable_seqscan=off -c timezone=UTC"), "EXPLAIN " + query))
    text += line.at(0) + "\n";
  return text;
}

TEST_F(ViewsTest, bars_show_what_was_not_given_as_null) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 2));
  page.bars[0].vwap = std::numeric_limits<double>::quiet_NaN();
  page.bars[0].trade_count = -1;
  page.bars[1].trade_count = 0;
  load(page);

  EXPECT_EQ(rows("SELECT ticker, timeframe, ts, vwap IS NULL, trade_count FROM candled.bars ORDER BY ts"),
            (Rows{{"AAPL", "1m", "2024-01-02 14:30:00+00", "t", "NULL"},
                  {"AAPL", "1m", "2024-01-02 14:31:00+00", "f", "0"}}));
}

TEST_F(ViewsTest, bars_show_the_first_of_two_jobs_only) {
  load(minutes(open().id, minutes_from("2024-01-02T14:30:00Z", 2)));
  auto other = query({"AAPL"});
  other.provider = "other";
  other.shown_elsewhere = {"AAPL"};
  load(minutes(must(await(store_.open_series(other))).at(0).id, minutes_from("2024-01-02T14:30:00Z", 5)));

  EXPECT_EQ(value("SELECT count(*) FROM candled.bars"), "2");
  EXPECT_EQ(value("SELECT ts FROM candled.latest_bars"), "2024-01-02 14:31:00+00");
}

TEST_F(ViewsTest, documented_queries_use_the_key) {
  auto const series = open();
  load(minutes(series.id, minutes_from("2022-12-31T23:00:00Z", 120)));
  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 500)));
  rows("ANALYZE");

  auto const range = plan(database_.url(),
                          "SELECT * FROM candled.bars WHERE ticker = 'AAPL' AND timeframe = '1m' "
                          "AND ts >= '2024-01-02' AND ts < '2024-01-03'");
  auto const latest = plan(database_.url(), "SELECT * FROM candled.latest_bars WHERE ticker = 'AAPL'");
  auto const report = plan(database_.url(), "SELECT * FROM candled.coverage_report");

  EXPECT_NE(range.find("bar_2024_pkey"), std::string::npos) << range;
  EXPECT_EQ(range.find("bar_2022"), std::string::npos) << "years outside of the range are not looked at\n"
                                                       << range;
  EXPECT_EQ(range.find("Seq Scan on bar"), std::string::npos) << range;
  EXPECT_NE(latest.find("Index Scan Backward using bar_2024_pkey"), std::string::npos) << latest;
  EXPECT_NE(report.find("Backward using bar_2024_pkey"), std::string::npos) << report;
}

TEST_F(ViewsTest, coverage_report_has_every_series) {
  auto const series = open();
  open("MSFT");
  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 5)));
  load(minutes(series.id, minutes_from("2024-01-02T14:40:00Z", 5)));

  EXPECT_EQ(
      rows("SELECT ticker, covered_from, covered_until, holes, open_gaps, last_bar_at FROM "
           "candled.coverage_report "
           "ORDER BY ticker"),
      (Rows{{"AAPL", "2024-01-02 14:30:00+00", "2024-01-02 14:45:00+00", "2", "0", "2024-01-02 14:44:00+00"},
            {"MSFT", "NULL", "NULL", "0", "0", "NULL"}}));
}

TEST_F(ViewsTest, coverage_is_read_with_rejected_and_revised_bars) {
  auto const series = open();
  auto const range = minutes_from("2024-01-02T14:30:00Z", 5);
  load(minutes(series.id, range));
  auto page = minutes(series.id, range, 1);
  page.rejected = {{.series = series.id, .bar = bar_at(range.from), .reason = "future"}};
  load(page);

  auto const coverage = must(read_coverage(Secret{database_.url()}));

  ASSERT_EQ(coverage.size(), 1U);
  EXPECT_EQ(coverage[0].ticker, "AAPL");
  EXPECT_EQ(coverage[0].timeframe, "1m");
  EXPECT_EQ(coverage[0].provider, "test");
  EXPECT_EQ(coverage[0].wanted_from, at("2024-01-01T00:00:00Z"));
  EXPECT_EQ(coverage[0].covered, RangeSet{range});
  EXPECT_EQ(coverage[0].last_bar_at, at("2024-01-02T14:34:00Z"));
  EXPECT_EQ(coverage[0].rejected, 1);
  EXPECT_EQ(coverage[0].revisions, 5);
}

TEST_F(ViewsTest, batches_are_read_newest_first_and_their_phases_add_up) {
  auto const run = must(await(store_.begin_run("once", "0.1.0")));
  BatchRecord batch{.started_at = at("2024-06-01T00:00:00Z"),
                    .run = run,
                    .job = "us-minute",
                    .provider = "test",
                    .timeframe = Timeframe::m1,
                    .symbols = 50,
                    .requests = 60,
                    .bars = 1000,
                    .inserted = 900,
                    .wait = Milliseconds{300},
                    .fetch = Milliseconds{600},
                    .commit = Milliseconds{100},
                    .total = Milliseconds{700},
                    .outcome = "ok"};
  must(await(store_.record_batch(batch)));
  batch.started_at = at("2024-06-01T00:01:00Z");
  batch.outcome = "partial";
  must(await(store_.record_batch(batch)));
  must(await(store_.end_run(run, 1)));

  auto const last = must(read_last_batches(Secret{database_.url()}, 1));

  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].started_at, at("2024-06-01T00:01:00Z"));
  EXPECT_EQ(last[0].job, "us-minute");
  EXPECT_EQ(last[0].inserted, 900);
  EXPECT_EQ(last[0].total, Milliseconds{700});
  EXPECT_EQ(last[0].outcome, "partial");
  EXPECT_EQ(
      rows("SELECT phase, ms, share FROM candled.ingest_phases WHERE batch_id = 1 AND ms > 0 ORDER BY ms"),
      (Rows{{"commit", "100", "0.1"}, {"wait", "300", "0.3"}, {"fetch", "600", "0.6"}}));
  EXPECT_EQ(rows("SELECT command, version, exit_code, ended_at IS NOT NULL FROM candled.ingest_run"),
            (Rows{{"once", "0.1.0", "1", "t"}}));
}

TEST_F(ViewsTest, one_run_after_another_are_two) {
  auto const first = must(await(store_.begin_run("once", "0.1.0")));
  auto const second = must(await(store_.begin_run("once", "0.1.0")));

  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace candled::test
