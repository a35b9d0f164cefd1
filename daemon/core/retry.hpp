// Whether to try again, and after how long.
#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"

namespace candled {

// True for what may go away by itself. A refusal does not.
bool worth_retrying(ErrorKind kind);

// How often one page has been asked for in vain.
struct Tries {
  int all = 0;
  int malformed = 0;
};

// Whether to ask again after an error of this kind, `tries` counting it. An answer that breaks the contract
// is asked for three times at most: it may have been a passing fault (wrong data has been served for a while
// and then right data, provider contract 5, rows 7 and 17), but the same broken answer costs budget each
// time.
bool may_try_again(RetryPolicy const& policy, ErrorKind kind, Tries tries);

// The wait after failed attempt number `attempt` (from 0). `jitter` is uniform in [0, 1): with Jitter::full
// the wait is spread over [min, multiplier * 2^attempt], so that parallel fetchers do not come back together.
// A time that the provider named is a floor, an hour at most: beyond that it is taken for a mistake.
Milliseconds delay_before_retry(RetryPolicy const& policy, Error const& error, int attempt, double jitter);

}  // namespace candled
