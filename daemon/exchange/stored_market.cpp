#include "exchange/stored_market.hpp"

#include <algorithm>

namespace candled {

namespace {

Bar as_of(Bar const& bar, BarsAsk const& ask) {
  using namespace std::chrono_literals;
  if (ask.base == Base::minute) return formed_so_far(bar, 1min, ask.now);
  if (ask.now >= bar.start + 25h) return bar;  // the longest day: no need to ask the zone
  auto const zone = market_zone(ask.ticker);
  auto const end = zone.at(next_day(zone.date_at(bar.start)), 0ms);
  return formed_so_far(bar, end - bar.start, ask.now);
}

}  // namespace

void StoredMarket::add(std::string_view ticker, Base base, Bar bar) {
  auto found = bars_.find(ticker);
  if (found == bars_.end()) found = bars_.emplace(ticker, std::array<std::vector<Bar>, 2>{}).first;
  auto& bars = found->second[static_cast<std::size_t>(base)];
  auto const place = std::ranges::lower_bound(bars, bar.start, {}, &Bar::start);
  if (place != bars.end() && place->start == bar.start)
    *place = bar;
  else
    bars.insert(place, bar);
}

std::vector<Bar> StoredMarket::bars(BarsAsk const& ask) const {
  auto const found = bars_.find(ask.ticker);
  if (found == bars_.end()) return {};
  auto const& all = found->second[static_cast<std::size_t>(ask.base)];
  auto first = std::ranges::lower_bound(all, ask.range.from, {}, &Bar::start);
  auto last = std::ranges::lower_bound(all, std::min(ask.range.to, ask.now), {}, &Bar::start);
  if (last <= first) return {};
  auto const count = std::min(ask.limit, static_cast<std::size_t>(last - first));
  if (ask.order == Sort::ascending)
    last = first + static_cast<std::ptrdiff_t>(count);
  else
    first = last - static_cast<std::ptrdiff_t>(count);
  std::vector<Bar> asked{first, last};
  for (auto& bar : asked) bar = as_of(bar, ask);
  if (ask.order == Sort::descending) std::ranges::reverse(asked);
  return asked;
}

std::size_t StoredMarket::size(Base base) const {
  std::size_t count = 0;
  for (auto const& [ticker, bars] : bars_) count += bars[static_cast<std::size_t>(base)].size();
  return count;
}

}  // namespace candled
