#include "pipeline/job.hpp"

#include <algorithm>
#include <map>

namespace candled {

namespace {

// Where the session before that of the newest final bar ended: what is later is live, what is older is
// history. The closed time between the two is asked for with the later one, for bars may start in it:
// overnight, after an early close, on a day that is closed by mistake.
UtcTime live_from(Job const& job, UtcTime closed) {
  auto const zone = job.calendar.zone();
  auto const last = closed - Milliseconds{1};
  if (job.timeframe > Timeframe::d1) return bar_start(job.timeframe, zone, last);
  auto const newest = job.calendar.session_at_or_before(last);
  auto const before = job.calendar.session_at_or_before(newest.hours.from - Milliseconds{1});
  if (job.timeframe == Timeframe::d1) return zone.at(next_day(before.date), Milliseconds{0});
  return bar_end(job.timeframe, zone, before.hours.to - Milliseconds{1});
}

RangeSet intersection(RangeSet const& set, TimeRange range) {
  RangeSet outside{range};
  outside.remove(set);
  RangeSet inside{range};
  inside.remove(outside);
  return inside;
}

// What of `series` has not been read again since it could be, for one settle time or more.
RangeSet unsettled(Job const& job, Series const& series, UtcTime now) {
  RangeSet due;
  for (auto const& stage : series.settled) {
    TimeRange const may_have_changed{.from = stage.since, .to = settled_until(job, stage.after, now)};
    if (may_have_changed.empty()) continue;
    auto unread = intersection(series.covered, may_have_changed);
    unread.remove(stage.during);
    due.add(unread);
  }
  return due;
}

// Gaps that may be tried, as whole bars.
RangeSet open_gaps(Series const& series, Order const& order) {
  auto gaps = series.again;
  if (order.parked == ParkedWindows::ask) gaps.add(series.parked);
  return gaps;
}

// The start of the first bar that starts at `time` or later.
UtcTime first_start(Job const& job, UtcTime time) {
  return bar_end(job.timeframe, job.calendar.zone(), time - Milliseconds{1});
}

// The part of an order in which the provider knows the instrument by this name. A name begins and ends with a
// bar (store/series_names.hpp).
Order under(Name const& name, Job const& job, Order order) {
  auto& [from, to] = order.wanted;
  if (name.during.from > from) from = first_start(job, name.during.from);
  if (name.during.to < to) to = std::min(to, first_start(job, name.during.to));
  return order;
}

std::vector<TimeRange> ranges_of(Job const& job, Series const& series, Order const& order, UtcTime now) {
  if (order.work == Work::uncovered) {
    RangeSet set_aside;
    if (order.parked == ParkedWindows::leave) {
      set_aside = series.parked;
      set_aside.add(series.again);
    }
    return ranges_due(job.calendar, job.timeframe, order.wanted, series.covered, set_aside);
  }
  auto const asked = order.work == Work::settle ? unsettled(job, series, now) : open_gaps(series, order);
  RangeSet others{order.wanted};
  others.remove(asked);
  return ranges_due(job.calendar, job.timeframe, order.wanted, others, {});
}

}  // namespace

std::optional<UtcTime> kept_from(Job const& job, UtcTime now) {
  if (job.retention_years == 0) return std::nullopt;
  auto const zone = job.calendar.zone();
  auto const year = zone.date_at(now).year() - std::chrono::years{job.retention_years};
  return zone.at(Date{year / std::chrono::January / 1}, Milliseconds{0});
}

UtcTime wanted_from(Job const& job, UtcTime now) {
  return std::max(job.calendar.zone().at(job.history, Milliseconds{0}),
                  kept_from(job, now).value_or(UtcTime::min()));
}

std::vector<Name> names_of(Series const& series) {
  if (!series.names.empty()) return series.names;
  return {{.ticker = series.ticker, .during = {.from = UtcTime::min(), .to = UtcTime::max()}}};
}

std::optional<Name> name_at(Series const& series, UtcTime time) {
  if (series.names.empty()) return names_of(series).front();
  auto const found =
      std::ranges::find_if(series.names, [&](Name const& name) { return name.during.contains(time); });
  return found == series.names.end() ? std::nullopt : std::optional{*found};
}

Order everything_due(Job const& job, UtcTime now) {
  auto const asked = job.schedule ? delay_of(*job.schedule) : Milliseconds{0};
  auto const delay = std::max(asked, published_after);
  return {
      .wanted = {.from = wanted_from(job, now), .to = job.calendar.closed_until(job.timeframe, now - delay)}};
}

Order order_of(Lane lane, Job const& job, UtcTime now) {
  auto order = everything_due(job, now);
  auto& wanted = order.wanted;
  auto const live = std::max(wanted.from, live_from(job, wanted.to));
  switch (lane) {
    case Lane::live: wanted.from = live; break;
    case Lane::backfill: wanted.to = std::min(wanted.to, live); break;
    case Lane::repair: order.work = Work::gaps; break;
    case Lane::settle: order.work = Work::settle; break;
  }
  return order;
}

UtcTime settled_until(Job const& job, Milliseconds after, UtcTime now) {
  return job.calendar.closed_until(std::max(job.timeframe, Timeframe::d1), now - after);
}

SeriesQuery series_query(Job const& job, UtcTime now) {
  SeriesQuery query{.provider = job.source->name,
                    .timeframe = job.timeframe,
                    .tickers = job.symbols,
                    .wanted_from = wanted_from(job, now),
                    .now = now,
                    .calendar = std::string{to_string(job.calendar.kind())},
                    .kept_from = kept_from(job, now),
                    .rollups = job.rollups,
                    .shown_elsewhere = job.shown_elsewhere};
  for (auto const after : job.settle)
    query.settle.push_back({.after = after, .closed_until = settled_until(job, after, now)});
  return query;
}

std::vector<Window> windows_due(Job const& job, std::vector<Series> const& series, Order const& asked,
                                UtcTime now) {
  auto order = asked;
  if (auto const kept = kept_from(job, now)) order.wanted.from = std::max(order.wanted.from, *kept);
  std::vector<Window> windows;
  if (order.wanted.empty()) return windows;
  for (auto const& one : series)
    for (auto const& name : names_of(one))
      for (auto const& range : ranges_of(job, one, under(name, job, order), now))
        windows.push_back({.series = one.id, .ticker = name.ticker, .range = range});
  return windows;
}

std::vector<Window> windows_again(Job const& job, std::vector<Window> const& asked,
                                  std::vector<FailedWindow> const& rejected) {
  // Within the window that brought it: beyond, the instrument may have had another ticker.
  std::map<std::size_t, RangeSet> holes;
  for (auto const& one : rejected) {
    auto const brought = std::ranges::find_if(asked, [&](Window const& window) {
      return window.series == one.series && window.range.overlaps(one.range);
    });
    holes[static_cast<std::size_t>(brought - asked.begin())].add(one.range);
  }
  std::vector<Window> windows;
  for (auto const& [index, ranges] : holes)
    for (auto const& range : join_where_cheaper(job.calendar, job.timeframe, ranges.ranges(), {}))
      windows.push_back({.series = asked[index].series, .ticker = asked[index].ticker, .range = range});
  return windows;
}

std::int64_t pages_at_most(Job const& job, std::vector<Window> const& windows) {
  std::int64_t pages = 0;
  for (auto const& window : windows) pages += pages_at_most(job.calendar, job.timeframe, window.range);
  return pages;
}

}  // namespace candled
