#include "pipeline/real_clock.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "pipeline/async.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

// 0.6 ms make a minute.
TimeLens const lens{.start = UtcTime{std::chrono::sys_days{std::chrono::year{2024} / 11 / 25}},
                    .speed = 100'000,
                    .zero = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now())};

struct Slept {
  bool done = false;
  bool stopped = false;
  SteadyTime woke_at;
};

Slept sleep_until(boost::asio::io_context& loop, RealClock& clock, SteadyTime when, bool stop) {
  Slept slept;
  auto const sleeper = [](RealClock& of, SteadyTime until, Slept& told) -> Task<void> {
    auto const ended = co_await of.sleep_until(until);
    told = {.done = true, .stopped = !ended.has_value(), .woke_at = of.ticks()};
  };
  boost::asio::co_spawn(loop, sleeper(clock, when, slept), boost::asio::detached);
  loop.poll();
  if (stop) clock.stop();
  loop.run();
  return slept;
}

TEST(RealClock, through_a_lens_shows_the_drills_time) {
  boost::asio::io_context loop;
  RealClock const clock{loop.get_executor(), lens};

  auto const first = clock.now();
  auto const second = clock.now();

  EXPECT_GE(first, lens.start);
  EXPECT_LT(first, lens.start + 24h * 365);  // five minutes since this program started
  EXPECT_GE(second, first);
}

TEST(RealClock, without_a_lens_shows_the_machines_time) {
  boost::asio::io_context loop;
  RealClock const clock{loop.get_executor()};
  auto const before = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  auto const ticks_before = std::chrono::steady_clock::now();

  auto const now = clock.now();
  auto const ticks = clock.ticks();

  EXPECT_GE(now, before);
  EXPECT_LE(now, std::chrono::system_clock::now());
  EXPECT_GE(ticks, ticks_before);
  EXPECT_LE(ticks, std::chrono::steady_clock::now());
}

TEST(RealClock, through_a_lens_never_wakes_early) {
  boost::asio::io_context loop;
  RealClock clock{loop.get_executor(), lens};
  auto const when = clock.ticks() + 60s;

  auto const slept = sleep_until(loop, clock, when, false);

  EXPECT_TRUE(slept.done);
  EXPECT_FALSE(slept.stopped);
  EXPECT_GE(slept.woke_at, when);
}

TEST(RealClock, through_a_lens_wakes_at_once_for_a_moment_that_has_passed) {
  boost::asio::io_context loop;
  RealClock clock{loop.get_executor(), lens};

  EXPECT_TRUE(sleep_until(loop, clock, SteadyTime{}, false).done);
}

TEST(RealClock, through_a_lens_ends_its_sleeps_when_it_is_stopped) {
  boost::asio::io_context loop;
  RealClock clock{loop.get_executor(), lens};

  auto const slept = sleep_until(loop, clock, clock.ticks() + 24h * 365 * 100, true);

  EXPECT_TRUE(slept.stopped);
}

}  // namespace
}  // namespace candled
