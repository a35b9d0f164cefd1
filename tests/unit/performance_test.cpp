// Rows of performance_metrics.csv, written and read again.
#include "core/performance.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

TimeRange const five_minutes{.from = at("2026-11-23T14:00:00Z"), .to = at("2026-11-23T14:05:00Z")};

constexpr auto header =
    "from,to,uptime_s,requests,succeeded,errors,rate_limited,retries,success_pct,error_pct,response_mean_ms,"
    "response_p95_ms,connections,bars,bars_per_s,freshness_lag_s,memory_bytes\n";

Meters busy() {
  Meters meters;
  auto& one = meters.providers["one"];
  one.ok = 6;
  one.rate_limited = 1;
  auto& two = meters.providers["two"];
  two.refused = 1;
  two.failed = 1;
  two.unreachable = 1;
  for (int i = 0; i < 7; ++i) {
    one.took.add(100ms);
    one.lengths.add(100ms);
  }
  for (int i = 0; i < 3; ++i) {
    two.took.add(1s);
    two.lengths.add(1s);
  }
  meters.jobs["us"].retries = 2;
  meters.jobs["eu"].retries = 1;
  meters.database.bars = 1'500;
  return meters;
}

TEST(PerformanceRow, has_the_documented_columns) {
  EXPECT_EQ(performance_header(), header);
}

TEST(PerformanceRow, joins_all_providers_and_jobs) {
  auto const row = performance_row(five_minutes, {}, performance_counts(busy()),
                                   {.connections = 9, .memory_bytes = 40'000'000, .freshness_lag = 12s}, 3h);

  // 7 * 100 ms and 3 * 1 s: 370 ms; the 10th of 10 took 1 s, whose class ends at 1 020 ms (1.05^142).
  EXPECT_EQ(performance_line(row),
            "2026-11-23T14:00:00Z,2026-11-23T14:05:00Z,10800,10,6,3,1,3,60.00,30.00,370,1021,9,1500,5.00,12,"
            "40000000\n");
}

TEST(PerformanceRow, counts_what_has_come_since_the_row_before) {
  auto meters = busy();
  auto const before = performance_counts(meters);
  meters.providers["one"].ok += 4;
  for (int i = 0; i < 4; ++i) {
    meters.providers["one"].took.add(1ms);
    meters.providers["one"].lengths.add(1ms);
  }

  auto const row = performance_row(five_minutes, before, performance_counts(meters), {}, 5min);

  EXPECT_EQ(performance_line(row),
            "2026-11-23T14:00:00Z,2026-11-23T14:05:00Z,300,4,4,0,0,0,100.00,0.00,1,1,0,0,0.00,,0\n");
}

TEST(PerformanceRow, of_an_idle_time_has_zeros_and_no_rates) {
  auto const row = performance_row(five_minutes, {}, {}, {.connections = 2, .memory_bytes = 1}, 5min);

  EXPECT_EQ(performance_line(row),
            "2026-11-23T14:00:00Z,2026-11-23T14:05:00Z,300,0,0,0,0,0,,,,,2,0,0.00,,1\n");
}

TEST(PerformanceRecord, reads_what_was_written) {
  auto const row = performance_row(five_minutes, {}, performance_counts(busy()), {.freshness_lag = 12s}, 3h);

  auto const record = read_performance(performance_header() + performance_line(row));

  ASSERT_EQ(record.rows.size(), 1U);
  EXPECT_EQ(record.unreadable_lines, 0);
  EXPECT_EQ(performance_line(record.rows[0]), performance_line(row));
}

TEST(PerformanceRecord, goes_by_the_names_of_columns) {
  auto const record = read_performance(
      "to,from,errors\n"
      "2026-11-23T14:05:00Z,2026-11-23T14:00:00Z,7\n"
      "from,to,something_new,requests\r\n"
      "2026-11-23T14:05:00Z,2026-11-23T14:10:00Z,ok,9\r\n");

  ASSERT_EQ(record.rows.size(), 1U) << "a header begins with from";
  EXPECT_EQ(record.rows[0][Figure::requests], 9);
  EXPECT_EQ(record.rows[0][Figure::errors], std::nullopt);
  EXPECT_EQ(record.unreadable_lines, 2);
}

TEST(PerformanceRecord, leaves_out_a_torn_last_line_and_counts_broken_ones) {
  auto const record = read_performance(
      "from,to,errors\n"
      "2026-11-23T14:00:00Z,2026-11-23T14:05:00Z,1\n"
      "2026-11-23T14:05:00Z,yesterday,1\n"
      "2026-11-23T14:05:00Z,2026-11-23T14:05:00Z,1\n"
      "2026-11-23T14:05:00Z,2026-11-23T14:10:00Z,nan\n"
      "2026-11-23T14:05:00Z,2026-11-23T14:10:00Z\n"
      "\n"
      "2026-11-23T14:10:00Z,2026-11-23T14:15:00Z,1");

  EXPECT_EQ(record.rows.size(), 1U);
  EXPECT_EQ(record.unreadable_lines, 4);
}

TEST(PerformanceRecord, of_nothing_is_empty) {
  EXPECT_TRUE(read_performance("").rows.empty());
  EXPECT_TRUE(read_performance(performance_header()).rows.empty());
}

TEST(Figure, is_told_in_its_unit) {
  EXPECT_EQ(figure_in_words(Figure::error_pct, 12.5), "12.5 %");
  EXPECT_EQ(figure_in_words(Figure::response_p95_ms, 80), "80 ms");
  EXPECT_EQ(figure_in_words(Figure::response_p95_ms, 12'345), "12.3 s");
  EXPECT_EQ(figure_in_words(Figure::freshness_lag_s, 0), "0 s");
  EXPECT_EQ(figure_in_words(Figure::freshness_lag_s, 125), "2 min 5 s");
  EXPECT_EQ(figure_in_words(Figure::memory_bytes, 64.0 * 1024 * 1024), "64.0 MiB");
  EXPECT_EQ(figure_in_words(Figure::rate_limited, 12), "12");
}

}  // namespace
}  // namespace candled
