#include "core/timeframe.hpp"

#include <algorithm>
#include <array>

namespace candled {

using namespace std::chrono_literals;

namespace {

struct Row {
  Timeframe timeframe;
  std::string_view name;
  Milliseconds length;
};

constexpr std::array rows{Row{.timeframe = Timeframe::m1, .name = "1m", .length = 1min},
                          Row{.timeframe = Timeframe::m5, .name = "5m", .length = 5min},
                          Row{.timeframe = Timeframe::m15, .name = "15m", .length = 15min},
                          Row{.timeframe = Timeframe::m30, .name = "30m", .length = 30min},
                          Row{.timeframe = Timeframe::h1, .name = "1h", .length = 1h},
                          Row{.timeframe = Timeframe::h4, .name = "4h", .length = 4h},
                          Row{.timeframe = Timeframe::d1, .name = "1d", .length = 24h},
                          Row{.timeframe = Timeframe::w1, .name = "1w", .length = 7 * 24h},
                          Row{.timeframe = Timeframe::mo1, .name = "1mo", .length = 30 * 24h}};

Row const& row(Timeframe timeframe) {
  return *std::ranges::find(rows, timeframe, &Row::timeframe);
}

Date first_day(Timeframe timeframe, Date date) {
  if (timeframe == Timeframe::mo1) return date.year() / date.month() / 1;
  if (timeframe != Timeframe::w1) return date;
  std::chrono::sys_days const day{date};
  return Date{day - (std::chrono::weekday{day} - std::chrono::Sunday)};
}

Date first_day_of_next(Timeframe timeframe, Date first) {
  if (timeframe == Timeframe::mo1) return Date{first.year() / first.month() / 1} + std::chrono::months{1};
  auto const days = timeframe == Timeframe::w1 ? std::chrono::days{7} : std::chrono::days{1};
  return Date{std::chrono::sys_days{first} + days};
}

}  // namespace

std::string_view to_string(Timeframe timeframe) {
  return row(timeframe).name;
}

std::optional<Timeframe> parse_timeframe(std::string_view text) {
  auto const found = std::ranges::find(rows, text, &Row::name);
  return found == rows.end() ? std::nullopt : std::optional{found->timeframe};
}

bool is_intraday(Timeframe timeframe) {
  return timeframe < Timeframe::d1;
}

Milliseconds nominal_length(Timeframe timeframe) {
  return row(timeframe).length;
}

UtcTime bar_start(Timeframe timeframe, Zone zone, UtcTime time) {
  auto const length = nominal_length(timeframe);
  if (timeframe <= Timeframe::h1) return UtcTime{time.time_since_epoch() / length * length};
  if (timeframe == Timeframe::h4) {
    auto const wall_clock = zone.wall_clock_at(time) / length * length;
    return zone.at(zone.date_at(time), wall_clock);
  }
  return zone.at(first_day(timeframe, zone.date_at(time)), 0ms);
}

UtcTime bar_end(Timeframe timeframe, Zone zone, UtcTime time) {
  auto const length = nominal_length(timeframe);
  if (timeframe <= Timeframe::h1) return bar_start(timeframe, zone, time) + length;
  if (timeframe == Timeframe::h4) {
    auto const wall_clock = zone.wall_clock_at(time) / length * length;
    return zone.at(zone.date_at(time), wall_clock + length);
  }
  return zone.at(first_day_of_next(timeframe, first_day(timeframe, zone.date_at(time))), 0ms);
}

TimeRange whole_bars(Timeframe timeframe, Zone zone, TimeRange range) {
  if (range.empty()) return range;
  return {.from = bar_start(timeframe, zone, range.from),
          .to = bar_end(timeframe, zone, range.to - Milliseconds{1})};
}

}  // namespace candled
