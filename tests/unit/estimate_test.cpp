#include "config/estimate.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace candled {
namespace {

using namespace std::chrono_literals;

Config config_with(std::vector<JobConfig> jobs, int concurrency) {
  Config config;
  config.providers.push_back({.name = "massive",
                              .rate_limit = {.requests = 150, .per = 60'000ms, .burst = 5},
                              .concurrency = concurrency});
  config.jobs = std::move(jobs);
  return config;
}

JobConfig job_of(int symbols, std::optional<std::variant<EverySchedule, DailySchedule>> schedule,
                 CalendarKind calendar = CalendarKind::xnys) {
  return {.name = "job",
          .provider = "massive",
          .symbols = std::vector<std::string>(static_cast<std::size_t>(symbols), "X"),
          .calendar = calendar,
          .schedule = schedule};
}

TEST(MemoryBound, is_pages_and_loads_in_flight) {
  auto const config = config_with({job_of(1, std::nullopt)}, 16);

  // A page: 6 MiB of text and 50,000 bars of 64 bytes. A load: 100,000 bars. Three pages, five loads (two
  // writers).
  EXPECT_EQ(memory_bound(config).bytes, 3 * (6'291'456 + 3'200'000) + 5 * 6'400'000);
  EXPECT_EQ(memory_bound(config).explanation,
            "3 pages (6.0 MiB of text and 3.1 MiB of bars each) and 5 loads (6.1 MiB each)");
}

TEST(MemoryBound, counts_no_more_pages_than_requests_may_be_in_flight) {
  auto const config = config_with({job_of(1, std::nullopt), job_of(1, std::nullopt)}, 4);

  EXPECT_EQ(memory_bound(config).bytes, 4 * (6'291'456 + 3'200'000) + 6 * 6'400'000);
}

TEST(RequestsPerDay, counts_xnys_hours_and_daily_runs) {
  auto const config = config_with(
      {job_of(7, EverySchedule{.every = 60'000ms}),
       job_of(100, DailySchedule{.time = 0ms, .zone = Zone::utc()}),
       job_of(1, EverySchedule{.every = 3'600'000ms}, CalendarKind::always), job_of(1'000, std::nullopt)},
      16);

  auto const estimates = requests_per_day(config);

  ASSERT_EQ(estimates.size(), 1U);
  EXPECT_EQ(estimates[0].provider, "massive");
  EXPECT_EQ(estimates[0].per_day, 7 * 60 * 16 * 5 / 7 + 100 + 24);
  EXPECT_EQ(estimates[0].allowed_per_day, 216'000);
}

TEST(RequestsPerDay, sees_a_schedule_that_fits_the_day_but_not_the_session) {
  auto const config = config_with({job_of(300, EverySchedule{.every = 60'000ms})}, 16);

  auto const estimate = requests_per_day(config)[0];

  EXPECT_LT(estimate.per_day, estimate.allowed_per_day);
  EXPECT_DOUBLE_EQ(estimate.share_when_open, 2.0);
}

}  // namespace
}  // namespace candled
