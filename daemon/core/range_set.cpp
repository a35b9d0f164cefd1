#include "core/range_set.hpp"

#include <algorithm>

namespace candled {

namespace {

// The first range that ends at or after `t`: the first that an addition at `t` could touch.
auto first_reaching(std::vector<TimeRange>& ranges, UtcTime t) {
  return std::ranges::lower_bound(ranges, t, {}, &TimeRange::to);
}

}  // namespace

RangeSet::RangeSet(std::initializer_list<TimeRange> ranges) {
  for (auto const& range : ranges) add(range);
}

void RangeSet::add(TimeRange range) {
  if (range.empty()) return;
  auto const first = first_reaching(ranges_, range.from);
  auto last = first;
  for (; last != ranges_.end() && last->from <= range.to; ++last) {
    range.from = std::min(range.from, last->from);
    range.to = std::max(range.to, last->to);
  }
  ranges_.insert(ranges_.erase(first, last), range);
}

void RangeSet::add(RangeSet const& other) {
  for (auto const& range : other.ranges_) add(range);
}

void RangeSet::remove(TimeRange range) {
  if (range.empty()) return;
  std::vector<TimeRange> kept;
  kept.reserve(ranges_.size() + 1);
  for (auto const& own : ranges_) {
    if (!own.overlaps(range)) {
      kept.push_back(own);
      continue;
    }
    if (own.from < range.from) kept.push_back({.from = own.from, .to = range.from});
    if (range.to < own.to) kept.push_back({.from = range.to, .to = own.to});
  }
  ranges_ = std::move(kept);
}

void RangeSet::remove(RangeSet const& other) {
  for (auto const& range : other.ranges_) remove(range);
}

bool RangeSet::contains(TimeRange range) const {
  return range.empty() || std::ranges::any_of(ranges_, [&](auto const& own) { return own.contains(range); });
}

bool RangeSet::overlaps(TimeRange range) const {
  return std::ranges::any_of(ranges_, [&](auto const& own) { return own.overlaps(range); });
}

std::vector<TimeRange> missing(TimeRange range, RangeSet const& set) {
  std::vector<TimeRange> holes;
  auto from = range.from;
  for (auto const& covered : set.ranges()) {
    if (covered.to <= from) continue;
    if (covered.from >= range.to) break;
    if (from < covered.from) holes.push_back({.from = from, .to = covered.from});
    from = covered.to;
  }
  if (from < range.to) holes.push_back({.from = from, .to = range.to});
  return holes;
}

}  // namespace candled
