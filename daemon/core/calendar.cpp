#include "core/calendar.hpp"

#include <algorithm>

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr Milliseconds pre_market_opens = 4h;
constexpr Milliseconds after_market_closes = 20h;

// From `first` to `last`, both included. By arithmetic: plans ask this for each window of each symbol.
std::int64_t trading_days(CalendarKind kind, std::chrono::sys_days first, std::chrono::sys_days last) {
  auto const days = (last - first).count() + 1;
  if (kind == CalendarKind::always) return days;
  auto weekdays = days / 7 * 5;
  for (auto day = first + std::chrono::days{days / 7 * 7}; day <= last; day += std::chrono::days{1}) {
    std::chrono::weekday const weekday{day};
    if (weekday != std::chrono::Saturday && weekday != std::chrono::Sunday) ++weekdays;
  }
  return weekdays;
}

Date previous_day(Date date) {
  return Date{std::chrono::sys_days{date} - std::chrono::days{1}};
}

}  // namespace

Calendar::Calendar(CalendarKind kind)
    : kind_(kind), zone_(kind == CalendarKind::xnys ? Zone::new_york() : Zone::utc()) {}

std::string_view Calendar::name() const {
  return kind_ == CalendarKind::xnys ? "XNYS" : "24x7";
}

bool Calendar::trades_on(Date date) const {
  if (kind_ == CalendarKind::always) return true;
  std::chrono::weekday const weekday{std::chrono::sys_days{date}};
  return weekday != std::chrono::Saturday && weekday != std::chrono::Sunday;
}

Session Calendar::session_on(Date date) const {
  if (kind_ == CalendarKind::always)
    return {.date = date, .hours = {.from = zone_.at(date, 0ms), .to = zone_.at(date, 24h)}};
  return {.date = date,
          .hours = {.from = zone_.at(date, pre_market_opens), .to = zone_.at(date, after_market_closes)}};
}

std::vector<Session> Calendar::sessions(TimeRange range) const {
  std::vector<Session> found;
  if (range.empty()) return found;
  auto const last = zone_.date_at(range.to);
  for (auto date = zone_.date_at(range.from); date <= last; date = next_day(date)) {
    if (!trades_on(date)) continue;
    auto const session = session_on(date);
    if (session.hours.overlaps(range)) found.push_back(session);
  }
  return found;
}

Session Calendar::session_at_or_before(UtcTime time) const {
  auto date = zone_.date_at(time);
  while (!trades_on(date) || session_on(date).hours.from > time) date = previous_day(date);
  return session_on(date);
}

bool Calendar::trades_in(TimeRange range) const {
  if (range.empty()) return false;
  auto const last = session_at_or_before(range.to - Milliseconds{1});
  return last.hours.to > range.from;
}

UtcTime Calendar::closed_until(Timeframe timeframe, UtcTime time) const {
  auto const session = session_at_or_before(time);
  if (is_intraday(timeframe))
    return std::min(bar_start(timeframe, zone_, time), bar_end(timeframe, zone_, session.hours.to - 1ms));
  if (timeframe != Timeframe::d1) return bar_start(timeframe, zone_, time);
  auto const closed = session.hours.to <= time ? session : session_at_or_before(session.hours.from - 1ms);
  return zone_.at(next_day(closed.date), 0ms);
}

std::int64_t Calendar::bars_in_at_most(Timeframe timeframe, TimeRange range) const {
  if (range.empty()) return 0;
  auto const length = nominal_length(timeframe);
  if (timeframe > Timeframe::d1) return std::max<std::int64_t>(1, (range.to - range.from) / length);
  auto const day = [this](UtcTime time) { return std::chrono::sys_days{zone_.date_at(time)}; };
  auto const days = trading_days(kind_, day(range.from), day(range.to - 1ms));
  if (timeframe == Timeframe::d1) return days;
  auto const hours = kind_ == CalendarKind::always ? 24h : after_market_closes - pre_market_opens;
  return days * (hours / length);
}

}  // namespace candled
