// How well each part of the daemon is. Pure: what is seen goes in as values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace candled {

enum class HealthState { ok, degraded, down };
std::string_view to_string(HealthState state);

// Codes, not sentences of libraries: who may look need not be who may know.
struct ComponentHealth {
  std::string name;  // database, provider:NAME, scheduler, budget, timings, clock, configuration
  HealthState state = HealthState::ok;
  std::string reason = "ok";
  std::optional<UtcTime> next_try = std::nullopt;  // when it may be better

  friend bool operator==(ComponentHealth const&, ComponentHealth const&) = default;
};

// What a reason means, and what to do about it. docs/control.md has the same table.
struct ReasonWords {
  std::string_view reason;
  std::string_view means;
  std::string_view todo;
};
std::vector<ReasonWords> const& all_reasons();
ReasonWords const& words_of(std::string_view reason);

enum class Phase { starting, running, draining };
enum class Hold { none, rate_limited, breaker_open, budget_used_up };

// What a look at the daemon finds.
struct ProviderSignals {
  std::string name;
  bool key_refused = false;
  int failures_in_a_row = 0;  // 5xx, or no answer
  bool batch_failed = false;  // windows of a job's last batch were given up
  Hold hold = Hold::none;
  std::optional<UtcTime> hold_until = std::nullopt;
  std::optional<Milliseconds> clock_ahead = std::nullopt;  // ours, of the provider's
};

struct HealthSignals {
  Phase phase = Phase::running;
  Milliseconds loop_late{0};       // by how much the loop missed its last tick
  int database_away_in_a_row = 0;  // calls
  bool work_waits_for_database = false;
  std::optional<UtcTime> database_next_try = std::nullopt;
  std::vector<ProviderSignals> providers;
  bool timings_configured = true;
  bool timings_lost = false;                              // the last row
  std::optional<UtcTime> clock_jumped_at = std::nullopt;  // the wall clock, against the steady one
  bool drill_clock = false;
  bool reload_failed = false;
  bool restart_needed = false;
};

// One for each component, in the order in which they are shown.
std::vector<ComponentHealth> judge(HealthSignals const& signals, UtcTime now);

// down: the database, or all providers; degraded: anything else that is not ok.
HealthState overall(std::vector<ComponentHealth> const& components);

// Remembers since when it is so.
class HealthRecord {
 public:
  struct Entry {
    ComponentHealth health;
    UtcTime since;                   // it has this state and reason
    std::optional<UtcTime> last_ok;  // nullopt: never
  };

  // To be called every second or so, or `since` is when somebody first looked.
  void see(std::vector<ComponentHealth> const& components, UtcTime now);

  // As last seen.
  std::vector<Entry> const& entries() const { return entries_; }
  HealthState state() const { return state_; }
  UtcTime since() const { return since_; }

 private:
  std::vector<Entry> entries_;
  HealthState state_ = HealthState::ok;
  UtcTime since_{};
};

// nullopt: work can go on. Otherwise the reason: starting, draining, database_away (for half a minute).
std::optional<std::string> not_ready(HealthSignals const& signals, HealthRecord const& record, UtcTime now);

}  // namespace candled
