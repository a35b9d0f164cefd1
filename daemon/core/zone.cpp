#include "core/zone.hpp"

#include <date/tz.h>

#include <exception>

namespace candled {

std::optional<Zone> Zone::find(std::string_view name) {
  try {
    return Zone{date::locate_zone(name)};
  } catch (std::exception const&) {  // the date library throws for an unknown name
    return std::nullopt;
  }
}

Zone Zone::utc() {
  return Zone{date::locate_zone("Etc/UTC")};
}

Zone Zone::new_york() {
  return Zone{date::locate_zone("America/New_York")};
}

std::string Zone::name() const {
  return zone_->name();
}

Date Zone::date_at(UtcTime time) const {
  auto const local = zone_->to_local(time).time_since_epoch();
  return Date{std::chrono::sys_days{std::chrono::floor<std::chrono::days>(local)}};
}

Milliseconds Zone::wall_clock_at(UtcTime time) const {
  auto const local = std::chrono::duration_cast<Milliseconds>(zone_->to_local(time).time_since_epoch());
  return local - std::chrono::floor<std::chrono::days>(local);
}

UtcTime Zone::at(Date date, Milliseconds wall_clock) const {
  date::local_time<Milliseconds> const local{std::chrono::sys_days{date}.time_since_epoch() + wall_clock};
  return std::chrono::time_point_cast<Milliseconds>(zone_->to_sys(local, date::choose::earliest));
}

Date next_day(Date date) {
  return Date{std::chrono::sys_days{date} + std::chrono::days{1}};
}

}  // namespace candled
