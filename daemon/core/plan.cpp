#include "core/plan.hpp"

#include <algorithm>

namespace candled {

namespace {

constexpr std::int64_t page_base_bars = 50'000;

// Whole bars within `range`: a bar that `range` cuts at its end is left for later.
TimeRange whole_bars_within(Timeframe timeframe, Zone zone, TimeRange range) {
  auto const from = bar_start(timeframe, zone, range.from);
  auto const to = bar_start(timeframe, zone, range.to);
  return {.from = from, .to = to};
}

}  // namespace

std::vector<TimeRange> ranges_due(Calendar const& calendar, Timeframe timeframe, TimeRange wanted,
                                  RangeSet const& covered, RangeSet const& parked) {
  if (wanted.empty()) return {};
  auto const whole = whole_bars_within(timeframe, calendar.zone(), wanted);
  auto not_due = covered;
  not_due.add(parked);
  RangeSet due;
  // A hole may start or end within a bar, when a calendar's zone has changed: ask for whole bars.
  for (auto const& hole : missing(whole, not_due)) due.add(whole_bars(timeframe, calendar.zone(), hole));
  return join_where_cheaper(calendar, timeframe, due.ranges(), parked);
}

std::vector<TimeRange> join_where_cheaper(Calendar const& calendar, Timeframe timeframe,
                                          std::vector<TimeRange> const& ranges, RangeSet const& apart) {
  auto const pages = [&](TimeRange range) { return pages_at_most(calendar, timeframe, range); };
  std::vector<TimeRange> joined;
  for (auto const& range : ranges) {
    if (!joined.empty()) {
      TimeRange const both{.from = joined.back().from, .to = range.to};
      if (!apart.overlaps(both) && pages(both) < pages(joined.back()) + pages(range)) {
        joined.back() = both;
        continue;
      }
    }
    joined.push_back(range);
  }
  return joined;
}

std::int64_t pages_at_most(Calendar const& calendar, Timeframe timeframe, TimeRange range) {
  auto const base = is_intraday(timeframe) ? Timeframe::m1 : Timeframe::d1;
  auto const bars = calendar.bars_in_at_most(base, range);
  return std::max<std::int64_t>(1, (bars + page_base_bars - 1) / page_base_bars);
}

std::vector<Batch> group_into_batches(std::string const& job, std::string const& provider,
                                      Timeframe timeframe, std::vector<Window> windows, std::size_t symbols) {
  std::vector<Batch> batches;
  std::size_t in_last = 0;  // series in the last batch
  for (auto& window : windows) {
    bool const same_series = !batches.empty() && batches.back().windows.back().series == window.series;
    if (!same_series && (batches.empty() || in_last == symbols)) {
      batches.push_back({.job = job, .provider = provider, .timeframe = timeframe, .windows = {}});
      in_last = 0;
    }
    if (!same_series) ++in_last;
    batches.back().windows.push_back(std::move(window));
  }
  return batches;
}

}  // namespace candled
