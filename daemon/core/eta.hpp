// How long the rest takes.
#pragma once

#include <cstdint>

#include "core/limits.hpp"
#include "core/time.hpp"

namespace candled {

struct WorkDone {
  std::int64_t pages_planned;  // what all windows take at the most
  std::int64_t pages_done;     // of these, those of the windows that are done
  std::int64_t requests;       // that it really took
  Milliseconds elapsed;
};

// What is left at the pace so far, and not sooner than the budget allows. Windows often take fewer pages than
// they could (a sparse ticker) or more (retries), so what is left is scaled by what the done ones really
// took.
Milliseconds eta(WorkDone const& done, RateLimit limit);

}  // namespace candled
