// One OHLCV candle.
#pragma once

#include <cstdint>
#include <limits>

#include "core/time.hpp"

namespace candled {

// Plain memory: a page is parsed into a vector of these, checked in place and written to COPY as it is.
// Prices in the instrument's currency, raw and unadjusted; volume in its units, fractions included.
struct Bar {
  UtcTime start;  // of the bar's window
  double open = 0;
  double high = 0;
  double low = 0;
  double close = 0;
  double volume = 0;
  double vwap = std::numeric_limits<double>::quiet_NaN();  // NaN: the provider gave none
  std::int32_t trade_count = -1;                           // -1: the provider gave none
};

}  // namespace candled
