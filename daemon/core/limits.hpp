// What an operator allows: the plain values that the decisions of core take. Defaults are the documented
// ones.
#pragma once

#include <chrono>

namespace candled {

// At most `requests` in any sliding window of `per`, at most `burst` of them at once, then evenly spread.
struct RateLimit {
  int requests = 5;
  std::chrono::milliseconds per{60'000};
  int burst = 1;
  bool adaptive = false;  // less than that while the provider says 429 (AdaptiveLimit)

  friend bool operator==(RateLimit const&, RateLimit const&) = default;
};

enum class Jitter { none, full };

// The wait before attempt n+1 is multiplier * 2^n, kept within [min, max].
struct RetryPolicy {
  std::chrono::milliseconds multiplier{1'000};
  std::chrono::milliseconds min{1'000};
  std::chrono::milliseconds max{300'000};
  int attempts = 10;
  Jitter jitter = Jitter::full;

  friend bool operator==(RetryPolicy const&, RetryPolicy const&) = default;
};

// Opens after `failures` in a row, lets one probe through after `open_for`, and closes when it succeeds.
struct BreakerPolicy {
  int failures = 5;
  std::chrono::milliseconds open_for{60'000};

  friend bool operator==(BreakerPolicy const&, BreakerPolicy const&) = default;
};

}  // namespace candled
