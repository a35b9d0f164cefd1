#include "sim/world/model_tables.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace candled::sim {

using namespace std::chrono_literals;

namespace {

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

bool same_values(Bar const& a, Bar const& b) {
  return same(a.open, b.open) && same(a.high, b.high) && same(a.low, b.low) && same(a.close, b.close) &&
         same(a.volume, b.volume) && (std::isnan(b.vwap) || a.vwap == b.vwap) &&
         (b.trade_count == -1 || a.trade_count == b.trade_count);
}

UtcTime next_try(FailedWindow const& window, int attempts) {
  constexpr Milliseconds ladder[] = {10min, 1h, 24h, 7 * 24h};
  if (window.next_try_at) return *window.next_try_at;
  if (window.reason == GapReason::rejected && attempts >= 5) return UtcTime::max();
  if (window.reason == GapReason::not_entitled) return window.failed_at + 24h;
  if (window.reason == GapReason::horizon) return window.failed_at + 7 * 24h;
  return window.failed_at + ladder[std::min(attempts, 4) - 1];
}

}  // namespace

SeriesId ModelTables::find_or_add(SeriesQuery const& query, std::string const& ticker) {
  auto const [place, is_new] = ids_.try_emplace({.ticker = ticker, .timeframe = query.timeframe},
                                                SeriesId{static_cast<std::int32_t>(ids_.size()) + 1});
  if (is_new)
    series_[place->second] = {.key = {.ticker = ticker, .timeframe = query.timeframe},
                              .wanted_from = query.wanted_from};
  auto& row = series_[place->second];
  row.wanted_from = std::min(row.wanted_from, query.wanted_from);
  for (auto const& settle : query.settle)
    if (std::ranges::find(row.settled, settle.after, &Settled::after) == row.settled.end())
      row.settled.push_back({.after = settle.after, .since = settle.closed_until, .during = {}});
  return place->second;
}

std::vector<Series> ModelTables::open_series(SeriesQuery const& query) {
  std::vector<Series> found;
  for (auto const& ticker : query.tickers) {
    auto const id = find_or_add(query, ticker);
    auto const& row = series_[id];
    Series series{.id = id, .ticker = ticker, .covered = row.covered};
    for (auto const& gap : row.gaps) {
      (gap.next_try_at > query.now ? series.parked : series.again).add(gap.during);
      if (gap.during.to > query.wanted_from) ++series.gaps[gap.reason];
    }
    for (auto const& settle : query.settle)
      series.settled.push_back(*std::ranges::find(row.settled, settle.after, &Settled::after));
    found.push_back(std::move(series));
  }
  return found;
}

LoadReport ModelTables::load(Load const& load) {
  LoadReport report;
  std::map<SeriesId, RangeSet> proven;
  std::map<SeriesId, BarTable> bars;  // each key once: the later in memory wins
  for (auto const& slice : load.slices) {
    proven[slice.series].add(slice.proven);
    for (auto const& bar : std::span{load.bars}.subspan(slice.first, slice.count))
      bars[slice.series].insert_or_assign(bar.start, bar);
  }
  for (auto const& [id, table] : bars)
    for (auto const& [start, bar] : table) write(series_.at(id), bar, report);
  for (auto const& [id, ranges] : proven) {
    fill_gaps(series_.at(id), ranges);
    series_.at(id).covered.add(ranges);
  }
  for (auto const& slice : load.slices)
    for (auto const& part : slice.settled) {
      auto& settled = series_.at(slice.series).settled;
      auto const found = std::ranges::find(settled, part.after, &Settled::after);
      if (found != settled.end()) found->during.add(part.during);
    }
  return report;
}

void ModelTables::write(SeriesRow& row, Bar const& bar, LoadReport& report) {
  auto const [place, is_new] = row.bars.try_emplace(bar.start, bar);
  if (is_new) {
    ++report.inserted;
    if (row.covered.contains({.from = bar.start, .to = bar.start + 1ms}))
      ++row.revisions;  // it had not existed
  } else if (same_values(place->second, bar)) {
    ++report.unchanged;
  } else {
    place->second = bar;
    ++report.changed;
    ++row.revisions;
  }
}

// The first piece that is left keeps the row, the others get rows like it.
void ModelTables::fill_gaps(SeriesRow& row, RangeSet const& proven) {
  std::vector<GapRow> left;
  for (auto const& gap : row.gaps) {
    auto const pieces = missing(gap.during, proven);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      left.push_back(gap);
      left.back().during = pieces[i];
      if (i > 0) left.back().id = ++last_gap_;
    }
  }
  std::ranges::sort(left, {}, &GapRow::id);
  row.gaps = std::move(left);
}

// Untried: only what no gap has is new; of those that are there the next try is put off when it is due.
void ModelTables::set_aside(std::vector<GapRow>& gaps, FailedWindow const& window) {
  RangeSet known;
  for (auto& gap : gaps) {
    if (!gap.during.overlaps(window.range)) continue;
    known.add(gap.during);
    if (gap.next_try_at <= window.failed_at) gap.next_try_at = next_try(window, 1);
  }
  for (auto const& piece : missing(window.range, known))
    gaps.push_back({.id = ++last_gap_,
                    .during = piece,
                    .reason = window.reason,
                    .last_tried = window.failed_at,
                    .attempts = 0,
                    .next_try_at = next_try(window, 1)});
}

// Whatever it overlaps becomes one gap with it, which has been tried once more than the most tried of them.
void ModelTables::park(std::vector<FailedWindow> const& windows) {
  for (auto const& window : windows) {
    if (window.range.empty()) continue;
    auto& gaps = series_.at(window.series).gaps;
    if (!window.tried) {
      set_aside(gaps, window);
      continue;
    }
    bool const told = std::ranges::any_of(gaps, [&](GapRow const& gap) {
      return gap.during.overlaps(window.range) && gap.last_tried == window.failed_at &&
             gap.during.contains(window.range);
    });
    if (told) continue;
    GapRow merged{
        .during = window.range, .reason = window.reason, .last_tried = window.failed_at, .attempts = 0};
    for (auto const& gap : gaps) {
      if (!gap.during.overlaps(window.range)) continue;
      if (merged.id == 0) {
        merged.id = gap.id;
        merged.last_tried = std::max(gap.last_tried, window.failed_at);
      }
      merged.during = {.from = std::min(merged.during.from, gap.during.from),
                       .to = std::max(merged.during.to, gap.during.to)};
      merged.attempts = std::max(merged.attempts, gap.attempts);
    }
    std::erase_if(gaps, [&](GapRow const& gap) { return gap.during.overlaps(window.range); });
    ++merged.attempts;
    merged.next_try_at = next_try(window, merged.attempts);
    if (merged.id == 0) merged.id = ++last_gap_;
    gaps.insert(std::ranges::upper_bound(gaps, merged.id, {}, &GapRow::id), merged);
  }
}

}  // namespace candled::sim
