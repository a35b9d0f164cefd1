#include "core/performance_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/report_text.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

std::string fixture(std::string_view name) {
  return test::read_file(std::string{CANDLED_SOURCE_DIR} + "/tests/fixtures/performance/" +
                         std::string{name});
}

// As at the end of the fixture's two hours, looking back a day.
PerformanceReport report_of_two_hours(PerformanceThresholds const& thresholds = {}) {
  return performance_report(read_performance(fixture("two_hours.csv")),
                            {.from = at("2026-11-22T13:30:00Z"), .to = at("2026-11-23T13:30:00Z")},
                            thresholds);
}

PerformanceRow row_from(UtcTime from, Milliseconds uptime, double memory = 0) {
  PerformanceRow row{.during = {.from = from, .to = from + 5min}};
  row[Figure::uptime_s] = std::chrono::duration<double>(uptime).count();
  row[Figure::requests] = 0;
  row[Figure::memory_bytes] = memory;
  return row;
}

// A row each five minutes from `from` on, of one life of the process; memory by the row's number.
template <class Memory>
PerformanceRecord life(UtcTime from, Milliseconds length, Memory memory) {
  PerformanceRecord record;
  for (int i = 0; (i + 1) * 5min <= length; ++i)
    record.rows.push_back(row_from(from + i * 5min, (i + 1) * 5min, memory(i)));
  return record;
}

std::vector<std::string> about(PerformanceReport const& report) {
  std::vector<std::string> names;
  for (auto const& finding : report.findings) names.push_back(finding.about);
  return names;
}

TEST(PerformanceReport, of_two_hours_reads_like_this) {
  EXPECT_EQ(report_text(report_of_two_hours()), fixture("two_hours.txt"));
}

TEST(PerformanceReport, has_the_same_as_json) {
  auto const json = nlohmann::json::parse(report_json(report_of_two_hours()));

  EXPECT_EQ(json["rows"], 7);
  EXPECT_EQ(json["unreadable_lines"], 1);
  EXPECT_EQ(json["period"], "hour");
  EXPECT_EQ(json["periods"][0]["begins"], "2026-11-23T12:00:00Z");
  EXPECT_EQ(json["periods"][0]["recorded_s"], 1200);
  EXPECT_EQ(json["periods"][0]["success_pct"], 90.0);
  EXPECT_EQ(json["periods"][0]["response_p95_ms"], 1021.0);
  EXPECT_EQ(json["trend"]["success_pct"]["last"], nullptr);
  EXPECT_EQ(json["trend"]["memory_bytes"]["median"], 52428800.0);
  EXPECT_EQ(json["memory_bytes_per_day"], nullptr);
  EXPECT_EQ(json["stands_out"][2]["about"], "error_pct");
  EXPECT_EQ(json["stands_out"][2]["from"], "2026-11-23T12:10:00Z");
}

TEST(PerformanceReport, of_nothing_says_so) {
  auto const report =
      performance_report({}, {.from = at("2026-11-22T00:00:00Z"), .to = at("2026-11-23T00:00:00Z")}, {});

  EXPECT_EQ(report_text(report),
            "performance from 2026-11-22T00:00:00Z to 2026-11-23T00:00:00Z: 0 rows of five minutes at most\n"
            "nothing is on record in this time: does candled run?\n");
}

TEST(PerformanceReport, rows_joined_weigh_each_request_and_second_alike) {
  std::vector<PerformanceRow> rows{row_from(at("2026-11-23T00:00:00Z"), 5min),
                                   row_from(at("2026-11-23T00:05:00Z"), 10min)};
  rows[1].during.to = rows[1].during.from + 1min;
  rows[0][Figure::requests] = 90;
  rows[0][Figure::succeeded] = 90;
  rows[0][Figure::response_mean_ms] = 100;
  rows[0][Figure::response_p95_ms] = 150;
  rows[0][Figure::bars] = 300;
  rows[1][Figure::requests] = 10;
  rows[1][Figure::succeeded] = 0;
  rows[1][Figure::response_mean_ms] = 1'100;
  rows[1][Figure::response_p95_ms] = 2'000;
  rows[1][Figure::bars] = 60;

  auto const all = joined(rows);

  EXPECT_EQ(all[Figure::success_pct], 90);
  EXPECT_EQ(all[Figure::response_mean_ms], 200);
  EXPECT_EQ(all[Figure::response_p95_ms], 2'000) << "the worst";
  EXPECT_EQ(all[Figure::bars_per_s], 1);
  EXPECT_EQ(all[Figure::errors], std::nullopt) << "no row has it";
}

TEST(PerformanceReport, more_than_two_days_are_shown_by_the_day) {
  auto const begin = at("2026-11-20T12:00:00Z");

  auto const report =
      performance_report(life(begin, 60h, [](int) { return 1.0; }), {.from = begin, .to = begin + 60h}, {});

  EXPECT_EQ(report.period, Period::day);
  ASSERT_EQ(report.periods.size(), 3U);
  EXPECT_EQ(report.periods[0].begins, at("2026-11-20T00:00:00Z"));
  EXPECT_EQ(report.periods[0].recorded, 12h);
  EXPECT_EQ(report.periods[1].recorded, 24h);
  EXPECT_EQ(about(report), std::vector<std::string>{"starts"});
}

TEST(PerformanceReport, tells_how_fast_memory_grows) {
  auto const begin = at("2026-11-20T00:00:00Z");
  // The first hour, of caches that fill, is steep; then 2 MiB a day.
  auto const memory = [](int row) {
    auto const days = row / 288.0;
    return (row < 11 ? row * 5.0 : 60.0 + 2 * days) * 1024 * 1024;
  };

  auto const report = performance_report(life(begin, 72h, memory), {.from = begin, .to = begin + 72h}, {});

  ASSERT_TRUE(report.memory_bytes_per_day);
  EXPECT_NEAR(*report.memory_bytes_per_day, 2.0 * 1024 * 1024, 1);
  EXPECT_EQ(report.findings.back().text, "memory grows by 2.0 MiB/day since the last start");
}

TEST(PerformanceReport, growth_across_a_start_is_no_growth) {
  auto const begin = at("2026-11-20T00:00:00Z");
  auto record = life(begin, 48h, [](int) { return 10.0 * 1024 * 1024; });
  auto const second = life(begin + 48h, 20h, [](int) { return 90.0 * 1024 * 1024; });
  record.rows.insert(record.rows.end(), second.rows.begin(), second.rows.end());

  auto const report = performance_report(record, {.from = begin, .to = begin + 68h}, {});

  EXPECT_EQ(report.memory_bytes_per_day, std::nullopt);
}

TEST(PerformanceReport, tells_the_longest_gaps_and_that_it_is_silent_now) {
  PerformanceRecord record;
  auto const begin = at("2026-11-20T00:00:00Z");
  for (int i = 0; i < 8; ++i) record.rows.push_back(row_from(begin + i * 1h + i * i * 1min, 24h));

  auto const report = performance_report(record, {.from = begin, .to = begin + 24h}, {});

  EXPECT_EQ(about(report), (std::vector<std::string>(7, "gap")));
  EXPECT_EQ(report.findings[0].text,
            "nothing is on record from 2026-11-20T02:09:00Z to 2026-11-20T03:09:00Z (1 h 0 min): candled did "
            "not run, or "
            "could not write");
  EXPECT_EQ(report.findings[5].text, "and 2 shorter times");
  EXPECT_EQ(report.findings[6].text,
            "nothing is on record since 2026-11-20T07:54:00Z (16 h 6 min): does candled run?");
}

TEST(PerformanceReport, a_threshold_that_is_off_is_not_passed_but_what_is_rare_still_stands_out) {
  auto const report = report_of_two_hours({.error_pct = {}});

  auto const errors = std::ranges::find(report.findings, "error_pct", &Finding::about);
  ASSERT_NE(errors, report.findings.end());
  EXPECT_EQ(errors->text,
            "the share of requests that failed was 25.0 % from 2026-11-23T12:10:00Z to 2026-11-23T12:15:00Z; "
            "the median is "
            "0.0 %");
}

TEST(PerformanceReport, an_even_record_has_nothing_that_stands_out) {
  auto const begin = at("2026-11-20T00:00:00Z");
  auto record = life(begin, 24h, [](int) { return 10.0; });
  record.rows.erase(record.rows.begin());  // with its start

  auto const report = performance_report(record, {.from = begin, .to = begin + 24h}, {});

  EXPECT_TRUE(report.findings.empty());
  EXPECT_TRUE(report_text(report).ends_with("\nnothing stands out\n"));
}

}  // namespace
}  // namespace candled
