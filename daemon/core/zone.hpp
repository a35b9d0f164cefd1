// A time zone of the IANA database, read from the system's tzdata.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace date {
class time_zone;  // NOLINT(readability-identifier-naming): the date library's name
}

namespace candled {

// A handle: copies are cheap, and the zone lives as long as the process.
class Zone {
 public:
  // nullopt: the system's tzdata has no such zone.
  static std::optional<Zone> find(std::string_view name);
  static Zone utc();
  static Zone new_york();

  std::string name() const;
  // The date on the wall in this zone at `time`.
  Date date_at(UtcTime time) const;
  // The time since midnight that the wall shows at `time`.
  Milliseconds wall_clock_at(UtcTime time) const;
  // The instant at which the wall shows `date` and `wall_clock` (less than 48 h: it may reach into the next
  // day). A time that a switch to summer time skips is moved to the switch; of two, the earlier is taken.
  UtcTime at(Date date, Milliseconds wall_clock) const;

  friend bool operator==(Zone, Zone) = default;

 private:
  explicit Zone(date::time_zone const* zone) : zone_(zone) {}
  date::time_zone const* zone_;
};

Date next_day(Date date);

}  // namespace candled
