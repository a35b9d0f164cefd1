#include "core/schedule.hpp"

#include <gtest/gtest.h>

#include "core/eta.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

TEST(NextRun, every_minute_a_delay_after_the_grid) {
  Schedule const schedule = EverySchedule{.every = 1min, .delay = 20s};

  EXPECT_EQ(to_rfc3339(next_run(schedule, at("2024-03-08T15:31:05Z"))), "2024-03-08T15:31:20Z");
  EXPECT_EQ(to_rfc3339(next_run(schedule, at("2024-03-08T15:31:20Z"))), "2024-03-08T15:32:20Z");
  EXPECT_EQ(to_rfc3339(next_run(schedule, at("2024-03-08T15:31:59Z"))), "2024-03-08T15:32:20Z");
}

TEST(NextRun, daily_by_the_wall_clock_of_its_zone) {
  Schedule const schedule = DailySchedule{.time = 17h + 30min, .zone = Zone::new_york()};

  EXPECT_EQ(to_rfc3339(next_run(schedule, at("2024-03-08T12:00:00Z"))), "2024-03-08T22:30:00Z");  // UTC-5
  EXPECT_EQ(to_rfc3339(next_run(schedule, at("2024-03-08T22:30:00Z"))), "2024-03-09T22:30:00Z");
  EXPECT_EQ(to_rfc3339(next_run(schedule, at("2024-03-10T12:00:00Z"))), "2024-03-10T21:30:00Z");  // UTC-4
}

TEST(NextRun, a_time_that_summer_time_skips_runs_at_the_switch) {
  Schedule const schedule = DailySchedule{.time = 2h + 30min, .zone = Zone::new_york()};

  EXPECT_EQ(to_rfc3339(next_run(schedule, at("2024-03-10T06:00:00Z"))), "2024-03-10T07:00:00Z");
}

TEST(Eta, is_the_budgets_when_the_provider_answers_quickly) {
  // 100 windows of one page, 40 done with 40 requests in 16 s at 150 a minute: 60 more take 24 s.
  EXPECT_EQ(eta({.pages_planned = 100, .pages_done = 40, .requests = 40, .elapsed = 16s},
                {.requests = 150, .per = 60s, .burst = 5}),
            24s);
}

TEST(Eta, follows_the_pace_when_the_provider_is_slow) {
  EXPECT_EQ(eta({.pages_planned = 100, .pages_done = 40, .requests = 40, .elapsed = 80s},
                {.requests = 150, .per = 60s, .burst = 5}),
            120s);
}

TEST(Eta, learns_that_windows_take_fewer_pages_than_they_could) {
  // 10 windows of 20 pages at most; the 5 done ones took one each.
  EXPECT_EQ(eta({.pages_planned = 200, .pages_done = 100, .requests = 5, .elapsed = 2s},
                {.requests = 60, .per = 60s, .burst = 1}),
            5s);
}

}  // namespace
}  // namespace candled
