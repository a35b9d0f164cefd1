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

// No zone, no summer time and no slow answer explains more: one of the clocks is wrong, and nothing tells
// which.
constexpr Milliseconds clock_is_wrong_from = std::chrono::days{1};

// As a gap of another reason at its first try.
constexpr Milliseconds asked_again_after = std::chrono::minutes{10};

}  // namespace

Result<Page> PageTaker::take(Window const& rest, UtcTime asked_at, HttpResponse& response) {
  auto& bars = loader_.bars();
  auto const first = bars.size();
  if (auto const same = compare_clocks(asked_at, response); !same) return std::unexpected(same.error());
  auto const parse_started = ports_.clock.ticks();
  auto page = job_.source->provider->parse(rest, job_.timeframe, response, bars);
  taken_.parse += since(parse_started);
  if (!page) return page;

  auto const check_started = ports_.clock.ticks();
  auto const checked = check_bars(bars, first,
                                  {.timeframe = job_.timeframe,
                                   .zone = job_.calendar.zone(),
                                   .range = rest.range,
                                   .kind = kind_of(rest.ticker)});
  auto const impossible = impossible_in(*page, checked.rejected);
  taken_.validate += since(check_started);
  if (impossible.size() > unreadable_bars_max) {
    bars.resize(first);
    return fail(ErrorKind::malformed,
                fmt::format("{} bars of one answer cannot be true, the first is {} at {}", impossible.size(),
                            impossible.front().reason, to_rfc3339(impossible.front().bar.start)));
  }
  if (page->counts_too_large > 0 && !std::exchange(told_of_a_count_, true))
    log_warn(
        "{} {}: {} bars have more trades than are counted here (2147483647): they are stored without a count",
        job_.name, rest.ticker, page->counts_too_large);
  auto const true_time = by_the_provider(asked_at, response);
  if (page->delayed || true_time < std::max(asked_at, planned_at_))
    leave_what_may_come(rest, true_time - (page->delayed ? kept_back : published_after), *page, first);
  note_unproven(rest, asked_at, *page);

  auto const good = static_cast<std::int64_t>(bars.size() - first);
  ++taken_.pages;
  taken_.bars += good;
  taken_.rejected_bars += static_cast<std::int64_t>(impossible.size());
  ports_.progress.bars += good;
  if (good > 0 || !impossible.empty()) taken_.with_bars.push_back(rest.series);
  auto slice = slice_of(rest, *page, first, impossible);
  slice.settled = settled_by(slice.proven, true_time);
  std::vector<RejectedBar> rejected;
  rejected.reserve(impossible.size());
  for (auto const& one : impossible)
    rejected.push_back({.series = rest.series, .bar = one.bar, .reason = one.reason});
  loader_.add(std::move(slice), std::move(rejected));
  return page;
}

// The answer was written between the question and now. A day is more than any clock that somebody looks after
// is off: then "nothing traded" may be said of a time that has not come, or by a copy of years ago.
Result<void> PageTaker::compare_clocks(UtcTime asked_at, HttpResponse const& response) {
  again_at_.reset();
  auto const now = ports_.clock.now();
  auto& told = job_.source->told_of_the_clock;
  // A refusal, of a key for one, means what it means at any time.
  if (!response.date || response.status != 200) return {};
  if (asked_at - *response.date < clock_is_wrong_from && *response.date - now < clock_is_wrong_from)
    return {};
  auto const theirs = to_rfc3339(*response.date);
  auto const ours = to_rfc3339(now);
  if (!std::exchange(told, true))
    log_warn(
        "{}: the provider's clock says {}, ours {}: its answers prove nothing until one of them is set right",
        job_.source->name, theirs, ours);
  // By the earlier of the two, which is never later than the true time if one of them is right: a time by a
  // clock that is ahead would not come for as long as it is ahead.
  again_at_ = std::min(*response.date, now) + asked_again_after;
  return fail(
      ErrorKind::malformed,
      fmt::format(
          "the provider's clock says {}, ours {}: the answer proves nothing; set the clock of this machine "
          "right, or, if it is, tell the provider",
          theirs, ours));
}

// Bars that failed the check have a time of their own; some of those that cannot be read have none.
std::vector<PageTaker::Impossible> PageTaker::impossible_in(Page& page,
                                                            std::vector<FailedBar> const& failed) const {
  auto const bar_at = [&](UtcTime start) {
    return whole_bars(job_.timeframe, job_.calendar.zone(), {.from = start, .to = start + Milliseconds{1}});
  };
  std::vector<Impossible> all;
  all.reserve(failed.size() + page.unreadable.size());
  for (auto const& [bar, reason] : failed)
    all.push_back({.bar = bar, .reason = std::string{to_string(reason)}, .hole = bar_at(bar.start)});
  for (auto& [bar, problem, between] : page.unreadable)
    all.push_back({.bar = bar,
                   .reason = fmt::format("unreadable: {}", problem),
                   .hole = between.value_or(bar_at(bar.start))});
  return all;
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

// The page proves its whole range but for the times of the bars that cannot be true or be read: those stay
// due.
LoadSlice PageTaker::slice_of(Window const& rest, Page const& page, std::size_t first,
                              std::vector<Impossible> const& impossible) {
  LoadSlice slice{.series = rest.series,
                  .ticker = rest.ticker,
                  .first = first,
                  .count = loader_.bars().size() - first,
                  .proven = {TimeRange{.from = rest.range.from, .to = page.proven_until}}};
  auto const good = std::span{loader_.bars()}.subspan(first);
  for (auto const& [bar, reason, hole] : impossible) {
    if (hole.empty() || std::ranges::binary_search(good, hole.from, {}, &Bar::start))
      continue;  // a good one came beside it
    slice.proven.remove(hole);
    taken_.rejected.push_back({.series = rest.series,
                               .range = hole,
                               .reason = GapReason::rejected,
                               .detail = fmt::format("{}: {} {}", reason, rest.ticker, to_rfc3339(bar.start)),
                               .failed_at = ports_.clock.now()});
  }
  return slice;
}

}  // namespace candled
