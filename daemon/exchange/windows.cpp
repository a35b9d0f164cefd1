#include "exchange/windows.hpp"

#include <algorithm>
#include <array>

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr std::array<std::string_view, 7> names{"minute", "hour", "day", "week", "month", "quarter", "year"};

std::int64_t floored(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

int months_of(Timespan timespan) {
  if (timespan == Timespan::month) return 1;
  return timespan == Timespan::quarter ? 3 : 12;
}

std::int64_t month_number(Date date) {
  return std::int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month()) - 1;
}

Date first_of_month(std::int64_t number) {
  auto const year = floored(number, 12);
  return std::chrono::year{static_cast<int>(year)} / static_cast<int>(number - year * 12 + 1) / 1;
}

// The first day of the single day, week, month, quarter or year that `date` is in.
Date first_day(Timespan timespan, Date date) {
  if (timespan <= Timespan::day) return date;
  if (timespan == Timespan::week) {
    std::chrono::sys_days const day{date};
    return Date{day - (std::chrono::weekday{day} - std::chrono::Sunday)};
  }
  auto const months = months_of(timespan);
  return first_of_month(floored(month_number(date), months) * months);
}

Milliseconds length_of(Resolution resolution) {
  return resolution.multiplier *
         (resolution.timespan == Timespan::minute ? Milliseconds{1min} : Milliseconds{1h});
}

}  // namespace

std::string_view to_string(Timespan timespan) {
  return names[static_cast<std::size_t>(timespan)];
}

std::optional<Timespan> parse_timespan(std::string_view text) {
  auto const found = std::ranges::find(names, text);
  return found == names.end() ? std::nullopt : std::optional{static_cast<Timespan>(found - names.begin())};
}

Windows::Windows(Resolution resolution, Zone zone, UtcTime anchor)
    : resolution_(resolution),
      zone_(zone),
      anchor_midnight_(zone.at(zone.date_at(anchor), 0ms)),
      anchor_first_(first_day(resolution.timespan, zone.date_at(anchor))) {}

UtcTime Windows::start(UtcTime time) const {
  return resolution_.timespan <= Timespan::hour ? intraday(time, 0) : calendar(time, 0);
}

UtcTime Windows::end(UtcTime time) const {
  return resolution_.timespan <= Timespan::hour ? intraday(time, 1) : calendar(time, 1);
}

UtcTime Windows::intraday(UtcTime time, int next) const {
  auto const length = length_of(resolution_);
  if (1h % length == 0ms)  // every zone that we know is whole hours away from UTC
    return UtcTime{(floored(time.time_since_epoch().count(), length.count()) + next) * length};
  if (24h % length == 0ms)
    return zone_.at(zone_.date_at(time), (zone_.wall_clock_at(time) / length + next) * length);
  return anchor_midnight_ + (floored((time - anchor_midnight_).count(), length.count()) + next) * length;
}

UtcTime Windows::calendar(UtcTime time, int next) const {
  auto const date = zone_.date_at(time);
  if (resolution_.timespan <= Timespan::week) {
    auto const days = resolution_.multiplier * (resolution_.timespan == Timespan::week ? 7 : 1);
    auto const since = (std::chrono::sys_days{date} - std::chrono::sys_days{anchor_first_}).count();
    return zone_.at(
        Date{std::chrono::sys_days{anchor_first_} + std::chrono::days{(floored(since, days) + next) * days}},
        0ms);
  }
  auto const months = resolution_.multiplier * months_of(resolution_.timespan);
  auto const anchor = month_number(anchor_first_);
  return zone_.at(first_of_month(anchor + (floored(month_number(date) - anchor, months) + next) * months),
                  0ms);
}

}  // namespace candled
