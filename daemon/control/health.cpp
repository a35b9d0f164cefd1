#include "control/health.hpp"

#include <algorithm>
#include <array>

namespace candled {

using namespace std::chrono_literals;

namespace {

// One may be a connection that was cut, or one bad answer: the next try says more.
constexpr int failures_that_count = 2;
// A tick is a second: the watchdog has patience for 60 of them.
constexpr Milliseconds loop_late_max = 1s;
constexpr Milliseconds clocks_differ_max = 30s;
constexpr Milliseconds jump_shown_for = 5min;
constexpr Milliseconds ready_without_database_for = 30s;

ComponentHealth database_of(HealthSignals const& signals) {
  if (signals.database_away_in_a_row >= failures_that_count)
    return {.name = "database",
            .state = HealthState::down,
            .reason = "database_away",
            .next_try = signals.database_next_try};
  if (signals.work_waits_for_database)
    return {.name = "database",
            .state = HealthState::degraded,
            .reason = "database_unsteady",
            .next_try = signals.database_next_try};
  return {.name = "database"};
}

ComponentHealth provider_of(ProviderSignals const& signals) {
  auto const is = [&](HealthState state, char const* reason, std::optional<UtcTime> next_try = {}) {
    return ComponentHealth{
        .name = "provider:" + signals.name, .state = state, .reason = reason, .next_try = next_try};
  };
  if (signals.key_refused) return is(HealthState::down, "key_refused");
  if (signals.hold == Hold::breaker_open) return is(HealthState::down, "breaker_open", signals.hold_until);
  if (signals.hold == Hold::rate_limited)
    return is(HealthState::degraded, "rate_limited", signals.hold_until);
  if (signals.failures_in_a_row >= failures_that_count) return is(HealthState::degraded, "failing");
  if (signals.batch_failed) return is(HealthState::degraded, "windows_given_up");
  return is(HealthState::ok, "ok");
}

ComponentHealth scheduler_of(HealthSignals const& signals) {
  if (signals.phase == Phase::starting)
    return {.name = "scheduler", .state = HealthState::degraded, .reason = "starting"};
  if (signals.phase == Phase::draining)
    return {.name = "scheduler", .state = HealthState::down, .reason = "draining"};
  if (signals.loop_late > loop_late_max)
    return {.name = "scheduler", .state = HealthState::degraded, .reason = "loop_slow"};
  return {.name = "scheduler"};
}

// A budget that is used up is what a budget is for: that is no trouble, but it says why nothing moves.
ComponentHealth budget_of(HealthSignals const& signals) {
  if (signals.database_away_in_a_row >= failures_that_count)
    return {.name = "budget",
            .state = HealthState::down,
            .reason = "budget_not_on_record",
            .next_try = signals.database_next_try};
  for (auto const& provider : signals.providers)
    if (provider.hold == Hold::budget_used_up)
      return {.name = "budget", .reason = "budget_used_up", .next_try = provider.hold_until};
  return {.name = "budget"};
}

ComponentHealth timings_of(HealthSignals const& signals) {
  if (!signals.timings_configured) return {.name = "timings", .reason = "not_configured"};
  if (signals.timings_lost)
    return {.name = "timings", .state = HealthState::degraded, .reason = "timings_not_written"};
  return {.name = "timings"};
}

ComponentHealth clock_of(HealthSignals const& signals, UtcTime now) {
  auto const is = [](char const* reason) {
    return ComponentHealth{.name = "clock", .state = HealthState::degraded, .reason = reason};
  };
  if (signals.drill_clock) return is("drill_clock");
  if (signals.clock_jumped_at && now - *signals.clock_jumped_at < jump_shown_for) return is("clock_jumped");
  for (auto const& provider : signals.providers)
    if (provider.clock_ahead && std::chrono::abs(*provider.clock_ahead) > clocks_differ_max)
      return is("clocks_differ");
  return {.name = "clock"};
}

ComponentHealth configuration_of(HealthSignals const& signals) {
  if (signals.reload_failed)
    return {.name = "configuration", .state = HealthState::degraded, .reason = "reload_failed"};
  if (signals.restart_needed)
    return {.name = "configuration", .state = HealthState::degraded, .reason = "restart_needed"};
  return {.name = "configuration"};
}

}  // namespace

std::string_view to_string(HealthState state) {
  constexpr std::array<std::string_view, 3> names{"ok", "degraded", "down"};
  return names.at(static_cast<std::size_t>(state));
}

std::vector<ReasonWords> const& all_reasons() {
  static std::vector<ReasonWords> const all{
      {"ok", "nothing is wrong", "nothing"},
      {"database_away", "the database does not answer; fetching pauses, and goes on by itself",
       "start the database; the log has its reason"},
      {"database_unsteady", "the database answers, but loads wait for it: too many connections, a restart",
       "look at the database's log when it lasts"},
      {"key_refused", "the provider refuses the key (401)", "mend the key, then restart"},
      {"breaker_open", "the provider failed several times in a row: it is left in peace for a while",
       "nothing; when it lasts, look at the provider's status page"},
      {"rate_limited", "the provider said 429: nothing goes until it may", "see Too many requests"},
      {"failing", "the last requests failed (5xx, or no answer); they are tried again",
       "nothing; when it lasts, look at the network and at the provider's status page"},
      {"windows_given_up", "the last batch could not fetch all: the rest is gaps now",
       "`candled gaps` says why, and when they are tried again"},
      {"starting", "the start is not on record in the database yet", "wait; is the database there?"},
      {"draining", "it was told to stop, and lets running commits finish", "nothing"},
      {"loop_slow", "the daemon is late for its own ticks by more than a second",
       "is the machine overloaded, or out of memory?"},
      {"budget_not_on_record", "without its database no request goes: none could be put on record",
       "as database_away"},
      {"budget_used_up", "all requests that the plan allows now are used", "nothing: it goes on by itself"},
      {"not_configured", "the configuration has none", "nothing"},
      {"timings_not_written", "the last row of timings.csv was lost; ingestion goes on",
       "space or permissions of its folder"},
      {"clock_jumped", "this machine's clock was set within the last five minutes",
       "nothing if it was meant; else NTP"},
      {"clocks_differ", "this machine's clock and the provider's differ by more than 30 s",
       "set the clock (NTP)"},
      {"drill_clock", "CANDLED_DRILL_CLOCK is set: time is a drill's", "unset it outside of drills"},
      {"reload_failed", "the changed configuration has mistakes; the old one is in use",
       "the log has file:line:column; mend it, reload again"},
      {"restart_needed", "a changed key of the configuration takes effect only at the next start",
       "restart when it suits; the log names the keys"}};
  return all;
}

ReasonWords const& words_of(std::string_view reason) {
  auto const found = std::ranges::find(all_reasons(), reason, &ReasonWords::reason);
  return found == all_reasons().end() ? all_reasons().front() : *found;
}

std::vector<ComponentHealth> judge(HealthSignals const& signals, UtcTime now) {
  std::vector<ComponentHealth> components{database_of(signals)};
  for (auto const& provider : signals.providers) components.push_back(provider_of(provider));
  components.push_back(scheduler_of(signals));
  components.push_back(budget_of(signals));
  components.push_back(timings_of(signals));
  components.push_back(clock_of(signals, now));
  components.push_back(configuration_of(signals));
  return components;
}

HealthState overall(std::vector<ComponentHealth> const& components) {
  bool all_ok = true;
  bool database_down = false;
  std::size_t providers = 0;
  std::size_t providers_down = 0;
  for (auto const& one : components) {
    bool const down = one.state == HealthState::down;
    all_ok &= one.state == HealthState::ok;
    database_down |= down && one.name == "database";
    if (!one.name.starts_with("provider:")) continue;
    ++providers;
    providers_down += down ? 1U : 0U;
  }
  if (all_ok) return HealthState::ok;
  bool const nothing_comes = providers > 0 && providers_down == providers;
  return database_down || nothing_comes ? HealthState::down : HealthState::degraded;
}

void HealthRecord::see(std::vector<ComponentHealth> const& components, UtcTime now) {
  std::vector<Entry> entries;
  for (auto const& health : components) {
    auto const old =
        std::ranges::find(entries_, health.name, [](Entry const& entry) { return entry.health.name; });
    Entry entry{.health = health, .since = now, .last_ok = std::nullopt};
    if (old != entries_.end()) {
      entry.last_ok = old->last_ok;
      if (old->health.state == health.state && old->health.reason == health.reason) entry.since = old->since;
    }
    if (health.state == HealthState::ok) entry.last_ok = now;
    entries.push_back(std::move(entry));
  }
  auto const state = overall(components);
  if (entries_.empty() || state != state_) since_ = now;
  state_ = state;
  entries_ = std::move(entries);
}

std::optional<std::string> not_ready(HealthSignals const& signals, HealthRecord const& record, UtcTime now) {
  if (signals.phase == Phase::starting) return "starting";
  if (signals.phase == Phase::draining) return "draining";
  for (auto const& [health, since, last_ok] : record.entries())
    if (health.name == "database" && health.state == HealthState::down &&
        now - since >= ready_without_database_for)
      return "database_away";
  return std::nullopt;
}

}  // namespace candled
