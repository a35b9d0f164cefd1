#include "core/eta.hpp"

#include <algorithm>
#include <cmath>

namespace candled {

Milliseconds eta(WorkDone const& done, RateLimit limit) {
  auto const pages_left = std::max<std::int64_t>(0, done.pages_planned - done.pages_done);
  auto const requests_a_page =
      done.pages_done > 0 ? static_cast<double>(done.requests) / static_cast<double>(done.pages_done) : 1.0;
  auto const requests_left = std::ceil(static_cast<double>(pages_left) * requests_a_page);
  auto const by_budget = requests_left * static_cast<double>(limit.per.count()) / limit.requests;
  auto const by_pace = done.requests > 0 ? requests_left * static_cast<double>(done.elapsed.count()) /
                                               static_cast<double>(done.requests)
                                         : 0.0;
  return Milliseconds{static_cast<std::int64_t>(std::max(by_budget, by_pace))};
}

}  // namespace candled
