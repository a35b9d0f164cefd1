#include "pipeline/page_taker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "core/check_bars.hpp"
#include "pipeline/log.hpp"

namespace candled {

namespace {

// How long a plan without live data keeps bars back: 15 minutes (provider contract, 1.5 and 5, row 9).
constexpr Milliseconds kept_back = std::chrono::minutes{15};

// A Date header has whole seconds, and no two clocks are the same. Less than published_after, which bears it.
constexpr Milliseconds clocks_differ_by_most = std::chrono::seconds{5};

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
  auto const true_time = by_the_provider(asked_at, response);
  if (page->delayed || true_time < std::max(asked_at, planned_at_))
    leave_what_may_come(rest, true_time - (page->delayed ? kept_back : published_after), *page, first);
  note_unproven(rest, asked_at, *page);

  auto const good = static_cast<std::int64_t>(bars.size() - first);
  ++taken_.pages;
  taken_.bars += good;
  taken_.rejected_bars += static_cast<std::int64_t>(checked.rejected.size());
  ports_.progress.bars += good;
  if (good > 0 || !checked.rejected.empty()) taken_.with_bars.push_back(rest.series);
  auto slice = slice_of(rest, *page, first, checked.rejected);
  slice.settled = settled_by(slice.proven, true_time);
  std::vector<RejectedBar> rejected;
  rejected.reserve(checked.rejected.size());
  for (auto const& failed : checked.rejected)
    rejected.push_back(
        {.series = rest.series, .bar = failed.bar, .reason = std::string{to_string(failed.reason)}});
  loader_.add(std::move(slice), std::move(rejected));
  return page;
}

// A host whose clock is ahead asks for what has not happened yet, and "none" is no answer to that: the
// provider's clock says when it was asked.
UtcTime PageTaker::by_the_provider(UtcTime asked_at, HttpResponse const& response) {
  if (!response.date || *response.date + clocks_differ_by_most >= asked_at) return asked_at;
  if (!std::exchange(told_of_the_clock_, true))
    log_warn("{}: it is {} here and {} at the provider's: bars are final by the earlier of the two",
             job_.name, to_rfc3339(asked_at), to_rfc3339(*response.date));
  return *response.date;
}

// An answer proves what had closed by `published`. A bar after that may have come, but may be half of what it
// will be: it is left, and stays due.
void PageTaker::leave_what_may_come(Window const& rest, UtcTime published, Page& page, std::size_t first) {
  auto const closed = job_.calendar.closed_until(job_.timeframe, published);
  if (closed < page.proven_until) page.cursor.clear();  // what follows is later still
  page.proven_until = std::clamp(closed, rest.range.from, page.proven_until);
  auto& bars = loader_.bars();
  while (bars.size() > first && bars.back().start >= page.proven_until) bars.pop_back();
}

// What a plan without live data keeps back comes a quarter of an hour later, as it should; anything else that
// is missing at the end is a clock's fault.
void PageTaker::note_unproven(Window const& rest, UtcTime asked_at, Page const& page) {
  if (!page.cursor.empty() || page.proven_until >= rest.range.to) return;
  auto due = rest.range.to;
  if (page.delayed) due = std::min(due, job_.calendar.closed_until(job_.timeframe, asked_at - kept_back));
  (page.proven_until < due ? taken_.unproven : taken_.kept_back).push_back(rest.series);
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
                  .ticker = rest.ticker,
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
