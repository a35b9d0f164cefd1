// Bars for people to look at. Blocking: for commands and the API, not for the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"

namespace candled {

// Which bars: those that start in `during`, under the name that the instrument had then, of its primary
// provider.
struct BarsWish {
  std::string ticker;
  std::string timeframe;  // 1m
  TimeRange during;
  int limit = 0;  // the newest so many
};

// Prices in the instrument's currency, raw.
struct BarValues {
  double open = 0;
  double high = 0;
  double low = 0;
  double close = 0;
  double volume = 0;
  std::optional<double> vwap;               // nullopt: the provider gave none
  std::optional<std::int64_t> trade_count;  // likewise
};

struct BarRow {
  UtcTime ts;  // its start
  BarValues values;
  bool revised = false;  // the provider has changed it since it was first there
};

// What a bar was before the provider changed it.
struct BarChangeRow {
  UtcTime ts;
  UtcTime seen_at;                  // when the change was seen
  std::optional<BarValues> before;  // nullopt: there was no such bar, although its time was covered
};

// Errors of both: as read_coverage.

// Oldest first.
Result<std::vector<BarRow>> read_bars(Secret const& url, BarsWish const& wish);
// By the bar's time, then by that of the change.
Result<std::vector<BarChangeRow>> read_bar_changes(Secret const& url, BarsWish const& wish);

}  // namespace candled
