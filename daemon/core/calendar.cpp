#include "core/calendar.hpp"

#include <algorithm>

#include "core/nyse_days.hpp"

namespace candled {

using namespace std::chrono_literals;
using std::chrono::sys_days;

namespace {

constexpr Milliseconds pre_market_opens = 4h;
constexpr Milliseconds opening_bell = 9h + 30min;
constexpr Milliseconds closing_bell = 16h;
constexpr Milliseconds after_market_lasts = 4h;
constexpr Milliseconds after_market_closes = closing_bell + after_market_lasts;

constexpr std::chrono::year first_year_known{1990};
constexpr std::chrono::year last_year_known{2099};

bool is_weekend(sys_days date) {
  std::chrono::weekday const weekday{date};
  return weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
}

// From `first` to `last`, both included. By arithmetic: plans ask this for each window of each symbol.
std::int64_t weekdays(sys_days first, sys_days last) {
  auto const days = (last - first).count() + 1;
  auto count = days / 7 * 5;
  for (auto day = first + std::chrono::days{days / 7 * 7}; day <= last; day += std::chrono::days{1})
    if (!is_weekend(day)) ++count;
  return count;
}

Date previous_day(Date date) {
  return Date{sys_days{date} - std::chrono::days{1}};
}

}  // namespace

std::string_view to_string(CalendarKind kind) {
  return kind == CalendarKind::xnys ? "XNYS" : "24x7";
}

std::optional<CalendarKind> parse_calendar(std::string_view text) {
  for (auto const kind : {CalendarKind::xnys, CalendarKind::always})
    if (text == to_string(kind)) return kind;
  return std::nullopt;
}

// Where Monday to Friday from 09:30 to 16:00 is not the truth. Both are sorted by date, each date once in one
// of them.
struct Calendar::Days {
  std::vector<sys_days> closed;
  std::vector<EarlyClose> early;

  std::int64_t closed_between(sys_days first, sys_days last) const {
    return std::ranges::upper_bound(closed, last) - std::ranges::lower_bound(closed, first);
  }

  void replace(sys_days date, std::optional<Milliseconds> closes_at) {
    std::erase(closed, date);
    std::erase_if(early, [&](EarlyClose const& one) { return one.date == date; });
    if (!closes_at) {
      closed.insert(std::ranges::lower_bound(closed, date), date);
    } else if (*closes_at < closing_bell) {
      early.insert(std::ranges::lower_bound(early, date, {}, &EarlyClose::date),
                   {.date = date, .closes_at = *closes_at});
    }
  }
};

std::shared_ptr<Calendar::Days const> Calendar::days_by_rule(CalendarKind kind) {
  Days days;
  if (kind == CalendarKind::always) return std::make_shared<Days const>();
  for (auto year = first_year_known; year <= last_year_known; ++year) {
    std::ranges::copy(nyse_closed_days(year), std::back_inserter(days.closed));
    std::ranges::copy(nyse_early_closes(year), std::back_inserter(days.early));
  }
  return std::make_shared<Days const>(std::move(days));
}

std::shared_ptr<Calendar::Days const> Calendar::days_with(CalendarKind kind,
                                                          std::vector<CalendarOverride> const& overrides) {
  static auto const xnys = days_by_rule(CalendarKind::xnys);
  static auto const always = days_by_rule(CalendarKind::always);
  if (kind == CalendarKind::always) return always;
  if (overrides.empty()) return xnys;
  auto days = *xnys;
  for (auto const& one : overrides)
    if (sys_days const date{one.date}; !is_weekend(date)) days.replace(date, one.closes_at);
  return std::make_shared<Days const>(std::move(days));
}

Calendar::Calendar(CalendarKind kind, std::vector<CalendarOverride> const& overrides)
    : kind_(kind),
      zone_(kind == CalendarKind::xnys ? Zone::new_york() : Zone::utc()),
      days_(days_with(kind, overrides)) {}

bool Calendar::trades_on(Date date) const {
  if (kind_ == CalendarKind::always) return true;
  return !is_weekend(sys_days{date}) && !std::ranges::binary_search(days_->closed, sys_days{date});
}

Session Calendar::session_on(Date date) const {
  if (kind_ == CalendarKind::always) {
    TimeRange const day{.from = zone_.at(date, 0ms), .to = zone_.at(date, 24h)};
    return {.date = date, .regular = day, .hours = day};
  }
  auto const early = std::ranges::lower_bound(days_->early, sys_days{date}, {}, &EarlyClose::date);
  bool const closes_early = early != days_->early.end() && early->date == sys_days{date};
  auto const closes = closes_early ? early->closes_at : closing_bell;
  return {
      .date = date,
      .regular = {.from = zone_.at(date, opening_bell), .to = zone_.at(date, closes)},
      .hours = {.from = zone_.at(date, pre_market_opens), .to = zone_.at(date, closes + after_market_lasts)},
      .early_close = closes_early};
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
  sys_days const first{zone_.date_at(range.from)};
  sys_days const last{zone_.date_at(range.to - 1ms)};
  bool const always = kind_ == CalendarKind::always;
  auto const days =
      always ? (last - first).count() + 1 : weekdays(first, last) - days_->closed_between(first, last);
  if (timeframe == Timeframe::d1) return days;
  return days * ((always ? 24h : after_market_closes - pre_market_opens) / length);
}

}  // namespace candled
