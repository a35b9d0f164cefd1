#include "cli/progress_bar.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime midnight = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};

// 41 of 100 pages in 41 requests and 16.4 s: 2.5 a second; the 59 that are left take at least 59 s.
Progress part_way() {
  Progress progress;
  progress.lane = Lane::backfill;
  progress.windows = 100;
  progress.windows_done = 41;
  progress.pages_planned = 100;
  progress.pages_done = 41;
  progress.requests = 41;
  progress.bars = 1'234'567;
  progress.now = "AAPL";
  return progress;
}

Look after(Milliseconds elapsed) {
  return {.now = midnight, .elapsed = elapsed, .limit = {.requests = 60, .per = 60s, .burst = 1}};
}

TEST(ProgressBar, shows_the_part_done_the_lane_the_eta_bars_requests_windows_and_the_symbol) {
  auto const line = progress_line(part_way(), after(16'400ms), 200);

  // 1,234,567 / 16.4
  EXPECT_EQ(
      line,
      "[########------------]  41 %  backfill  ETA 59 s  1,234,567 bars 75,278/s  41 requests 2.5/s  41 "
      "of 100 windows  AAPL");
}

TEST(ProgressBar, the_words_are_the_same_without_bar_and_symbol) {
  auto const words = progress_words(part_way(), after(16'400ms));

  EXPECT_EQ(words,
            " 41 %  backfill  ETA 59 s  1,234,567 bars 75,278/s  41 requests 2.5/s  41 of 100 windows");
}

TEST(ProgressBar, is_empty_before_anything_is_planned) {
  auto const line = progress_line(Progress{}, after(0ms), 200);

  EXPECT_TRUE(line.starts_with(
      "[--------------------]   0 %  live  ETA 0 ms  0 bars 0/s  0 requests 0.0/s  0 of 0 windows"))
      << line;
}

TEST(ProgressBar, is_full_at_the_end) {
  auto progress = part_way();
  progress.windows_done = 100;
  progress.pages_done = 100;

  auto const line = progress_line(progress, after(16'400ms), 200);

  EXPECT_TRUE(line.starts_with("[####################] 100 %")) << line;
}

TEST(ProgressBar, says_retries_and_failures_only_when_there_are_some) {
  auto progress = part_way();
  progress.retries = 3;
  progress.windows_failed = 2;

  auto const words = progress_words(progress, after(16'400ms));

  EXPECT_TRUE(words.ends_with("41 of 100 windows  3 retries  2 failed")) << words;
}

TEST(ProgressBar, says_what_it_waits_for_instead_of_a_time_that_nobody_knows) {
  auto progress = part_way();
  progress.waiting = "the database is not there";

  auto const words = progress_words(progress, after(16'400ms));

  EXPECT_TRUE(words.starts_with(" 41 %  backfill  waits: the database is not there  1,234,567 bars"))
      << words;
  EXPECT_FALSE(words.contains("ETA")) << words;
}

TEST(ProgressBar, says_until_when_and_why_it_is_parked) {
  auto look = after(16'400ms);
  look.parked = Parked{.until = midnight + 1h, .why = "the quota is used up"};

  auto const words = progress_words(part_way(), look);

  EXPECT_TRUE(words.starts_with(" 41 %  backfill  parked until 01:00:00Z: the quota is used up  1,234,567"))
      << words;
}

TEST(ProgressBar, never_fills_the_terminals_last_column_for_the_line_would_wrap) {
  EXPECT_EQ(progress_line(part_way(), after(16'400ms), 40), "[########------------]  41 %  backfill ");
  EXPECT_EQ(progress_line(part_way(), after(16'400ms), 1), "");
  EXPECT_EQ(progress_line(part_way(), after(16'400ms), 0), "");
}

TEST(ProgressWords, a_time_of_another_day_has_its_date) {
  EXPECT_EQ(clock_time(midnight + 1h, midnight), "01:00:00Z");
  EXPECT_EQ(clock_time(midnight + 25h, midnight), "2026-11-24T01:00:00Z");
}

}  // namespace
}  // namespace candled
