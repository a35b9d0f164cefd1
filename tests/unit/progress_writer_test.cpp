#include "pipeline/progress_writer.hpp"

#include <gtest/gtest.h>

#include "support/model_ledger.hpp"
#include "unit/pipeline_fixture.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime midnight = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
constexpr RateLimit one_a_second{.requests = 60, .per = 60s, .burst = 1};

Progress fetching() {
  Progress progress{.job = "us", .lane = Lane::backfill, .stage = Stage::fetching};
  progress.windows = 10;
  progress.windows_done = 4;
  progress.pages_planned = 10;
  progress.pages_done = 4;
  progress.requests = 4;
  progress.bars = 400;
  progress.now = "AAPL";
  return progress;
}

TEST(ProgressRow, says_how_far_a_lane_is_and_when_it_ends) {
  auto const row =
      progress_row(fetching(), {.now = midnight, .elapsed = 4s, .limit = one_a_second, .parked = {}});

  EXPECT_EQ(row.job, "us");
  EXPECT_EQ(row.stage, "fetching");
  EXPECT_EQ(row.detail, "AAPL, 1.0 requests/s, 100 bars/s");
  EXPECT_EQ(row.windows_done, 4);
  EXPECT_EQ(row.eta_from, midnight + 6s);
  EXPECT_EQ(row.eta_until, midnight + 6s);
  EXPECT_EQ(row.parked_until, std::nullopt);
}

TEST(ProgressRow, what_is_parked_ends_later) {
  Look const look{.now = midnight,
                  .elapsed = 4s,
                  .limit = one_a_second,
                  .parked = Parked{.until = midnight + 1h, .why = "the quota is used up"}};

  auto const row = progress_row(fetching(), look);

  EXPECT_EQ(row.stage, "parked");
  EXPECT_EQ(row.detail, "parked until 01:00:00Z: the quota is used up");
  EXPECT_EQ(row.parked_until, midnight + 1h);
  EXPECT_EQ(row.eta_from, midnight + 1h + 6s);
}

TEST(ProgressRow, an_idle_lane_waits_for_nothing) {
  auto progress = fetching();
  progress.stage = Stage::idle;

  auto const row = progress_row(progress, {.now = midnight,
                                           .elapsed = 4s,
                                           .limit = one_a_second,
                                           .parked = Parked{.until = midnight + 1h, .why = "quota"}});

  EXPECT_EQ(row.stage, "idle");
  EXPECT_EQ(row.detail, "");
  EXPECT_EQ(row.eta_from, std::nullopt);
  EXPECT_EQ(row.parked_until, std::nullopt);
}

class WritesProgress : public testing::Test {
 public:
  // Runs the writer for `time`, doing `then` after the first second.
  void run_for(Milliseconds time, std::function<void()> then) {
    ProgressWriter writer{ledger, board, clock, [](std::string const&) { return nullptr; }};
    bool done = false;
    auto const finish = [&](std::exception_ptr const& broken) {
      if (broken) std::rethrow_exception(broken);
      done = true;
    };
    auto const script = [&]() -> Task<void> {
      co_await clock.sleep_until(clock.ticks() + 1s);
      then();
      co_await clock.sleep_until(clock.ticks() + time - 1s);
      rows = ledger.progress;
      clock.stop();
    };
    TaskGroup group{loop.get_executor()};
    auto const all = [&]() -> Task<void> {
      group.spawn(writer.run());
      group.spawn(script());
      co_await group.wait_all();
    };
    boost::asio::co_spawn(loop, all(), finish);
    clock.run(done);
  }

  boost::asio::io_context loop;
  test::VirtualClock clock{loop};
  test::ModelLedger ledger{clock};
  ProgressBoard board;
  std::vector<JobProgressRow> rows;  // before the end
};

TEST_F(WritesProgress, a_change_is_shown_within_two_seconds_and_nothing_stays_in_the_end) {
  run_for(3s, [&] {
    auto const progress = board.of("us", Lane::live);
    progress->stage = Stage::planning;
    board.changed(*progress);
  });

  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].stage, "planning");
  EXPECT_TRUE(ledger.progress.empty());
}

TEST_F(WritesProgress, a_database_that_is_away_is_told_later) {
  bool away = true;
  ledger.fails = [&]() -> std::optional<Error> {
    if (away) return Error{.kind = ErrorKind::db_unavailable, .what = "away"};
    return std::nullopt;
  };
  board.of("us", Lane::live);

  run_for(4s, [&] { away = false; });

  EXPECT_EQ(rows.size(), 1U);
}

}  // namespace
}  // namespace candled
