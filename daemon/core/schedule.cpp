#include "core/schedule.hpp"

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

}  // namespace

UtcTime next_run(Schedule const& schedule, UtcTime now) {
  return std::visit([now](auto const& kind) { return next_after(kind, now); }, schedule);
}

Milliseconds delay_of(Schedule const& schedule) {
  auto const* const every = std::get_if<EverySchedule>(&schedule);
  return every != nullptr ? every->delay : Milliseconds{0};
}

}  // namespace candled
