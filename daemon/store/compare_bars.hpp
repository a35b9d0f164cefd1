// New, changed or known: what a load's bars are to the table.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "store/bar_copy.hpp"

namespace candled {

struct Verdicts {
  std::vector<BarRef> fresh;
  std::vector<BarRef> changed;
  std::vector<Bar> replaced;  // what the table has where `changed` has other values, in its order
  std::int64_t unchanged = 0;

  bool nothing_to_write() const { return fresh.empty() && changed.empty(); }
};

// What a vwap or trade count that is not given says against a stored one. Nothing: day files have no vwap.
enum class NotGiven { says_nothing, differs };

// Compares `bars`, in key order and each key once, with the stored bars of `ranges`; what is not found there
// is fresh. Throws as libpqxx does.
Verdicts compare_with_stored(PgConnection& connection, std::span<BarRef const> bars,
                             std::span<StoredRange const> ranges,
                             NotGiven not_given = NotGiven::says_nothing);

}  // namespace candled
