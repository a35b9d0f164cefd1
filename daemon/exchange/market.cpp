#include "exchange/market.hpp"

#include <algorithm>
#include <cmath>

namespace candled {

Zone market_zone(std::string_view ticker) {
  if (ticker.starts_with("X:") || ticker.starts_with("C:")) return Zone::utc();
  if (ticker.starts_with("I:"))
    if (auto const chicago = Zone::find("America/Chicago")) return *chicago;
  return Zone::new_york();
}

double to_tick(double price) {
  return std::round(price * 1e4) / 1e4;
}

Bar formed_so_far(Bar bar, Milliseconds length, UtcTime now) {
  if (now >= bar.start + length) return bar;
  double const part = static_cast<double>((now - bar.start).count()) / static_cast<double>(length.count());
  bar.close = to_tick(bar.open + (bar.close - bar.open) * part);
  bar.high = to_tick(std::max(bar.open, bar.close) + (bar.high - std::max(bar.open, bar.close)) * part);
  bar.low = to_tick(std::min(bar.open, bar.close) - (std::min(bar.open, bar.close) - bar.low) * part);
  bar.volume = std::ceil(bar.volume * part);
  bar.vwap = std::clamp(bar.vwap, bar.low, bar.high);  // NaN stays NaN
  if (bar.trade_count > 0) bar.trade_count = static_cast<std::int32_t>(std::ceil(bar.trade_count * part));
  return bar;
}

Bar merged(std::vector<Bar> const& bars) {
  Bar whole = bars.front();
  double turnover = whole.vwap * whole.volume;
  for (auto bar = bars.begin() + 1; bar != bars.end(); ++bar) {
    whole.high = std::max(whole.high, bar->high);
    whole.low = std::min(whole.low, bar->low);
    whole.close = bar->close;
    whole.volume += bar->volume;
    turnover += bar->vwap * bar->volume;
    bool const counted = whole.trade_count >= 0 && bar->trade_count >= 0;
    whole.trade_count = counted ? whole.trade_count + bar->trade_count : -1;
  }
  if (bars.size() == 1) return whole;
  whole.vwap = to_tick(turnover / whole.volume);
  whole.volume = std::round(whole.volume * 1e6) / 1e6;  // a sum of doubles has digits that none of them had
  return whole;
}

}  // namespace candled
