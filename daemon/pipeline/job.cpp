#include "pipeline/job.hpp"

#include <algorithm>
#include <map>

namespace candled {

namespace {

// A provider needs some seconds after a bar's end until it serves it: asked sooner, it would answer that
// there is none, and that answer would stand. Whoever wants late trades too sets a longer delay.
constexpr Milliseconds published_after = std::chrono::seconds{15};

}  // namespace

Order everything_due(Job const& job, UtcTime now) {
  auto const asked = job.schedule ? delay_of(*job.schedule) : Milliseconds{0};
  auto const delay = std::max(asked, published_after);
  return {.wanted = {.from = job.calendar.zone().at(job.history, Milliseconds{0}),
                     .to = job.calendar.closed_until(job.timeframe, now - delay)}};
}

std::vector<Window> windows_due(Job const& job, std::vector<Series> const& series, Order const& order) {
  static RangeSet const nothing;
  std::vector<Window> windows;
  for (auto const& one : series) {
    auto const& parked = order.parked == ParkedWindows::leave ? one.parked : nothing;
    for (auto const& range : ranges_due(job.calendar, job.timeframe, order.wanted, one.covered, parked))
      windows.push_back({.series = one.id, .ticker = one.ticker, .range = range});
  }
  return windows;
}

std::vector<Window> windows_again(Job const& job, std::vector<Window> const& asked,
                                  std::vector<FailedWindow> const& rejected) {
  std::map<SeriesId, RangeSet> holes;
  for (auto const& one : rejected) holes[one.series].add(one.range);
  std::vector<Window> windows;
  for (auto const& [series, ranges] : holes) {
    auto const window = std::ranges::find(asked, series, &Window::series);
    for (auto const& range : join_where_cheaper(job.calendar, job.timeframe, ranges.ranges(), {}))
      windows.push_back({.series = series, .ticker = window->ticker, .range = range});
  }
  return windows;
}

std::int64_t pages_at_most(Job const& job, std::vector<Window> const& windows) {
  std::int64_t pages = 0;
  for (auto const& window : windows) pages += pages_at_most(job.calendar, job.timeframe, window.range);
  return pages;
}

}  // namespace candled
