// How long the rest takes.
#pragma once

#include <cstdint>
#include <string>

#include "core/limits.hpp"
#include "core/time.hpp"

namespace candled {

struct WorkDone {
  std::int64_t windows = 0;
  std::int64_t windows_done = 0;
  std::int64_t pages_planned = 0;  // what all windows take at the most
  std::int64_t pages_done = 0;     // of these, those of the windows that are done
  std::int64_t requests = 0;       // that it really took, retries included
  std::int64_t retries = 0;
  Milliseconds elapsed{0};
};

// What the provider's budget allows this work from now on.
struct BudgetAhead {
  RateLimit limit{};
  Milliseconds parked_for{0};  // nothing goes before
  double share = 1.0;          // of the budget, while other lanes want theirs: above 0
};

struct Eta {
  Milliseconds at_least{0};
  Milliseconds at_most{0};
  friend bool operator==(Eta, Eta) = default;
};

// What is left at the pace so far, and not sooner than the budget allows. A window takes one request at
// least, and at the most as many as were planned, and some are retried; between these it is as with the
// windows that are done, the surer the more there are. At the least it gets all of the budget, at the most
// `share`.
Eta eta(WorkDone const& done, BudgetAhead const& budget);

// For people: "59 s", "3 to 5 min".
std::string in_words(Eta const& eta);

}  // namespace candled
