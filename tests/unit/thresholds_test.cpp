#include "core/thresholds.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime midnight = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
PerformanceThresholds const none{
    .error_pct = {}, .rate_limited = {}, .response_p95 = {}, .freshness_lag = {}, .memory = {}};

PerformanceThresholds only_errors() {
  auto thresholds = none;
  thresholds.error_pct = 10;
  return thresholds;
}

PerformanceRow row_with(Figure figure, double value, double requests = 100) {
  PerformanceRow row{.during = {.from = midnight, .to = midnight + 5min}};
  row[Figure::requests] = requests;
  row[figure] = value;
  return row;
}

// "+" for each threshold that is passed, "-" for each that is over.
std::string judged(ThresholdWatch& watch, PerformanceRow const& row) {
  std::string signs;
  for (auto const& news : watch.judge(row)) signs += news.passed ? "+" : "-";
  return signs;
}

TEST(ThresholdWatch, tells_once_that_a_threshold_is_passed_and_once_that_it_is_over) {
  ThresholdWatch watch{only_errors()};

  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 10)), "");
  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 10.1)), "+");
  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 90)), "");
  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 8)), "-");
  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 8)), "");
  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 11)), "+");
}

TEST(ThresholdWatch, what_swings_around_its_threshold_is_told_once) {
  ThresholdWatch watch{only_errors()};

  std::string told;
  for (auto const value : {11.0, 9.0, 11.0, 8.1, 12.0})
    told += judged(watch, row_with(Figure::error_pct, value));

  EXPECT_EQ(told, "+");
}

TEST(ThresholdWatch, an_idle_row_changes_nothing) {
  ThresholdWatch watch{only_errors()};
  PerformanceRow const idle{.during = {.from = midnight, .to = midnight + 5min}};

  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 50)), "+");
  EXPECT_EQ(judged(watch, idle), "");
  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 50)), "");
}

TEST(ThresholdWatch, four_requests_say_nothing_of_a_share) {
  ThresholdWatch watch{only_errors()};

  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 100, 4)), "");
  EXPECT_EQ(judged(watch, row_with(Figure::error_pct, 100, 5)), "+");
}

TEST(ThresholdWatch, a_lag_needs_no_requests) {
  auto thresholds = none;
  thresholds.freshness_lag = 10min;
  ThresholdWatch watch{thresholds};

  EXPECT_EQ(judged(watch, row_with(Figure::freshness_lag_s, 601, 0)), "+");
}

TEST(ThresholdWatch, thresholds_that_are_off_are_silent) {
  ThresholdWatch watch{none};
  auto row = row_with(Figure::error_pct, 100);
  row[Figure::memory_bytes] = 1e12;

  EXPECT_EQ(judged(watch, row), "");
}

TEST(ThresholdWatch, names_the_value_the_threshold_and_what_to_do) {
  ThresholdWatch watch{{}};
  PerformanceRow row{.during = {.from = midnight, .to = midnight + 5min}};
  row[Figure::requests] = 100;
  row[Figure::error_pct] = 12.5;
  row[Figure::rate_limited] = 11;
  row[Figure::response_p95_ms] = 12'300;
  row[Figure::freshness_lag_s] = 1'000;
  row[Figure::memory_bytes] = 300.0 * 1024 * 1024;

  auto const news = watch.judge(row);

  ASSERT_EQ(news.size(), 5U);
  EXPECT_EQ(
      news[0].text,
      "the share of requests that failed was 12.5 % from 2026-11-23T00:00:00Z to 2026-11-23T00:05:00Z, past "
      "timings.warn.error_pct (5.0 %): earlier lines of the log say why; when it lasts, look at the network "
      "and "
      "at the provider's status page");
  EXPECT_TRUE(news[1].text.contains("429 was 11 from")) << news[1].text;
  EXPECT_TRUE(news[2].text.contains("was 12.3 s from")) << news[2].text;
  EXPECT_TRUE(news[2].text.contains("past timings.warn.response_p95 (10.0 s)")) << news[2].text;
  EXPECT_TRUE(news[3].text.contains("was 16 min 40 s from")) << news[3].text;
  EXPECT_TRUE(news[4].text.contains("past timings.warn.memory (256.0 MiB)")) << news[4].text;
}

TEST(ThresholdWatch, names_the_value_that_is_well_again) {
  ThresholdWatch watch{only_errors()};
  watch.judge(row_with(Figure::error_pct, 50));

  auto const news = watch.judge(row_with(Figure::error_pct, 1));

  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].text,
            "the share of requests that failed is 1.0 % again, within timings.warn.error_pct (10.0 %)");
}

}  // namespace
}  // namespace candled
