#include "core/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1h};
constexpr BreakerPolicy policy{.failures = 3, .open_for = 60s};

CircuitBreaker opened() {
  CircuitBreaker breaker{policy};
  for (int i = 0; i < 3; ++i) breaker.failed(start, breaker.era(), ErrorKind::transport);
  return breaker;
}

TEST(CircuitBreaker, opens_after_the_configured_failures_in_a_row) {
  CircuitBreaker breaker{policy};
  breaker.failed(start, breaker.era(), ErrorKind::transport);
  breaker.failed(start, breaker.era(), ErrorKind::remote_failed);
  EXPECT_TRUE(breaker.may_call(start));

  breaker.failed(start, breaker.era(), ErrorKind::transport);

  EXPECT_FALSE(breaker.may_call(start + 59s));
  EXPECT_EQ(breaker.callable_at(start), start + 60s);
}

TEST(CircuitBreaker, a_success_in_between_starts_the_count_again) {
  CircuitBreaker breaker{policy};
  breaker.failed(start, breaker.era(), ErrorKind::transport);
  breaker.failed(start, breaker.era(), ErrorKind::transport);
  breaker.succeeded(breaker.era());
  breaker.failed(start, breaker.era(), ErrorKind::transport);
  breaker.failed(start, breaker.era(), ErrorKind::transport);

  EXPECT_TRUE(breaker.may_call(start));
}

TEST(CircuitBreaker, too_many_requests_and_refusals_are_not_its_business) {
  CircuitBreaker breaker{policy};
  for (int i = 0; i < 100; ++i) breaker.failed(start, breaker.era(), ErrorKind::rate_limited);
  for (int i = 0; i < 100; ++i) breaker.failed(start, breaker.era(), ErrorKind::remote_refused);
  for (int i = 0; i < 100; ++i) breaker.failed(start, breaker.era(), ErrorKind::malformed);

  EXPECT_TRUE(breaker.may_call(start));
}

TEST(CircuitBreaker, lets_one_probe_through_when_half_open) {
  auto breaker = opened();

  EXPECT_TRUE(breaker.may_call(start + 60s));
  EXPECT_FALSE(breaker.may_call(start + 60s));
  EXPECT_EQ(breaker.callable_at(start + 60s), std::nullopt);
}

TEST(CircuitBreaker, closes_after_one_good_probe) {
  auto breaker = opened();
  ASSERT_TRUE(breaker.may_call(start + 60s));

  breaker.succeeded(breaker.era());

  EXPECT_EQ(breaker.state(start + 60s), CircuitBreaker::State::closed);
  EXPECT_TRUE(breaker.may_call(start + 60s));
  EXPECT_TRUE(breaker.may_call(start + 60s));
}

TEST(CircuitBreaker, opens_again_after_one_bad_probe) {
  auto breaker = opened();
  ASSERT_TRUE(breaker.may_call(start + 60s));

  breaker.failed(start + 61s, breaker.era(), ErrorKind::transport);

  EXPECT_FALSE(breaker.may_call(start + 120s));
  EXPECT_TRUE(breaker.may_call(start + 121s));
}

TEST(CircuitBreaker, a_probe_that_is_answered_with_429_closes_it) {
  auto breaker = opened();
  ASSERT_TRUE(breaker.may_call(start + 60s));

  breaker.failed(start + 61s, breaker.era(), ErrorKind::rate_limited);

  EXPECT_EQ(breaker.state(start + 61s), CircuitBreaker::State::closed);
}

TEST(CircuitBreaker, a_late_answer_of_an_older_request_neither_closes_nor_reopens_it) {
  CircuitBreaker breaker{policy};
  auto const older = breaker.era();
  for (int i = 0; i < 3; ++i) breaker.failed(start, older, ErrorKind::transport);

  breaker.failed(start + 1s, older, ErrorKind::transport);  // was in flight when it opened
  EXPECT_EQ(breaker.callable_at(start + 1s), start + 60s);
  breaker.succeeded(older);
  EXPECT_EQ(breaker.state(start + 2s), CircuitBreaker::State::open);

  ASSERT_TRUE(breaker.may_call(start + 60s));
  breaker.failed(start + 61s, older, ErrorKind::transport);
  breaker.succeeded(older);
  EXPECT_EQ(breaker.state(start + 61s), CircuitBreaker::State::half_open);
  EXPECT_FALSE(breaker.may_call(start + 61s));  // the probe is still out

  breaker.succeeded(breaker.era());
  EXPECT_EQ(breaker.state(start + 62s), CircuitBreaker::State::closed);
}

}  // namespace
}  // namespace candled
