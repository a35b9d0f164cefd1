#include "core/schedule.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

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

std::set<Milliseconds> spreads(Schedule const& schedule) {
  auto const time = next_run(schedule, at("2024-03-08T12:00:00Z"));
  std::set<Milliseconds> spreads;
  for (int job = 0; job < 100; ++job)
    spreads.insert(next_run_of("job " + std::to_string(job), schedule, time - 1ms) - time);
  return spreads;
}

TEST(NextRunOf, jobs_of_one_schedule_are_spread_over_a_hundredth_of_it_and_a_minute_at_most) {
  auto const hourly = spreads(EverySchedule{.every = 1h});
  auto const weekly = spreads(EverySchedule{.every = 168h});
  auto const daily = spreads(DailySchedule{.time = 17h, .zone = Zone::utc()});

  EXPECT_GE(hourly.size(), 90U);
  EXPECT_GE(*hourly.begin(), 0s);
  EXPECT_LT(*hourly.begin(), 4s);
  EXPECT_GT(*hourly.rbegin(), 32s);
  EXPECT_LE(*hourly.rbegin(), 36s);
  for (auto const& few : {weekly, daily}) {
    EXPECT_GT(*few.rbegin(), 54s);
    EXPECT_LE(*few.rbegin(), 60s);
  }
}

TEST(NextRunOf, a_round_that_ends_before_the_jobs_own_time_has_that_time_next) {
  Schedule const schedule = EverySchedule{.every = 1h};
  auto const own = next_run_of("minutes", schedule, at("2024-03-08T15:00:00Z") - 1s);
  ASSERT_GT(own, at("2024-03-08T15:00:00Z"));

  EXPECT_EQ(next_run_of("minutes", schedule, at("2024-03-08T15:00:00Z")), own);
  EXPECT_EQ(next_run_of("minutes", schedule, own - 1ms), own);
  EXPECT_EQ(next_run_of("minutes", schedule, own), own + 1h);
}

}  // namespace
}  // namespace candled
