// What the daemon does, in one line for `systemctl status`. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/progress_words.hpp"

namespace candled {

struct ParkedProvider {
  std::string name;
  Parked parked;
};

struct ServiceState {
  UtcTime now;
  std::size_t jobs = 0;
  std::vector<std::shared_ptr<Progress>> progress;
  std::size_t providers = 0;
  std::vector<ParkedProvider> parked;
  std::optional<std::string> database_away;  // why
  std::string config_problems;               // of a reload that changed nothing; empty: none
};

// "3 jobs: live up to date; backfill 1,200 of 5,000 windows; request 7 running",
// "parked until 01:00:00Z: the quota is used up", "waiting for the database: …"
std::string status_line(ServiceState const& state);

}  // namespace candled
