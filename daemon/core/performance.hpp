// performance_metrics.csv: how the daemon did, in rows of five minutes.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/histogram.hpp"
#include "core/length_counts.hpp"
#include "core/meters.hpp"
#include "core/time.hpp"

namespace candled {

inline constexpr Milliseconds performance_row_length = std::chrono::minutes{5};

// The columns after `from` and `to`, in their order; docs/performance.md says what each counts.
enum class Figure : std::uint8_t {
  uptime_s,
  requests,
  succeeded,
  errors,
  rate_limited,
  retries,
  success_pct,
  error_pct,
  response_mean_ms,
  response_p95_ms,
  connections,
  bars,
  bars_per_s,
  freshness_lag_s,
  memory_bytes
};
inline constexpr std::size_t figure_count = 15;

// As in the header.
std::string_view to_string(Figure figure);

struct PerformanceRow {
  TimeRange during;
  std::array<std::optional<double>, figure_count> figures{};  // nullopt: an empty cell

  std::optional<double> const& operator[](Figure figure) const {
    return figures.at(static_cast<std::size_t>(figure));
  }
  std::optional<double>& operator[](Figure figure) { return figures.at(static_cast<std::size_t>(figure)); }
};

// What the meters counted from their start up to some moment.
struct PerformanceCounts {
  std::int64_t succeeded = 0;
  std::int64_t rate_limited = 0;
  std::int64_t errors = 0;
  std::int64_t retries = 0;
  std::int64_t bars = 0;
  Histogram::Seconds took{0};  // of all answers together
  LengthCounts lengths;
};
PerformanceCounts performance_counts(Meters const& meters);

// What is looked up at a row's end.
struct PerformanceLook {
  std::int64_t connections = 0;
  std::int64_t memory_bytes = 0;
  std::optional<Milliseconds> freshness_lag;
};

PerformanceRow performance_row(TimeRange during, PerformanceCounts const& before,
                               PerformanceCounts const& after, PerformanceLook const& look,
                               Milliseconds uptime);

// The first line of the file, and one row, each with its line end.
std::string performance_header();
std::string performance_line(PerformanceRow const& row);

// A record as it was found: rows in the file's order.
struct PerformanceRecord {
  std::vector<PerformanceRow> rows;
  std::int64_t unreadable_lines = 0;
};
// Columns go by the name in the header, which may come again in the middle: those that are missing stay
// empty, those that nobody knows are skipped. A last line without its end is one that is being written, or
// was torn, and is left out.
PerformanceRecord read_performance(std::string_view text);

// For people: "1.5 %", "12 s", "61.0 MiB".
std::string figure_in_words(Figure figure, double value);

}  // namespace candled
