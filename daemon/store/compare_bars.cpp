#include "store/compare_bars.hpp"

#include <cmath>

namespace candled {

namespace {

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

bool same_values(Bar const& a, Bar const& b) {
  return same(a.open, b.open) && same(a.high, b.high) && same(a.low, b.low) && same(a.close, b.close) &&
         same(a.volume, b.volume) && same(a.vwap, b.vwap) && a.trade_count == b.trade_count;
}

}  // namespace

// Merges two sorted streams: ours, and the stored bars as they arrive.
Verdicts compare_with_stored(PgConnection& connection, std::span<BarRef const> bars,
                             std::span<StoredRange const> ranges) {
  Verdicts verdicts;
  auto next = bars.begin();
  read_bars(connection, ranges, [&](SeriesId series, Bar const& stored) {
    auto const place = key({series, &stored});
    while (next != bars.end() && key(*next) < place) verdicts.fresh.push_back(*next++);
    if (next == bars.end() || key(*next) != place) return;
    if (same_values(*next->bar, stored)) {
      ++verdicts.unchanged;
    } else {
      verdicts.changed.push_back(*next);
      verdicts.replaced.push_back(stored);
    }
    ++next;
  });
  verdicts.fresh.insert(verdicts.fresh.end(), next, bars.end());
  return verdicts;
}

}  // namespace candled
