#include "core/schedule.hpp"

#include <algorithm>
#include <cstdint>

namespace candled {

namespace {

UtcTime next_after(EverySchedule const& schedule, UtcTime now) {
  auto const since_delay = now.time_since_epoch() - schedule.delay;
  auto const ticks = std::chrono::floor<Milliseconds>(since_delay) / schedule.every;
  return UtcTime{(ticks + 1) * schedule.every + schedule.delay};
}

UtcTime next_after(DailySchedule const& schedule, UtcTime now) {
  auto date = schedule.zone.date_at(now);
  while (schedule.zone.at(date, schedule.time) <= now) date = next_day(date);
  return schedule.zone.at(date, schedule.time);
}

Milliseconds spread_of(Schedule const& schedule, std::string_view name) {
  constexpr Milliseconds most = std::chrono::minutes{1};
  auto const* const every = std::get_if<EverySchedule>(&schedule);
  auto const within = every != nullptr ? std::min(every->every / 100, most) : most;
  std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a: std::hash may differ between builds
  for (char const c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  return Milliseconds{static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(within.count() + 1))};
}

}  // namespace

UtcTime next_run(Schedule const& schedule, UtcTime now) {
  return std::visit([now](auto const& kind) { return next_after(kind, now); }, schedule);
}

// Now may be between the schedule's time and the job's own.
UtcTime next_run_of(std::string_view job, Schedule const& schedule, UtcTime now) {
  auto const later = spread_of(schedule, job);
  return next_run(schedule, now - later) + later;
}

Milliseconds delay_of(Schedule const& schedule) {
  auto const* const every = std::get_if<EverySchedule>(&schedule);
  return every != nullptr ? every->delay : Milliseconds{0};
}

}  // namespace candled
