// When a market trades: the times at which a bar can exist at all.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "core/timeframe.hpp"
#include "core/zone.hpp"

namespace candled {

enum class CalendarKind { xnys, always };

// As configured and stored: XNYS, 24x7.
std::string_view to_string(CalendarKind kind);
std::optional<CalendarKind> parse_calendar(std::string_view text);

// One trading day.
struct Session {
  Date date{};
  TimeRange regular;         // from the opening bell to the closing one
  TimeRange hours;           // pre- and after-market included: minute bars exist in these
  bool early_close = false;  // the closing bell rings before its usual time

  friend bool operator==(Session const&, Session const&) = default;
};

// What the operator knows and the rules do not: it replaces what they say about a day, Monday to Friday.
struct CalendarOverride {
  Date date{};
  // Since midnight in the calendar's zone, after 09:30 and until 16:00: the day trades until then, and 16:00
  // is a whole day, though the rules may call it a holiday. nullopt: no trading at all.
  std::optional<Milliseconds> closes_at;
  std::string reason;

  friend bool operator==(CalendarOverride const&, CalendarOverride const&) = default;
};

// XNYS: the New York Stock Exchange, which every US stock exchange follows. Regular hours are 09:30 to 16:00
// New York, 04:00 to 20:00 with the pre- and the after-market: the hours for which the provider has minute
// bars (contract 1.3). The after-market ends four hours after an early close too: at 17:00 when that is at
// 13:00. Holidays and early closes are known from 1990 to 2099 (core/nyse_days.hpp says from where); outside
// of these years every Monday to Friday is taken for a whole day. 24x7: every day, midnight to midnight UTC,
// all of it regular. Overrides do not apply to it.
//
// A day that is wrongly called closed loses no bar: closed time is asked for too, so that its bars come with
// those of the next session, late. One that is wrongly called open costs a request, whose empty answer covers
// it.
//
// A value, cheap to copy: copies share what never changes.
class Calendar {
 public:
  explicit Calendar(CalendarKind kind, std::vector<CalendarOverride> const& overrides = {});

  CalendarKind kind() const { return kind_; }
  Zone zone() const { return zone_; }

  // The sessions whose hours overlap `range`, oldest first.
  std::vector<Session> sessions(TimeRange range) const;
  // The last session whose hours have begun by `time`. Always one: no market stays closed for ever.
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
  struct Days;
  static std::shared_ptr<Days const> days_by_rule(CalendarKind kind);
  static std::shared_ptr<Days const> days_with(CalendarKind kind,
                                               std::vector<CalendarOverride> const& overrides);

  bool trades_on(Date date) const;
  Session session_on(Date date) const;

  CalendarKind kind_;
  Zone zone_;
  std::shared_ptr<Days const> days_;
};

}  // namespace candled
