// SIGHUP: the configuration file is read again, and what is different takes effect.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/engine.hpp"
#include "config/load_config.hpp"
#include "pipeline/supervisor.hpp"

namespace candled {

// What a newly loaded configuration changes. Pure.
struct Difference {
  std::vector<std::string> same_providers;  // with their retry and breaker: their sources go on
  std::vector<std::string> same_jobs;       // with their providers and calendars: they do not notice
  std::vector<std::string> needs_restart;   // keys whose new value is not taken now
};
Difference difference(Config const& in_use, Config const& loaded);

// The problems as text, one a line.
std::string to_text(std::vector<ConfigProblem> const& problems);

// A good file is applied: the jobs that it does not change go on, with their sources and requests in flight.
// A broken one changes nothing. Used on the loop; reading the file blocks it for milliseconds.
class Reloader {
 public:
  // `config` is in use, and was loaded from `path`. The engine must outlive it.
  Reloader(Engine& engine, Config config, std::string path);

  std::vector<JobSetup> const& jobs() const { return jobs_; }
  // From now on changes are applied to it, too. It must outlive the last reload.
  void serve(Supervisor& supervisor) { supervisor_ = &supervisor; }

  // What was done, in one line for people; the log has it, and the problems.
  std::string reload();

  // Why the last reload changed nothing; empty: it worked, or there was none.
  std::string const& problems() const { return problems_; }

  // Whether the file has something that only the next start takes.
  bool restart_needed() const { return restart_needed_; }
  // When the configuration in use was loaded by a reload. nullopt: with the start.
  std::optional<UtcTime> loaded_at() const { return loaded_at_; }

  // Until the clock stops: the ledger learns of every reload of this run, the database of what is collected
  // then, and a source that is out of use gives back what it holds of its budget.
  Task<void> follow_up(RunId run);

 private:
  std::string apply(Config loaded);
  Task<void> follow_collection();
  Task<void> close_retired();
  std::vector<JobSetup> setups(Config const& loaded, Difference const& changes);
  void take_sources(Config const& loaded, Difference const& changes);

  Engine& engine_;
  Config in_use_;
  std::string path_;
  std::vector<JobSetup> jobs_;
  Supervisor* supervisor_ = nullptr;
  std::string problems_;
  bool restart_needed_ = false;
  std::optional<UtcTime> loaded_at_;
  int reloads_ = 0;
  std::string not_followed_;  // why the database does not follow what is collected; empty: it does
};

}  // namespace candled
