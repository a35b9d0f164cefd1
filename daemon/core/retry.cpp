#include "core/retry.hpp"

#include <algorithm>

namespace candled {

namespace {

constexpr int malformed_tries_max = 3;
constexpr Milliseconds retry_after_max = std::chrono::hours{1};

// multiplier * 2^attempt, without overflow: 2^30 of any multiplier is far beyond every maximum.
Milliseconds exponential(RetryPolicy const& policy, int attempt) {
  auto const doubled = policy.multiplier * (std::int64_t{1} << std::min(attempt, 30));
  return std::clamp(doubled, policy.min, policy.max);
}

}  // namespace

bool worth_retrying(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::transport:
    case ErrorKind::rate_limited:
    case ErrorKind::remote_failed:
    case ErrorKind::malformed:
    case ErrorKind::db_unavailable:
    case ErrorKind::db_in_doubt: return true;
    default: return false;
  }
}

bool may_try_again(RetryPolicy const& policy, ErrorKind kind, Tries tries) {
  return worth_retrying(kind) && tries.all < policy.attempts && tries.malformed < malformed_tries_max;
}

Milliseconds delay_before_retry(RetryPolicy const& policy, Error const& error, int attempt, double jitter) {
  auto delay = exponential(policy, attempt);
  if (policy.jitter == Jitter::full) {
    auto const spread = static_cast<double>((delay - policy.min).count()) * jitter;
    delay = policy.min + Milliseconds{static_cast<std::int64_t>(spread)};
  }
  auto const floor = std::min(error.retry_after.value_or(Milliseconds{0}), retry_after_max);
  return std::max(delay, floor);
}

}  // namespace candled
