#include "pipeline/pacer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "core/token_bucket.hpp"
#include "unit/pipeline_fixture.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

// Fetchers at gates, in virtual time, and what the provider sees of them.
struct World {
  struct Sent {
    Milliseconds at;
    Lane lane;
  };

  std::unique_ptr<Pacer> pacer(RateLimit limit, std::string holder = "one", std::size_t concurrency = 16) {
    return std::make_unique<Pacer>(
        loop.get_executor(), clock, ledger, random,
        PacerOptions{
            .budget = "budget", .holder = std::move(holder), .limit = limit, .concurrency = concurrency});
  }

  // `count` requests, one after the other, from `start` on.
  Task<void> ask(Pacer& pacer, Lane lane, int count, StopSign const& sign, Milliseconds start = 0ms) {
    if (start > 0ms) co_await clock.sleep_until(clock.ticks() + start);
    for (int i = 0; i < count; ++i) {
      auto const admitted = co_await pacer.admit(lane, sign);
      if (!admitted) {
        errors.push_back(admitted.error().kind);
        errors_at.push_back(clock.elapsed());
        co_return;
      }
      sent.push_back({.at = clock.elapsed(), .lane = lane});
      went();
      if (latency > 0ms) co_await clock.sleep_until(clock.ticks() + latency);
      if (answer()) {
        pacer.succeeded(*admitted);
      } else {
        pacer.failed(*admitted, ErrorKind::rate_limited);
        ++refused;
      }
    }
  }

  void start(Task<void> task) {
    ++running;
    done = false;
    boost::asio::co_spawn(loop, std::move(task), [this](std::exception_ptr const& broken) {
      if (broken) std::rethrow_exception(broken);
      done = --running == 0;
    });
  }
  Task<void> then(Milliseconds after, std::function<void()> act) {
    co_await clock.sleep_until(clock.ticks() + after);
    act();
  }
  void run() { clock.run(done); }

  std::vector<Lane> order() const {
    std::vector<Lane> lanes;
    for (auto const& request : sent) lanes.push_back(request.lane);
    return lanes;
  }
  void expect_within(RateLimit limit) const {
    auto const places = static_cast<std::size_t>(limit.requests);
    for (std::size_t i = places; i < sent.size(); ++i)
      ASSERT_GE(sent[i].at - sent[i - places].at, limit.per) << "request " << i;
  }

  boost::asio::io_context loop;
  VirtualClock clock{loop};
  ModelLedger ledger{clock};
  Random random{1};
  StopSign never;
  Milliseconds latency{0};
  std::function<void()> went = [] {};
  std::function<bool()> answer = [] { return true; };  // false: a 429
  std::vector<Sent> sent;
  std::vector<ErrorKind> errors;
  std::vector<Milliseconds> errors_at;
  int refused = 0;
  int running = 0;
  bool done = true;
};

constexpr RateLimit one_a_second{.requests = 60, .per = 60s, .burst = 1};

TEST(Pacer, a_live_request_that_comes_while_a_backfill_waits_for_the_next_place_goes_first) {
  World world;
  auto const pacer = world.pacer(one_a_second);
  world.start(world.ask(*pacer, Lane::backfill, 3, world.never));
  world.start(world.ask(*pacer, Lane::live, 1, world.never, 500ms));
  world.run();

  EXPECT_EQ(world.order(), (std::vector{Lane::backfill, Lane::live, Lane::backfill, Lane::backfill}));
  EXPECT_EQ(world.sent[1].at, 1s);
}

TEST(Pacer, a_backfill_gets_one_of_ten_places_of_busy_live_lanes) {
  World world;
  auto const pacer = world.pacer(one_a_second);
  for (int i = 0; i < 5; ++i) world.start(world.ask(*pacer, Lane::live, 20, world.never));
  world.start(world.ask(*pacer, Lane::backfill, 5, world.never));
  world.run();

  auto const order = world.order();
  EXPECT_EQ(std::count(order.begin(), order.begin() + 50, Lane::backfill), 5);
}

TEST(Pacer, one_who_is_stopped_returns_at_once_and_holds_up_nobody) {
  for (bool const by_clock : {false, true}) {
    World world;
    auto const pacer = world.pacer(one_a_second);
    StopSign first;
    world.start(world.ask(*pacer, Lane::live, 5, first));
    world.start(world.ask(*pacer, Lane::backfill, 2, world.never));
    world.start(world.then(1500ms, [&] {
      first.stopped = true;
      by_clock ? world.clock.look_again() : pacer->look_again();
    }));
    world.run();

    EXPECT_EQ(world.errors, std::vector{ErrorKind::stopped});
    EXPECT_EQ(world.errors_at, std::vector{Milliseconds{1500}});
    EXPECT_EQ(world.order(), (std::vector{Lane::live, Lane::live, Lane::backfill, Lane::backfill}));
    EXPECT_EQ(world.sent.back().at, 3s);
  }
}

TEST(Pacer, everybody_returns_when_the_clock_stops) {
  World world;
  auto const pacer = world.pacer({.requests = 1, .per = 60s});
  for (int i = 0; i < 3; ++i) world.start(world.ask(*pacer, Lane::backfill, 5, world.never));
  world.start(world.then(2s, [&] { world.clock.stop(); }));
  world.run();

  EXPECT_EQ(world.errors.size(), 3U);
  EXPECT_EQ(world.clock.elapsed(), 2s);
}

TEST(Pacer, ten_thousand_requests_take_as_long_with_the_ledger_as_without) {
  for (auto const& limit :
       {RateLimit{.requests = 150, .per = 60s, .burst = 5}, RateLimit{.requests = 5, .per = 60s},
        RateLimit{.requests = 1, .per = 10s}, RateLimit{.requests = 50, .per = 1s, .burst = 50}}) {
    World world;
    world.latency = 70ms;
    world.ledger.latency = 6ms;
    auto const pacer = world.pacer(limit);
    world.start(world.ask(*pacer, Lane::live, 10'000, world.never));
    world.run();

    TokenBucket bucket{limit};
    SteadyTime const begin{1h};
    auto now = begin;
    SteadyTime last{};
    for (int i = 0; i < 10'000; ++i) {
      last = *bucket.next(now);
      bucket.spend(last);
      now = last + 70ms;
      bucket.answered(now);
    }
    // The very first request waits for the ledger, and nobody after it.
    EXPECT_EQ(world.sent.back().at, last - begin + 6ms) << limit.requests;
    EXPECT_TRUE(world.ledger.violations.empty()) << world.ledger.violations.front();
    EXPECT_LE(world.ledger.claims, 2 * 10'000 + 2);
  }
}

TEST(Pacer, every_request_is_on_record_before_it_goes) {
  World world;
  RateLimit const limit{.requests = 20, .per = 10s, .burst = 4};
  auto const pacer = world.pacer(limit);
  world.ledger.latency = 40ms;
  world.latency = 900ms;
  world.went = [&] {
    auto const window = world.clock.elapsed() - limit.per;
    auto const counted =
        std::ranges::count_if(world.sent, [&](auto const& sent) { return sent.at > window; });
    EXPECT_GE(world.ledger.held_by("budget", "one"), counted);
  };
  for (int i = 0; i < 6; ++i) world.start(world.ask(*pacer, Lane::live, 50, world.never, i * 7s));
  world.run();

  EXPECT_EQ(world.sent.size(), 300U);
  world.expect_within(limit);
  EXPECT_TRUE(world.ledger.violations.empty()) << world.ledger.violations.front();
}

TEST(Pacer, after_a_crash_the_next_start_counts_what_the_last_one_sent) {
  World world;
  RateLimit const limit{.requests = 10, .per = 60s, .burst = 3};
  auto first = world.pacer(limit, "one");
  world.start(world.ask(*first, Lane::live, 8, world.never));
  world.run();
  auto const crashed_at = world.clock.elapsed();
  auto const second = world.pacer(limit, "two");
  world.start(world.ask(*second, Lane::live, 30, world.never));
  world.run();

  world.expect_within(limit);
  EXPECT_LT(world.sent[8].at, crashed_at + 100s);
  EXPECT_TRUE(world.ledger.violations.empty()) << world.ledger.violations.front();
}

TEST(Pacer, two_processes_share_one_budget) {
  World world;
  RateLimit const limit{.requests = 30, .per = 10s, .burst = 3};
  world.latency = 50ms;
  world.ledger.latency = 4ms;
  auto const one = world.pacer(limit, "one");
  auto const two = world.pacer(limit, "two");
  world.start(world.ask(*one, Lane::backfill, 150, world.never));
  world.start(world.ask(*two, Lane::live, 150, world.never, 3s));
  world.run();

  world.expect_within(limit);
  EXPECT_TRUE(world.ledger.violations.empty()) << world.ledger.violations.front();
  EXPECT_LT(world.clock.elapsed(), 2 * 100s);
}

TEST(Pacer, nothing_goes_while_the_ledger_is_away) {
  World world;
  auto const pacer = world.pacer(one_a_second);
  world.ledger.fails = [&]() -> std::optional<Error> {
    if (world.clock.elapsed() < 10s || world.clock.elapsed() > 5min) return std::nullopt;
    return Error{.kind = ErrorKind::db_in_doubt, .what = "away"};
  };
  world.start(world.ask(*pacer, Lane::live, 100, world.never));
  world.run();

  EXPECT_EQ(world.sent.size(), 100U);
  auto const during = [](auto const& sent) { return sent.at > 11s && sent.at < 5min; };
  EXPECT_EQ(std::ranges::count_if(world.sent, during), 0);
  EXPECT_LE(world.clock.elapsed(), 5min + 30s + 90s);
}

TEST(Pacer, a_ledger_that_refuses_is_told_to_those_who_wait) {
  World world;
  auto const pacer = world.pacer(one_a_second);
  world.ledger.fails = [] { return Error{.kind = ErrorKind::db_denied, .what = "no grant"}; };
  world.start(world.ask(*pacer, Lane::live, 1, world.never));
  world.start(world.ask(*pacer, Lane::backfill, 1, world.never));
  world.run();
  EXPECT_EQ(world.errors, (std::vector{ErrorKind::db_denied, ErrorKind::db_denied}));

  world.ledger.fails = [] { return std::nullopt; };
  world.start(world.ask(*pacer, Lane::live, 1, world.never));
  world.run();
  EXPECT_EQ(world.sent.size(), 1U);
}

TEST(Pacer, an_old_reserve_is_void_and_one_that_is_not_used_is_given_back_in_the_end) {
  World world;
  auto const pacer = world.pacer({.requests = 60, .per = 60s, .burst = 10});
  world.start(world.ask(*pacer, Lane::live, 1, world.never));
  world.run();
  auto const claims = world.ledger.claims;
  world.ledger.fails = [] { return Error{.kind = ErrorKind::db_unavailable, .what = "away"}; };
  world.start(world.ask(*pacer, Lane::live, 1, world.never, 11s));
  world.start(world.then(12s, [&] {
    EXPECT_EQ(world.sent.size(), 1U);
    world.ledger.fails = [] { return std::nullopt; };
  }));
  world.run();
  EXPECT_EQ(world.ledger.claims, claims + 1);
  EXPECT_GT(world.ledger.held("budget"), 2);

  world.start(pacer->close());
  world.run();
  EXPECT_EQ(world.ledger.held("budget"), 2);  // used within the last minute
  world.start(world.ask(*pacer, Lane::live, 1, world.never));
  world.run();
  EXPECT_EQ(world.errors, std::vector{ErrorKind::stopped});
}

TEST(Pacer, says_why_nothing_can_go) {
  World world;
  auto const pacer = world.pacer({.requests = 5, .per = 60s, .burst = 5});
  EXPECT_FALSE(pacer->parked());

  world.start(world.ask(*pacer, Lane::live, 5, world.never));
  world.run();
  ASSERT_TRUE(pacer->parked());
  EXPECT_EQ(pacer->parked()->why, "the budget of 5 requests per 1m is used up");
  EXPECT_EQ(pacer->parked()->until, world.clock.now() + 60s);

  pacer->pause(10min);
  EXPECT_EQ(pacer->parked()->why, "the provider asked to wait (429)");
  EXPECT_EQ(pacer->parked()->until, world.clock.now() + 10min);
  EXPECT_EQ(pacer->in_flight(), 0);
}

TEST(Pacer, a_late_failure_of_an_older_request_does_not_reopen_the_breaker) {
  World world;
  auto const pacer = world.pacer({.requests = 100, .per = 1s, .burst = 100});
  world.start([](World& in, Pacer& gate) -> Task<void> {
    std::vector<Admission> old;
    for (int i = 0; i < 6; ++i) old.push_back(*co_await gate.admit(Lane::live, in.never));
    for (int i = 0; i < 5; ++i) gate.failed(old[static_cast<std::size_t>(i)], ErrorKind::transport);
    EXPECT_EQ(gate.parked()->why, "the provider fails: 5 times in a row");
    auto const probe = *co_await gate.admit(Lane::live, in.never);
    EXPECT_EQ(in.clock.elapsed(), 60s);
    gate.failed(old[5], ErrorKind::transport);
    gate.succeeded(probe);
    EXPECT_FALSE(gate.parked());
  }(world, *pacer));
  world.run();
}

TEST(Pacer, learns_the_real_limit_and_the_next_start_begins_with_it) {
  World world;
  RateLimit const limit{.requests = 150, .per = 60s, .burst = 5, .adaptive = true};
  std::deque<Milliseconds> counted;
  world.answer = [&] {
    auto const now = world.clock.elapsed();
    while (!counted.empty() && counted.front() <= now - 60s) counted.pop_front();
    if (counted.size() >= 100) return false;
    counted.push_back(now);
    return true;
  };
  auto const first = world.pacer(limit);
  world.start(world.ask(*first, Lane::backfill, 6'000, world.never));
  world.run();
  EXPECT_EQ(first->learned(), 100);
  world.start(first->close());
  world.run();

  auto const learned_at = world.clock.elapsed();
  auto const refused_before = world.refused;
  auto const second = world.pacer(limit, "two");
  world.start(world.ask(*second, Lane::backfill, 12'000, world.never));
  world.run();
  auto const refused = world.refused - refused_before;
  EXPECT_LT(refused, 120);
  EXPECT_LE((world.clock.elapsed() - learned_at) * 0.95 * 100, 12'000 * 60s);
}

}  // namespace
}  // namespace candled::test
