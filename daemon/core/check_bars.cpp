#include "core/check_bars.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace candled {

using namespace std::chrono_literals;

namespace {

bool same_values(Bar const& a, Bar const& b) {
  bool const same_vwap = a.vwap == b.vwap || (std::isnan(a.vwap) && std::isnan(b.vwap));
  return a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close &&
         a.volume == b.volume && same_vwap && a.trade_count == b.trade_count;
}

// 0 is for those who may be zero.
bool is_plausible(double value, double max) {
  auto const size = std::abs(value);
  return value == 0 || (size >= Plausible::smallest && size <= max);
}

std::optional<CheckFailure> check_prices(Bar const& bar, TickerKind kind) {
  if (!std::isfinite(bar.open) || !std::isfinite(bar.high) || !std::isfinite(bar.low) ||
      !std::isfinite(bar.close))
    return CheckFailure::price_not_finite;
  auto const least = std::min({bar.open, bar.high, bar.low, bar.close});
  auto const most = std::max({bar.open, bar.high, bar.low, bar.close});
  if (kind != TickerKind::index && least <= 0) return CheckFailure::price_not_positive;
  // Of positive prices the ends tell for all.
  bool const plausible = least > 0 ? least >= Plausible::smallest && most <= Plausible::price_max
                                   : is_plausible(bar.open, Plausible::price_max) &&
                                         is_plausible(bar.high, Plausible::price_max) &&
                                         is_plausible(bar.low, Plausible::price_max) &&
                                         is_plausible(bar.close, Plausible::price_max);
  if (!plausible) return CheckFailure::price_implausible;
  if (bar.high < std::max({bar.open, bar.low, bar.close})) return CheckFailure::high_too_low;
  if (bar.low > std::min(bar.open, bar.close)) return CheckFailure::low_too_high;
  return std::nullopt;
}

std::optional<CheckFailure> check_vwap(double vwap, TickerKind kind) {
  if (std::isnan(vwap)) return std::nullopt;
  if (std::isinf(vwap)) return CheckFailure::vwap_not_finite;
  if (kind != TickerKind::index && vwap <= 0) return CheckFailure::vwap_not_positive;
  if (!is_plausible(vwap, Plausible::price_max)) return CheckFailure::vwap_implausible;
  return std::nullopt;
}

std::optional<CheckFailure> check_trading(Bar const& bar, TickerKind kind) {
  if (!std::isfinite(bar.volume)) return CheckFailure::volume_not_finite;
  if (bar.volume < 0) return CheckFailure::volume_negative;
  auto const volume_max = kind == TickerKind::crypto ? Plausible::crypto_volume_max : Plausible::volume_max;
  if (!is_plausible(bar.volume, volume_max)) return CheckFailure::volume_implausible;
  if (auto const failure = check_vwap(bar.vwap, kind)) return failure;
  if (bar.trade_count < -1) return CheckFailure::trade_count_negative;
  return std::nullopt;
}

// On a day of 23 or 25 hours it is not known from where the provider counts its four: any full hour may be
// right.
bool is_full_hour_of_odd_day(UtcTime time, Zone zone) {
  auto const date = zone.date_at(time);
  bool const odd = zone.at(next_day(date), 0ms) - zone.at(date, 0ms) != 24h;
  return odd && zone.wall_clock_at(time) % 1h == 0ms;
}

bool is_aligned(UtcTime start, CheckContext const& context) {
  if (bar_start(context.timeframe, context.zone, start) == start) return true;
  return context.timeframe == Timeframe::h4 && is_full_hour_of_odd_day(start, context.zone);
}

// Of one start, in the order in which they came. (std::stable_sort does this too, but the one of libstdc++ 12
// uses what it calls deprecated itself, which is an error here.)
void sort_by_start(std::span<Bar> bars) {
  struct Numbered {
    Bar bar;
    std::size_t number;
  };
  std::vector<Numbered> numbered;
  numbered.reserve(bars.size());
  for (auto const& bar : bars) numbered.push_back({.bar = bar, .number = numbered.size()});
  std::ranges::sort(numbered, {}, [](Numbered const& one) { return std::pair{one.bar.start, one.number}; });
  std::ranges::transform(numbered, bars.begin(), &Numbered::bar);
}

}  // namespace

CheckReport check_bars(std::vector<Bar>& bars, std::size_t first, CheckContext const& context) {
  auto const begin = bars.begin() + static_cast<std::ptrdiff_t>(first);
  std::span const page{begin, bars.end()};
  if (!std::ranges::is_sorted(page, {}, &Bar::start)) sort_by_start(page);

  CheckReport report;
  auto const reject = [&report](Bar const& bar, CheckFailure reason) {
    report.rejected.push_back({.bar = bar, .reason = reason});
  };
  std::optional<UtcTime> contested;  // the start that bars with different values claim
  auto kept = begin;
  for (auto bar = begin; bar != bars.end(); ++bar) {
    if (auto const failure = check(*bar, context)) {
      reject(*bar, *failure);
    } else if (bar->start == contested) {
      reject(*bar, CheckFailure::conflicting_duplicate);
    } else if (kept == begin || std::prev(kept)->start != bar->start) {
      *kept++ = *bar;
    } else if (same_values(*std::prev(kept), *bar)) {
      ++report.duplicates;
    } else {
      contested = bar->start;
      reject(*--kept, CheckFailure::conflicting_duplicate);
      reject(*bar, CheckFailure::conflicting_duplicate);
    }
  }
  bars.erase(kept, bars.end());
  return report;
}

std::optional<CheckFailure> check(Bar const& bar, CheckContext const& context) {
  if (auto const failure = check_prices(bar, context.kind)) return failure;
  if (auto const failure = check_trading(bar, context.kind)) return failure;
  if (!context.range.contains(bar.start)) return CheckFailure::outside_range;
  if (!is_aligned(bar.start, context)) return CheckFailure::misaligned;
  return std::nullopt;
}

std::string_view to_string(CheckFailure failure) {
  switch (failure) {
    case CheckFailure::price_not_finite: return "price_not_finite";
    case CheckFailure::price_not_positive: return "price_not_positive";
    case CheckFailure::price_implausible: return "price_implausible";
    case CheckFailure::high_too_low: return "high_too_low";
    case CheckFailure::low_too_high: return "low_too_high";
    case CheckFailure::volume_not_finite: return "volume_not_finite";
    case CheckFailure::volume_negative: return "volume_negative";
    case CheckFailure::volume_implausible: return "volume_implausible";
    case CheckFailure::vwap_not_finite: return "vwap_not_finite";
    case CheckFailure::vwap_not_positive: return "vwap_not_positive";
    case CheckFailure::vwap_implausible: return "vwap_implausible";
    case CheckFailure::trade_count_negative: return "trade_count_negative";
    case CheckFailure::outside_range: return "outside_range";
    case CheckFailure::misaligned: return "misaligned";
    case CheckFailure::conflicting_duplicate: return "conflicting_duplicate";
  }
  return "unknown";
}

}  // namespace candled
