#include "store/compare_bars.hpp"

#include <cmath>

namespace candled {

namespace {

bool says_the_same(Bar const& bar, Bar const& stored, NotGiven not_given) {
  bool const none_matters = not_given == NotGiven::differs;
  bool const same_vwap =
      std::isnan(bar.vwap) ? !none_matters || std::isnan(stored.vwap) : bar.vwap == stored.vwap;
  return bar.open == stored.open && bar.high == stored.high && bar.low == stored.low &&
         bar.close == stored.close && bar.volume == stored.volume && same_vwap &&
         ((bar.trade_count == -1 && !none_matters) || bar.trade_count == stored.trade_count);
}

}  // namespace

// Merges two sorted streams: ours, and the stored bars as they arrive.
Verdicts compare_with_stored(PgConnection& connection, std::span<BarRef const> bars,
                             std::span<StoredRange const> ranges, NotGiven not_given) {
  Verdicts verdicts;
  auto next = bars.begin();
  read_bars(connection, ranges, [&](SeriesId series, Bar const& stored) {
    auto const place = key({series, &stored});
    while (next != bars.end() && key(*next) < place) verdicts.fresh.push_back(*next++);
    if (next == bars.end() || key(*next) != place) return;
    if (says_the_same(*next->bar, stored, not_given)) {
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
