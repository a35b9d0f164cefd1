#include "exchange/synthetic_market.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "exchange/hash.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

// Between the hashes at two neighbouring points of a grid, smoothly; in [-1, 1).
double noise(std::uint64_t key, std::int64_t position, std::int64_t grid) {
  auto const cell = position / grid;
  double const x = static_cast<double>(position % grid) / static_cast<double>(grid);
  double const left = fraction(mixed(key, static_cast<std::uint64_t>(cell)));
  double const right = fraction(mixed(key, static_cast<std::uint64_t>(cell + 1)));
  return 2 * (left + (right - left) * x * x * (3 - 2 * x)) - 1;
}

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

}  // namespace

// What all minutes of one ticker's day have in common.
struct SyntheticMarket::Day {
  std::uint64_t key;
  double level;       // the price at its first minute
  double next_level;  // the price at the next day's first minute
  double extended;    // the share of minutes outside the regular session that trade
  double shares;      // the scale of a minute's volume
  UtcTime opens;
  int minutes;       // 0: a weekend, or before the first day
  int regular_from;  // the regular session, in minutes from opens
  int regular_to;

  bool is_regular(int minute) const { return regular_from <= minute && minute < regular_to; }
  // The price at the minute's very beginning: the day's drift, half-hour swings and a jitter.
  double price(int minute) const {
    double const drift = (next_level - level) * minute / minutes;
    return level + drift + level * (0.006 * noise(key, minute, 30) + 0.0012 * noise(~key, minute, 1));
  }
  std::optional<Bar> bar(int minute) const;
  std::optional<Bar> unsettled_bar(int minute) const;
};

std::optional<Bar> SyntheticMarket::Day::bar(int minute) const {
  auto const luck = mixed(key, 1'000'000U + static_cast<std::uint64_t>(minute));
  if (fraction(luck) >= (is_regular(minute) ? 0.995 : extended)) return std::nullopt;
  auto const [a, b, c, d] = std::array{mixed(luck, 1), mixed(luck, 2), mixed(luck, 3), mixed(luck, 4)};
  double const steps = a % 8 == 0 ? 1e4 : 1e2;  // most trades are at whole cents
  double const open = price(minute) * (1 + 0.0002 * (fraction(b) - 0.5));
  double const close = price(minute + 1);
  double const whole =
      std::floor(shares * (is_regular(minute) ? 1 : 0.05) * (0.1 + 4 * std::pow(fraction(c), 3))) + 1;
  // Since 2026 the provider's volumes have fractions of shares (provider contract, 1.2).
  double const volume = c % 16 == 0 ? rounded(whole + fraction(d), 1e6) : whole;
  Bar bar{.start = opens + minute * 1min,
          .open = rounded(open, steps),
          .high = rounded(std::max(open, close) * (1 + 0.0006 * fraction(a)), steps),
          .low = rounded(std::min(open, close) * (1 - 0.0006 * fraction(b)), steps),
          .close = rounded(close, steps),
          .volume = volume};
  bar.vwap = to_tick((bar.high + bar.low + bar.close) / 3);
  bar.trade_count = static_cast<std::int32_t>(1 + whole / (60 + static_cast<double>(d % 60)));
  return bar;
}

// Before it is final: the late bars are not there, and of the corrected ones half the volume.
std::optional<Bar> SyntheticMarket::Day::unsettled_bar(int minute) const {
  auto bar = this->bar(minute);
  auto const luck = mixed(key, 2'000'000U + static_cast<std::uint64_t>(minute)) % 1000;
  if (!bar || luck < 2) return std::nullopt;  // 0.2 %
  if (luck >= 22) return bar;                 // 2 %
  bar->volume = rounded(bar->volume / 2, 1e6);
  bar->close = bar->close == bar->low ? bar->high : bar->low;
  bar->vwap = to_tick((bar->high + bar->low + bar->close) / 3);
  return bar;
}

bool SyntheticMarket::exists(std::string_view ticker) {
  if (ticker.starts_with("X:") || ticker.starts_with("C:")) ticker.remove_prefix(2);
  bool const spelled = std::ranges::all_of(ticker, [](char c) { return (c >= 'A' && c <= 'Z') || c == '.'; });
  return spelled && !ticker.empty() && ticker.size() <= 6 && !ticker.starts_with("ZZ");
}

// The logarithm of the price wanders over years, quarters, weeks and days.
double SyntheticMarket::level(std::uint64_t key, std::chrono::sys_days date) const {
  auto const day = date.time_since_epoch().count();
  double const wander = 0.40 * noise(mixed(key, 11), day, 400) + 0.15 * noise(mixed(key, 12), day, 64) +
                        0.05 * noise(mixed(key, 13), day, 7) + 0.015 * noise(mixed(key, 14), day, 1);
  return (20 + 380 * std::pow(fraction(mixed(key, 15)), 2)) * std::exp(wander);
}

bool SyntheticMarket::stocks_trade_on(std::chrono::sys_days date) const {
  std::chrono::weekday const weekday{date};
  return weekday != std::chrono::Saturday && weekday != std::chrono::Sunday && !rules_.closed.contains(date);
}

SyntheticMarket::Day SyntheticMarket::day(std::string_view ticker, Date date) const {
  std::chrono::sys_days const number{date};
  auto const key = mixed(seed_, hash_of(ticker));
  auto const zone = market_zone(ticker);
  bool const around_the_clock = zone == Zone::utc();
  bool const open =
      number >= std::chrono::sys_days{first_day_} && (around_the_clock || stocks_trade_on(number));
  int const cut = rules_.early_closes.contains(date) ? 3 * 60 : 0;
  int const session = around_the_clock ? 24 * 60 : 16 * 60 - cut;
  return {.key = mixed(key, static_cast<std::uint64_t>(number.time_since_epoch().count())),
          .level = level(key, number),
          .next_level = level(key, number + std::chrono::days{1}),
          .extended = 0.45 + 0.5 * fraction(mixed(key, 16)),
          .shares = 2000 * std::exp(4 * fraction(mixed(key, 17))),
          .opens = zone.at(date, around_the_clock ? 0h : 4h),
          .minutes = open ? session : 0,
          .regular_from = around_the_clock ? 0 : 330,
          .regular_to = around_the_clock ? session : 720 - cut};
}

// Those that start in `range`, oldest first, as they are known at `now`.
std::vector<Bar> SyntheticMarket::minutes(Day const& day, TimeRange range, UtcTime now) const {
  auto const minute_at = [&](UtcTime time) {
    return std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::minutes>(time - day.opens).count(), 0,
                                    day.minutes);
  };
  std::vector<Bar> bars;
  auto const end = static_cast<int>(minute_at(range.to));
  auto const final_until = now - rules_.settles_after;
  for (auto minute = static_cast<int>(minute_at(range.from)); minute < end; ++minute) {
    bool const final = rules_.settles_after == 0ms || day.opens + (minute + 1) * 1min <= final_until;
    if (auto const bar = final ? day.bar(minute) : day.unsettled_bar(minute)) bars.push_back(*bar);
  }
  return bars;
}

std::optional<Bar> SyntheticMarket::minute_bar(std::string_view ticker, UtcTime start) const {
  if (!exists(ticker)) return std::nullopt;
  auto const found = minutes(day(ticker, market_zone(ticker).date_at(start)),
                             {.from = start, .to = start + 1ms}, UtcTime::max());
  return found.empty() || found.front().start != start ? std::nullopt : std::optional{found.front()};
}

std::optional<Bar> SyntheticMarket::day_bar(std::string_view ticker, Date date, UtcTime now) const {
  if (!exists(ticker)) return std::nullopt;
  auto const day = this->day(ticker, date);
  auto all = minutes(day, {.from = day.opens, .to = now}, now);
  if (all.empty()) return std::nullopt;
  all.back() = formed_so_far(all.back(), 1min, now);
  std::vector<Bar> regular;
  for (auto const& bar : all)
    if (day.is_regular(static_cast<int>((bar.start - day.opens) / 1min))) regular.push_back(bar);
  auto whole = merged(regular.empty() ? all : regular);
  auto const all_trades = merged(all);
  whole.start = market_zone(ticker).at(date, 0ms);
  whole.volume = all_trades.volume;
  whole.vwap = std::clamp(all_trades.vwap, whole.low, whole.high);
  whole.trade_count = all_trades.trade_count;
  return whole;
}

std::vector<Bar> SyntheticMarket::bars_of(Date date, BarsAsk const& ask) const {
  TimeRange const range{.from = ask.range.from, .to = std::min(ask.range.to, ask.now)};
  std::vector<Bar> bars;
  if (ask.base == Base::minute) {
    bars = minutes(day(ask.ticker, date), range, ask.now);
    if (!bars.empty()) bars.back() = formed_so_far(bars.back(), 1min, ask.now);
  } else if (range.contains(market_zone(ask.ticker).at(date, 0ms))) {
    if (auto const bar = day_bar(ask.ticker, date, ask.now)) bars.push_back(*bar);
  }
  return bars;
}

std::vector<Bar> SyntheticMarket::bars(BarsAsk const& ask) const {
  auto const zone = market_zone(ask.ticker);
  auto const to = std::min(ask.range.to, ask.now);
  auto const from = std::max(ask.range.from, zone.at(first_day_, 0ms));
  std::vector<Bar> bars;
  if (!exists(ask.ticker) || to <= from) return bars;
  std::chrono::sys_days const first{zone.date_at(from)};
  std::chrono::sys_days const last{zone.date_at(to - 1ms)};
  bool const ascending = ask.order == Sort::ascending;
  auto const step = std::chrono::days{ascending ? 1 : -1};
  for (auto day = ascending ? first : last; first <= day && day <= last && bars.size() < ask.limit;
       day += step) {
    auto found = bars_of(day, ask);
    if (!ascending) std::ranges::reverse(found);
    bars.insert(bars.end(), found.begin(), found.end());
  }
  bars.resize(std::min(bars.size(), ask.limit), Bar{});
  return bars;
}

}  // namespace candled
