#include "cli/status_line.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime midnight = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};

std::shared_ptr<Progress> working(std::string job, Lane lane, std::int64_t done, std::int64_t windows) {
  auto progress =
      std::make_shared<Progress>(Progress{.job = std::move(job), .lane = lane, .stage = Stage::fetching});
  progress->windows = windows;
  progress->windows_done = done;
  return progress;
}

ServiceState three_jobs(std::vector<std::shared_ptr<Progress>> progress) {
  return {.now = midnight,
          .jobs = 3,
          .progress = std::move(progress),
          .providers = 2,
          .parked = {},
          .database_away = {},
          .config_problems = {}};
}

TEST(StatusLine, adds_up_each_lane_over_the_jobs) {
  auto const line = status_line(
      three_jobs({working("one", Lane::backfill, 1'000, 4'000), working("two", Lane::backfill, 200, 1'000),
                  working("request 7", Lane::backfill, 1, 2)}));

  EXPECT_EQ(line, "3 jobs: live up to date; backfill 1,200 of 5,000 windows; request 7 running");
}

TEST(StatusLine, says_how_far_live_work_is) {
  EXPECT_EQ(status_line(three_jobs({working("one", Lane::live, 3, 50)})), "3 jobs: live 3 of 50 windows");
}

TEST(StatusLine, an_idle_lane_is_not_worth_a_word) {
  auto idle = working("one", Lane::settle, 5, 5);
  idle->stage = Stage::idle;

  EXPECT_EQ(status_line(three_jobs({idle})), "3 jobs: live up to date");
}

TEST(StatusLine, one_provider_of_two_that_is_parked_is_named) {
  auto state = three_jobs({});
  state.parked = {{.name = "massive", .parked = {.until = midnight + 1h, .why = "the quota is used up"}}};

  EXPECT_EQ(status_line(state),
            "3 jobs: live up to date; massive parked until 01:00:00Z: the quota is used up");
}

TEST(StatusLine, when_all_are_parked_nothing_else_matters) {
  auto state = three_jobs({});
  state.parked = {{.name = "a", .parked = {.until = midnight + 2h, .why = "429"}},
                  {.name = "b", .parked = {.until = midnight + 1h, .why = "the quota is used up"}}};

  EXPECT_EQ(status_line(state), "parked until 01:00:00Z: the quota is used up");
}

TEST(StatusLine, a_database_that_is_away_comes_first) {
  auto state = three_jobs({working("one", Lane::live, 3, 50)});
  state.database_away = "connection refused\n\tIs the server running?";

  EXPECT_EQ(status_line(state), "waiting for the database: connection refused");
}

TEST(StatusLine, says_that_a_changed_configuration_is_broken_until_it_is_mended) {
  auto state = three_jobs({});
  state.config_problems = "candled.yaml:3:5: jobs: expected a list\n    hint: [ ]";

  EXPECT_EQ(status_line(state),
            "3 jobs: live up to date; the changed configuration is not in use: candled.yaml:3:5: jobs: "
            "expected a list");
}

}  // namespace
}  // namespace candled
