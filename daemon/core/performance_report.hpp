// What a record of performance says: the trend, and what stands out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/performance.hpp"
#include "core/thresholds.hpp"
#include "core/time.hpp"

namespace candled {

// Several rows as one. Counts are added up, and shares, means and bars/s follow from the sums, so that each
// request and each second weighs the same. Percentiles cannot be joined: the p95 is the worst row's, and so
// are connections, lag and memory. The uptime is the last row's. `rows` are not empty.
PerformanceRow joined(std::span<PerformanceRow const> rows);

struct FigureTrend {
  Figure figure{};
  std::optional<double> now;  // the last row's; nullopt: it says nothing of the figure
  double median = 0;          // of all rows that say something
};

enum class Period { hour, day };

// Rows of one hour or day, joined. It may lack some: `recorded` is how much there is.
struct PerformancePeriod {
  UtcTime begins;
  Milliseconds recorded{0};
  PerformanceRow row;
};

// A sentence, and the time that it is about.
struct Finding {
  std::string about;  // a figure's name, or gap, starts
  TimeRange during;
  std::string text;
};

struct PerformanceReport {
  TimeRange during;  // as asked for
  std::int64_t rows = 0;
  std::int64_t unreadable_lines = 0;
  Period period = Period::hour;
  std::vector<PerformancePeriod> periods;  // those that have rows, oldest first
  std::vector<FigureTrend> trend;
  // How fast memory grows since the last start, by least squares, without the first hour, in which caches
  // fill; nullopt: that start is not a day ago.
  std::optional<double> memory_bytes_per_day;
  std::vector<Finding> findings;
};

// Of the rows that reach into `during`, whose end is now; by the day when it is longer than two days. The
// record's order does not matter.
PerformanceReport performance_report(PerformanceRecord record, TimeRange during,
                                     PerformanceThresholds const& thresholds);

}  // namespace candled
