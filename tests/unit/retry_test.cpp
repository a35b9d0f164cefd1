#include "core/retry.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

Error failure(ErrorKind kind, std::optional<Milliseconds> retry_after = std::nullopt) {
  return {.kind = kind, .what = "made up", .retry_after = retry_after};
}

TEST(DelayBeforeRetry, doubles_from_the_multiplier_to_five_minutes) {
  RetryPolicy const policy{.multiplier = 1s, .min = 1s, .max = 300s, .jitter = Jitter::none};
  constexpr std::chrono::seconds expected[] = {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s};

  for (int attempt = 0; attempt < 11; ++attempt)
    EXPECT_EQ(delay_before_retry(policy, failure(ErrorKind::transport), attempt, 0.5), expected[attempt]);
  EXPECT_EQ(delay_before_retry(policy, failure(ErrorKind::transport), 1'000'000, 0.5), 300s);
}

TEST(DelayBeforeRetry, full_jitter_spreads_from_the_minimum_to_the_whole_delay) {
  RetryPolicy const policy{.multiplier = 1s, .min = 1s, .max = 300s, .jitter = Jitter::full};
  auto const error = failure(ErrorKind::remote_failed);

  EXPECT_EQ(delay_before_retry(policy, error, 3, 0.0), 1s);
  EXPECT_EQ(delay_before_retry(policy, error, 3, 0.5), 4500ms);
  EXPECT_LE(delay_before_retry(policy, error, 3, 0.999999), 8s);
}

TEST(DelayBeforeRetry, the_time_that_the_provider_named_is_a_floor) {
  RetryPolicy const policy{.multiplier = 1s, .min = 1s, .max = 300s, .jitter = Jitter::none};

  EXPECT_EQ(delay_before_retry(policy, failure(ErrorKind::rate_limited, 20s), 0, 0.0), 20s);
  EXPECT_EQ(delay_before_retry(policy, failure(ErrorKind::rate_limited, 2s), 4, 0.0), 16s);
  EXPECT_EQ(delay_before_retry(policy, failure(ErrorKind::rate_limited, 240h), 0, 0.0), 1h);
}

TEST(MayTryAgain, only_what_may_go_away_by_itself) {
  RetryPolicy const policy{.attempts = 10};

  for (auto const kind : {ErrorKind::transport, ErrorKind::rate_limited, ErrorKind::remote_failed,
                          ErrorKind::db_unavailable, ErrorKind::db_in_doubt})
    EXPECT_TRUE(may_try_again(policy, kind, {.all = 1})) << to_string(kind);
  for (auto const kind : {ErrorKind::remote_refused, ErrorKind::key_refused, ErrorKind::db_refused,
                          ErrorKind::schema_mismatch, ErrorKind::stopped})
    EXPECT_FALSE(may_try_again(policy, kind, {.all = 1})) << to_string(kind);
}

TEST(MayTryAgain, no_more_often_than_configured) {
  RetryPolicy const policy{.attempts = 4};

  EXPECT_TRUE(may_try_again(policy, ErrorKind::transport, {.all = 3}));
  EXPECT_FALSE(may_try_again(policy, ErrorKind::transport, {.all = 4}));
}

TEST(MayTryAgain, a_broken_contract_is_asked_for_three_times_at_most) {
  RetryPolicy const policy{.attempts = 10};

  EXPECT_TRUE(may_try_again(policy, ErrorKind::malformed, {.all = 5, .malformed = 2}));
  EXPECT_FALSE(may_try_again(policy, ErrorKind::malformed, {.all = 5, .malformed = 3}));
}

}  // namespace
}  // namespace candled
