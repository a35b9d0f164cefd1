#include "sim/world/market.hpp"

#include <algorithm>
#include <utility>

#include "sim/world/draw.hpp"

namespace candled::sim {

using namespace std::chrono_literals;

namespace {

constexpr int contents = 8;  // trade_count modulo this says which content a bar is

// Of 65,536: 1 in `n`.
constexpr bool one_in(std::uint64_t bits, std::uint64_t n) {
  return (bits & 0xffff) < 0x10000 / n;
}

}  // namespace

Market::Market(std::uint64_t seed, Calendar calendar, TimeRange life)
    : seed_(mix(seed ^ hash_of("market"))), calendar_(calendar), sessions_(calendar.sessions(life)) {}

std::vector<Place> Market::places(Timeframe timeframe, TimeRange range) const {
  std::vector<Place> found;
  if (range.empty()) return found;
  auto const zone = calendar_.zone();
  auto session = std::ranges::lower_bound(sessions_, range.from, {}, [&](Session const& one) {
    return timeframe == Timeframe::d1 ? zone.at(next_day(one.date), 0ms) : one.hours.to;
  });
  for (; session != sessions_.end(); ++session) {
    if (timeframe == Timeframe::d1) {
      auto const start = zone.at(session->date, 0ms);
      if (start >= range.to) break;
      if (start >= range.from)
        found.push_back({.start = start, .closes = session->hours.to, .session_closes = session->hours.to});
      continue;
    }
    if (session->hours.from >= range.to) break;
    auto const length = nominal_length(timeframe);
    auto start = bar_start(timeframe, zone, std::max(session->hours.from, range.from));
    if (start < range.from) start += length;
    for (; start < std::min(session->hours.to, range.to); start += length)
      found.push_back({.start = start, .closes = start + length, .session_closes = session->hours.to});
  }
  return found;
}

std::uint64_t Market::key(SeriesKey const& series, UtcTime start) const {
  return mix(seed_ ^ hash_of(series.ticker) ^ (static_cast<std::uint64_t>(series.timeframe) << 56) ^
             static_cast<std::uint64_t>(start.time_since_epoch().count()));
}

Market::Fate Market::fate_of(SeriesKey const& series, UtcTime start) const {
  auto const bits = key(series, start);
  bool const minutes = series.timeframe == Timeframe::m1;
  // Of minutes a quarter to nearly all trade, by symbol.
  auto const share = minutes ? 0x4000 + (hash_of(series.ticker) ^ seed_) % 0xb000 : 0xf800;
  Fate fate{.exists = (bits & 0xffff) < share,
            .published_after = Milliseconds{1'000 + (bits >> 16) % 11'000},
            .changes_after = 0ms};
  auto const rare = mix(bits);
  auto const minute_count = static_cast<std::int64_t>((rare >> 32) & 0xff);
  if (one_in(rare, 400))
    fate.published_after = std::chrono::minutes{1 + minute_count / (one_in(rare, 800) ? 1 : 10)};
  if (one_in(rare >> 16, 60))
    fate.changes_after = fate.published_after + std::chrono::minutes{1 + minute_count};
  return fate;
}

Content Market::content_at(SeriesKey const& series, Place place, UtcTime when) const {
  if (when < place.start + 2s) return Content::absent;
  auto const fate = fate_of(series, place.start);
  if (!fate.exists) return Content::absent;
  if (when < place.closes + fate.published_after)
    return fate.published_after <= promised_publication ? Content::forming : Content::absent;
  bool const changed = fate.changes_after > 0ms && when >= place.closes + fate.changes_after;
  return changed ? Content::second : Content::first;
}

bool Market::comes_in_time(SeriesKey const& series, Place place) const {
  auto const fate = fate_of(series, place.start);
  return fate.exists && fate.published_after <= promised_publication;
}

Bar Market::bar(SeriesKey const& series, UtcTime start, Content content) const {
  auto const bits = key(series, start);
  double const shift = content == Content::first ? 0 : 0.25 * static_cast<double>(content);
  double const open = 20 + static_cast<double>(bits % 4096) / 16 + shift;
  Bar bar{
      .start = start,
      .open = open,
      .high = open + static_cast<double>((bits >> 12) % 32) / 16 + 1,
      .low = open - static_cast<double>((bits >> 17) % 32) / 16 - 1,
      .close = open + 0.5,
      .volume = static_cast<double>((bits >> 22) % 100'000) + shift,
      .vwap = open + 0.125,
      .trade_count = static_cast<std::int32_t>((bits >> 40) % 10'000) * contents + static_cast<int>(content)};
  if (content == Content::impossible) std::swap(bar.high, bar.low);
  return bar;
}

Content Market::content_of(Bar const& bar) {
  return static_cast<Content>(bar.trade_count % contents);
}

}  // namespace candled::sim
