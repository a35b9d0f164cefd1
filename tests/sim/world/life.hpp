// One start of the daemon, from its first step to its end or its kill.
#pragma once

#include <memory>
#include <optional>

#include "core/error.hpp"
#include "sim/world/scenario.hpp"
#include "sim/world/world.hpp"

namespace candled::sim {

class ProviderServer;
class StoreServer;
class LedgerServer;
class DayFiles;

// All that is there whether or not the daemon runs.
struct Outside {
  World& world;
  Scenario const& scenario;
  ProviderServer& provider;
  StoreServer& store;
  LedgerServer& ledger;
  DayFiles const& day_files;
};

// What `candled run` puts together, on the model's seams. Whoever is killed leaves nothing behind but what
// the provider and the database know: the destructor destroys every coroutine where it stands.
class Life {
 public:
  // `booted`: what the host's monotonic clock counts from.
  Life(Outside const& outside, int number, Nanos booted);
  Life(Life const&) = delete;
  Life& operator=(Life const&) = delete;
  ~Life();

  // Runs one handler. False: there is none, all wait.
  bool step();
  // Runs all that there are; kept apart, for it is much quicker than one by one.
  void run_until_all_wait();
  // Until somebody sleeps no longer. nullopt: nobody sleeps.
  std::optional<Nanos> first_sleep_ends_in() const;
  void wake_those_due();

  // SIGTERM.
  void stop();
  bool ended() const;
  // Why, other than by `stop`.
  std::optional<Error> const& ended_by() const;

 private:
  struct Process;
  std::unique_ptr<Process> process_;
};

}  // namespace candled::sim
