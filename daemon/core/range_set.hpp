// A set of instants as disjoint half-open ranges: what is covered, what is missing.
#pragma once

#include <initializer_list>
#include <vector>

#include "core/time.hpp"

namespace candled {

// Always sorted, disjoint and merged, as PostgreSQL's tstzmultirange is: touching ranges become one.
class RangeSet {
 public:
  RangeSet() = default;
  RangeSet(std::initializer_list<TimeRange> ranges);

  void add(TimeRange range);
  void add(RangeSet const& other);
  void remove(TimeRange range);
  void remove(RangeSet const& other);

  bool empty() const { return ranges_.empty(); }
  bool contains(TimeRange range) const;
  bool overlaps(TimeRange range) const;
  std::vector<TimeRange> const& ranges() const { return ranges_; }

  friend bool operator==(RangeSet const&, RangeSet const&) = default;

 private:
  std::vector<TimeRange> ranges_;
};

// What of `range` is not in `set`, oldest first.
std::vector<TimeRange> missing(TimeRange range, RangeSet const& set);

}  // namespace candled
