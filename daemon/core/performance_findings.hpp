// What stands out in a record of performance. Rows are sorted by their start, and there is at least one.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/performance_report.hpp"

namespace candled {

// Of the rows that have the figure; the lower of the middle two. nullopt: none has.
std::optional<double> median_of(std::span<PerformanceRow const> rows, Figure figure);

// Bytes a day; as PerformanceReport::memory_bytes_per_day.
std::optional<double> memory_growth(std::span<PerformanceRow const> rows);

// Gaps and starts first, then each threshold's figure by its worst rows, then the growth of memory. A figure
// stands out when its threshold is passed, or when it is more than three times its median and not small.
std::vector<Finding> findings_of(std::span<PerformanceRow const> rows, UtcTime now,
                                 PerformanceThresholds const& thresholds);

}  // namespace candled
