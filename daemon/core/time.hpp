// Points and ranges of time. Everything inside candled is UTC; zones appear only where a calendar does.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace candled {

using Milliseconds = std::chrono::milliseconds;
using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;
using Date = std::chrono::year_month_day;

// Half-open: [from, to). Empty when to <= from.
struct TimeRange {
  UtcTime from;
  UtcTime to;

  bool empty() const { return to <= from; }
  bool contains(UtcTime t) const { return from <= t && t < to; }
  bool contains(TimeRange other) const { return other.empty() || (from <= other.from && other.to <= to); }
  bool overlaps(TimeRange other) const {
    return !empty() && !other.empty() && from < other.to && other.from < to;
  }
  friend bool operator==(TimeRange, TimeRange) = default;
};

TimeRange intersection(TimeRange a, TimeRange b);

// 2026-11-20T14:31:00Z; with .123 only when it is not a whole second.
std::string to_rfc3339(UtcTime time);
// 2026-11-20
std::string to_string(Date date);
// "2026-11-20T14:31:00Z" or with an offset; nothing else. nullopt: not such a time.
std::optional<UtcTime> parse_rfc3339(std::string_view text);
// "2026-11-20". nullopt: not such a date, or a day that the month does not have.
std::optional<Date> parse_date(std::string_view text);

// "500ms", "5s", "2m", "1h", "1d": a whole number and one unit. nullopt: anything else, or too large.
std::optional<Milliseconds> parse_duration(std::string_view text);
// The largest unit that is exact: 90000 ms is "90s", 120000 ms is "2m".
std::string to_string(Milliseconds duration);
// For people and estimates: "4 s", "2 min 5 s", "3 h 20 min".
std::string in_words(Milliseconds duration);

}  // namespace candled
