// When a market trades: the times at which a bar can exist at all.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "core/timeframe.hpp"
#include "core/zone.hpp"

namespace candled {

enum class CalendarKind { xnys, always };  // XNYS, 24x7

// One trading day.
struct Session {
  Date date{};
  TimeRange hours;  // pre- and after-market included

  friend bool operator==(Session const&, Session const&) = default;
};

// XNYS: Monday to Friday, 04:00 to 20:00 New York, the hours for which the provider has minute bars
// (contract 1.3). Its holidays are not known here: the provider answers them with an empty page, and they are
// covered by that. 24x7: every day, midnight to midnight UTC.
class Calendar {
 public:
  explicit Calendar(CalendarKind kind);

  // XNYS or 24x7.
  std::string_view name() const;
  Zone zone() const { return zone_; }

  // The sessions whose hours overlap `range`, oldest first.
  std::vector<Session> sessions(TimeRange range) const;
  // The last session whose hours have begun by `time`. Always one: markets open every week.
  Session session_at_or_before(UtcTime time) const;

  // Whether a bar of this timeframe can exist in `range`. A daily bar and longer ones exist when a session
  // overlaps.
  bool trades_in(TimeRange range) const;

  // The end of the last bar that had closed by `time`: what may be asked for and stored as final. Intraday
  // bars close at their end, those of the last session at its close; a daily bar when its session's hours end
  // (after-market trades count in its volume, contract 5, row 8), longer ones with their last day.
  UtcTime closed_until(Timeframe timeframe, UtcTime time) const;

  // Bars of a timeframe that the days which `range` touches can hold.
  std::int64_t bars_in_at_most(Timeframe timeframe, TimeRange range) const;

 private:
  bool trades_on(Date date) const;
  Session session_on(Date date) const;

  CalendarKind kind_;
  Zone zone_;
};

}  // namespace candled
