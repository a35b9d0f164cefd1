#include "core/horizon.hpp"

#include <algorithm>

namespace candled {

namespace {

UtcTime start_of_day(Zone zone, UtcTime time) {
  return zone.at(zone.date_at(time), Milliseconds{0});
}

UtcTime start_of_next_day(Zone zone, UtcTime time) {
  return zone.at(next_day(zone.date_at(time)), Milliseconds{0});
}

}  // namespace

void Horizon::refused(UtcTime from) {
  refused_ = std::max(refused_.value_or(from), from);
  if (answered_ && *answered_ <= *refused_) answered_.reset();
}

void Horizon::answered(UtcTime from) {
  if (refused_ && from <= *refused_) refused_.reset();  // the plan reaches further now
  answered_ = std::min(answered_.value_or(from), from);
}

std::optional<UtcTime> Horizon::next(TimeRange range, Zone zone) const {
  if (!refused_ || range.from > *refused_) return range.from;
  auto const earliest = start_of_next_day(zone, *refused_);
  auto const known = std::min(answered_.value_or(range.to), range.to);
  if (earliest >= known) return answered_ && *answered_ < range.to ? answered_ : std::nullopt;
  auto const middle = start_of_day(zone, *refused_ + (known - *refused_) / 2);
  return std::max(earliest, middle);
}

}  // namespace candled
