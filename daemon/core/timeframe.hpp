// The length of a bar's window, and where such windows start.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.hpp"
#include "core/zone.hpp"

namespace candled {

enum class Timeframe { m1, m5, m15, m30, h1, h4, d1, w1, mo1 };

// As configured and stored: 1m 5m 15m 30m 1h 4h 1d 1w 1mo.
std::string_view to_string(Timeframe timeframe);
std::optional<Timeframe> parse_timeframe(std::string_view text);
inline constexpr std::string_view timeframe_names = "1m 5m 15m 30m 1h 4h 1d 1w 1mo";

bool is_intraday(Timeframe timeframe);
// The usual length; a day that summer time shortens and a month differ, so never add it to find the next bar.
Milliseconds nominal_length(Timeframe timeframe);

// The start of the bar that holds `time`. Bars of up to an hour start on the UTC grid; 4h, day, week (Sunday)
// and month start on the wall clock of `zone` (provider contract, 1.3: windows snap to the exchange's day).
UtcTime bar_start(Timeframe timeframe, Zone zone, UtcTime time);
// The start of the bar after the one that holds `time`, which is that one's end.
UtcTime bar_end(Timeframe timeframe, Zone zone, UtcTime time);
// The smallest range of whole bars around `range`.
TimeRange whole_bars(Timeframe timeframe, Zone zone, TimeRange range);

}  // namespace candled
