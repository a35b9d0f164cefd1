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
  double open;
  double high;
  double low;
  double close;
  double volume;
  double vwap = std::numeric_limits<double>::quiet_NaN();  // NaN: the provider gave none
  std::int32_t trade_count = -1;                           // -1: the provider gave none
};

}  // namespace candled
