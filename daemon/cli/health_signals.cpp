#include "cli/health_signals.hpp"

#include <algorithm>

namespace candled {

namespace {

Hold hold_of(std::optional<Parked> const& parked) {
  if (!parked) return Hold::none;
  switch (parked->by) {
    case ParkedBy::rate_limited: return Hold::rate_limited;
    case ParkedBy::breaker: return Hold::breaker_open;
    case ParkedBy::budget: return Hold::budget_used_up;
  }
  return Hold::none;
}

// Of jobs that there are now: what a job that is gone has left behind is no trouble any more.
bool last_batch_failed(Engine const& engine, Reloader const& reloader, std::string const& provider) {
  return std::ranges::any_of(reloader.jobs(), [&](JobSetup const& setup) {
    auto const meter = engine.meters.jobs.find(setup.job->name);
    return setup.source->name == provider && meter != engine.meters.jobs.end() &&
           (meter->second.last_outcome == "partial" || meter->second.last_outcome == "failed");
  });
}

ProviderSignals signals_of(Engine const& engine, Reloader const& reloader, Source const& source) {
  auto const parked = source.pacer->parked();
  ProviderSignals signals{.name = source.name,
                          .key_refused = source.learned.key_refused.has_value(),
                          .batch_failed = last_batch_failed(engine, reloader, source.name),
                          .hold = hold_of(parked)};
  if (parked) signals.hold_until = parked->until;
  if (auto const meter = engine.meters.providers.find(source.name); meter != engine.meters.providers.end()) {
    signals.failures_in_a_row = meter->second.failures_in_a_row;
    signals.clock_ahead = meter->second.clock_ahead;
  }
  return signals;
}

}  // namespace

HealthSignals health_signals(Engine const& engine, Reloader const& reloader) {
  HealthSignals signals{.database_away_in_a_row = engine.meters.database.away_in_a_row,
                        .work_waits_for_database = engine.database->why_away().has_value(),
                        .providers = {},
                        .timings_configured = engine.timings->is_configured(),
                        .timings_lost = engine.timings->fails(),
                        .drill_clock = engine.drill_clock,
                        .reload_failed = !reloader.problems().empty(),
                        .restart_needed = reloader.restart_needed()};
  if (auto const next = engine.database->next_try())
    signals.database_next_try =
        engine.clock->now() +
        std::chrono::ceil<Milliseconds>(std::max(*next - engine.clock->ticks(), SteadyTime::duration{0}));
  for (auto const& source : engine.sources)
    signals.providers.push_back(signals_of(engine, reloader, *source));
  return signals;
}

}  // namespace candled
