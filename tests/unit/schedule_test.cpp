#include "core/schedule.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace candled
