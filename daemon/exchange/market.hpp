// What the exchange trades: base bars by ticker. The seam between the stored (flat files) and the computed
// market.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/bar.hpp"
#include "core/time.hpp"
#include "core/zone.hpp"

namespace candled {

// Every other timeframe is made from these: minutes for minute and hour bars, days for day bars and above.
enum class Base { minute, day };
enum class Sort { ascending, descending };

struct BarsAsk {
  std::string_view ticker;
  Base base;
  TimeRange range;  // of the bars' starts
  Sort order;
  std::size_t limit;
  UtcTime now;
};

class Market {
 public:
  virtual ~Market() = default;
  // At most `limit` bars that start in `range` and before `now`: the oldest ones, oldest first, or the newest
  // ones, newest first. The bar that `now` falls into is given as far as it has formed. An unknown ticker has
  // none.
  virtual std::vector<Bar> bars(BarsAsk const& ask) const = 0;
};

// In which a ticker's days start: UTC for crypto (X:) and currencies (C:), Chicago for indices (I:), else New
// York (provider contract, 1.3).
Zone market_zone(std::string_view ticker);

// A bar of `length` as it stood at `now`, when part of it was still to come: its volume grows and its close,
// high and low move on until the window ends. The same bar when `now` is past its end. Trade count 0: nothing
// yet.
Bar formed_so_far(Bar bar, Milliseconds length, UtcTime now);

// One bar that starts with the first of `bars` (oldest first, not empty): a vwap or a trade count only when
// all have one.
Bar merged(std::vector<Bar> const& bars);

// Four decimals, as prices are quoted.
double to_tick(double price);

}  // namespace candled
