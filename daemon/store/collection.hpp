// What a configuration collects, as the database is told of it.
#pragma once

#include <string>
#include <vector>

#include "core/timeframe.hpp"

namespace candled {

struct CollectedProvider {
  std::string name;
  std::string kind;
  std::string host;                   // of its address, with its port if it has one
  std::vector<std::string> formerly;  // names that it had before
};

struct CollectedJob {
  std::string provider;
  Timeframe timeframe{};
  std::vector<std::string> tickers;
  std::string calendar;
  std::vector<Timeframe> rollups;
};

// All providers and all jobs, in the order of the configuration, whatever part of it a command works on: a
// series that is not in here is not wanted any more. Of two jobs that collect the same ticker and timeframe
// the first one's is what readers see.
struct Collection {
  std::vector<CollectedProvider> providers;
  std::vector<CollectedJob> jobs;
};

}  // namespace candled
