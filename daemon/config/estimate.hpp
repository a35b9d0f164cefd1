// What a configuration will need, before anything has run: memory, and requests a day.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace candled {

// The largest memory that bars can take at one time: loads in flight x largest load, whatever the history's
// length.
struct MemoryBound {
  std::int64_t bytes = 0;
  std::string explanation;  // the product, in words, with its numbers
};
MemoryBound memory_bound(Config const& config);

// What the schedules of a provider's jobs ask of its rate limit.
struct RequestEstimate {
  std::string provider;
  // A day's scheduled runs, one request a symbol and run; XNYS jobs that run `every` so often count 16 hours
  // on 5 days of 7. Neither history that is still missing nor retries are in it.
  std::int64_t per_day = 0;
  std::int64_t allowed_per_day = 0;
  // The share of the limit that is asked for while all calendars are open. Above 1 the schedule cannot be
  // met: runs fall behind and are made up for by the next ones.
  double share_when_open = 0;
};
// One for each provider, in the order of the configuration.
std::vector<RequestEstimate> requests_per_day(Config const& config);

}  // namespace candled
