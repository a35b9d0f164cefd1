#include "pipeline/plan_limits.hpp"

#include <fmt/format.h>

namespace candled {

namespace {

// A bar is published some seconds after its end.
constexpr Milliseconds after_close = std::chrono::seconds{15};

}  // namespace

Learned::Limits& PlanLimits::of(Learned& learned, Window const& window) const {
  return learned.limits[{job_.timeframe, kind_of(window.ticker)}];
}

UtcTime PlanLimits::today() const {
  auto const zone = job_.calendar.zone();
  return zone.at(zone.date_at(ports_.clock.now()), Milliseconds{0});
}

std::optional<UtcTime> PlanLimits::next(Window const& window) {
  Horizons::Grid const grid{.timeframe = job_.timeframe, .zone = job_.calendar.zone()};
  return of(read_, window).horizons.next(window.series, window.range, grid, now());
}

bool PlanLimits::lacks(Window const& refused) {
  return refused.range.to > today() && !of(read_, refused).horizons.has_answers(refused.series);
}

// After the session's end, or else once the day is over (provider contract, 3.2).
std::optional<UtcTime> PlanLimits::no_today_until(Window const& window) {
  auto const& limits = of(read_, window);
  auto const refused_at = limits.today.refused_at(window.series, today(), limits.horizons);
  if (!refused_at || window.range.to <= today()) return std::nullopt;
  auto const session = job_.calendar.session_at_or_before(*refused_at);
  auto const zone = job_.calendar.zone();
  auto const until = *refused_at < session.hours.to
                         ? session.hours.to + after_close
                         : zone.at(next_day(zone.date_at(*refused_at)), Milliseconds{0});
  return ports_.clock.now() < until ? std::optional{until} : std::nullopt;
}

void PlanLimits::answered(Window const& asked) {
  learn([&](Learned& learned) {
    auto& limits = of(learned, asked);
    limits.horizons.answered(asked.series, asked.range.from, now());
    if (asked.range.to > today()) limits.today.answered(asked.series, today());
  });
  if (&read_ != &shared_) shared_.key_refused.reset();
}

void PlanLimits::refused_as_too_old(Window const& asked) {
  learn(
      [&](Learned& learned) { of(learned, asked).horizons.refused(asked.series, asked.range.from, now()); });
}

void PlanLimits::refused_today(Window const& asked) {
  learn(
      [&](Learned& learned) { of(learned, asked).today.refused(asked.series, ports_.clock.now(), today()); });
}

Error PlanLimits::refused_key(Error error) {
  if (read_.key_refused) return *read_.key_refused;
  // A provider does not know what the configuration calls it.
  error.what += fmt::format(" (providers.{}.api_key)", job_.source->name);
  learn([&](Learned& learned) { learned.key_refused = error; });
  return error;
}

}  // namespace candled
