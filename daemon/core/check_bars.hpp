// Tells bars that can be from bars that cannot, before any is stored.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/bar.hpp"
#include "core/ticker_kind.hpp"
#include "core/time.hpp"
#include "core/timeframe.hpp"
#include "core/zone.hpp"

namespace candled {

enum class CheckFailure {
  price_not_finite,
  price_not_positive,  // of anything but an index, which may be a rate or a spread
  price_implausible,   // no market has such a number: see Plausible
  high_too_low,        // below open, low or close
  low_too_high,        // above open, high or close
  volume_not_finite,
  volume_negative,     // zero is legal: real bars of indices and thin options have it
  volume_implausible,  // see Plausible
  vwap_not_finite,     // NaN is legal: none was given
  vwap_not_positive,   // of anything but an index
  vwap_implausible,
  trade_count_negative,  // -1 is legal: none was given
  outside_range,
  misaligned,             // `start` is not where a bar of this timeframe starts
  conflicting_duplicate,  // bars of one start with different values: which is true cannot be known, all go
};

// As stored in rejected_bar.reason: the enumerator's name.
std::string_view to_string(CheckFailure failure);

// What no market reaches, so that a number beyond it is an error of somebody's: the smallest unit of any coin
// is 1e-18 of it, and a bitcoin has cost 1e11 of the cheapest currency. Of shares, contracts and ticks no
// year has traded 1e14 of anything; of coins whose supply is counted in 1e18 a day may trade 1e21.
struct Plausible {
  static constexpr double smallest = 1e-18;  // above zero
  static constexpr double price_max = 1e15;
  static constexpr double volume_max = 1e15;
  static constexpr double crypto_volume_max = 1e24;
};

struct CheckContext {  // NOLINT(cppcoreguidelines-pro-type-member-init): its Zone has no default
  Timeframe timeframe;
  Zone zone;  // in which 4h bars, days, weeks and months start
  TimeRange range;
  TickerKind kind = TickerKind::share;
};

struct FailedBar {
  Bar bar;
  CheckFailure reason{};
};

struct CheckReport {
  std::vector<FailedBar> rejected;  // by start
  std::size_t duplicates = 0;       // dropped: equal to the bar before them in every value
};

// Checks bars[first, end), in place: afterwards they are sorted by start, unique, and pass; the rest is in
// the report. Bars that are sorted and pass cost a read each and no memory.
CheckReport check_bars(std::vector<Bar>& bars, std::size_t first, CheckContext const& context);

// The first thing that is wrong with one bar. nullopt: nothing.
std::optional<CheckFailure> check(Bar const& bar, CheckContext const& context);

}  // namespace candled
