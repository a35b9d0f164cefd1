#include "pipeline/page_taker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/check_bars.hpp"

namespace candled {

namespace {

// How long a plan without live data keeps bars back: 15 minutes (provider contract, 1.5 and 5, row 9).
constexpr Milliseconds kept_back = std::chrono::minutes{15};

// A page with more is not a bad day but a broken answer: it is not taken apart bar by bar.
constexpr std::size_t impossible_bars_max = 1'000;

}  // namespace

Result<Page> PageTaker::take(Window const& rest, UtcTime asked_at, HttpResponse& response) {
  auto& bars = loader_.bars();
  auto const first = bars.size();
  auto const parse_started = ports_.clock.ticks();
  auto page = job_.source->provider->parse(rest, job_.timeframe, response, bars);
  taken_.parse += since(parse_started);
  if (!page) return page;

  auto const check_started = ports_.clock.ticks();
  auto const checked = check_bars(
      bars, first, {.timeframe = job_.timeframe, .zone = job_.calendar.zone(), .range = rest.range});
  taken_.validate += since(check_started);
  if (checked.rejected.size() > impossible_bars_max) {
    bars.resize(first);
    return fail(ErrorKind::malformed,
                fmt::format("{} bars of one answer cannot be true, the first is {} at {}",
                            checked.rejected.size(), to_string(checked.rejected.front().reason),
                            to_rfc3339(checked.rejected.front().bar.start)));
  }
  if (page->delayed) leave_what_is_kept_back(rest, asked_at, *page, first);

  auto const good = static_cast<std::int64_t>(bars.size() - first);
  taken_.bars += good;
  taken_.rejected_bars += static_cast<std::int64_t>(checked.rejected.size());
  ports_.progress.bars += good;
  if (good > 0 || !checked.rejected.empty()) taken_.with_bars.push_back(rest.series);
  auto slice = slice_of(rest, *page, first, checked.rejected);
  slice.settled = settled_by(slice.proven, asked_at);
  std::vector<RejectedBar> rejected;
  rejected.reserve(checked.rejected.size());
  for (auto const& failed : checked.rejected)
    rejected.push_back(
        {.series = rest.series, .bar = failed.bar, .reason = std::string{to_string(failed.reason)}});
  loader_.add(std::move(slice), std::move(rejected));
  return page;
}

// A plan without live data proves what had closed and been published when it was asked. A bar after that may
// have come, but may be half of what it will be: it is left, and stays due.
void PageTaker::leave_what_is_kept_back(Window const& rest, UtcTime asked_at, Page& page, std::size_t first) {
  auto const published = job_.calendar.closed_until(job_.timeframe, asked_at - kept_back);
  page.proven_until = std::clamp(published, rest.range.from, page.proven_until);
  auto& bars = loader_.bars();
  while (bars.size() > first && bars.back().start >= page.proven_until) bars.pop_back();
}

std::vector<LoadSlice::SettledPart> PageTaker::settled_by(RangeSet const& proven, UtcTime asked_at) const {
  std::vector<LoadSlice::SettledPart> settled;
  for (auto const after : job_.settle) {
    auto during = proven;
    during.remove({.from = settled_until(job_, after, asked_at), .to = UtcTime::max()});
    if (!during.empty()) settled.push_back({.after = after, .during = std::move(during)});
  }
  return settled;
}

// The page proves its whole range but for the times of the bars that cannot be true: those stay due.
LoadSlice PageTaker::slice_of(Window const& rest, Page const& page, std::size_t first,
                              std::vector<FailedBar> const& impossible) {
  LoadSlice slice{.series = rest.series,
                  .first = first,
                  .count = loader_.bars().size() - first,
                  .proven = {TimeRange{.from = rest.range.from, .to = page.proven_until}}};
  auto const good = std::span{loader_.bars()}.subspan(first);
  for (auto const& failed : impossible) {
    auto const start = failed.bar.start;
    auto const hole =
        whole_bars(job_.timeframe, job_.calendar.zone(), {.from = start, .to = start + Milliseconds{1}});
    if (std::ranges::binary_search(good, hole.from, {}, &Bar::start)) continue;  // a good one came beside it
    slice.proven.remove(hole);
    taken_.rejected.push_back(
        {.series = rest.series,
         .range = hole,
         .reason = GapReason::rejected,
         .detail = fmt::format("{}: {} {}", to_string(failed.reason), rest.ticker, to_rfc3339(start)),
         .failed_at = ports_.clock.now()});
  }
  return slice;
}

}  // namespace candled
