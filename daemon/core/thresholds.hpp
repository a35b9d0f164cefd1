// Which figures of performance an operator is to hear of, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/performance.hpp"
#include "core/time.hpp"

namespace candled {

// For a row of five minutes; nullopt: never.
struct PerformanceThresholds {
  std::optional<int> error_pct = 5;      // of the requests
  std::optional<int> rate_limited = 10;  // requests that were answered 429
  std::optional<Milliseconds> response_p95 = std::chrono::seconds{10};
  std::optional<Milliseconds> freshness_lag = std::chrono::minutes{15};
  std::optional<std::int64_t> memory = std::int64_t{256} << 20;  // bytes

  friend bool operator==(PerformanceThresholds const&, PerformanceThresholds const&) = default;
};

// A threshold on its figure.
struct Threshold {
  Figure figure;
  double value;            // passed by what is above it
  std::string_view key;    // within timings.warn
  std::string_view what;   // the figure, as a sentence's subject
  std::string_view to_do;  // for an operator
};
std::vector<Threshold> thresholds_of(PerformanceThresholds const& config);

// Fewer requests than this say nothing of their rates and times: one of two that failed is not half of all.
inline constexpr double requests_that_tell = 5;

// Whether the row says something of this figure.
bool tells(PerformanceRow const& row, Figure figure);

struct ThresholdNews {
  bool passed = false;  // false: it is over
  std::string text;     // one line for the log
};

// Remembers which thresholds are passed. One is over when its figure is back at four fifths of it, so that
// what swings around it is told once. A row that says nothing of a figure changes nothing.
class ThresholdWatch {
 public:
  explicit ThresholdWatch(PerformanceThresholds const& config);

  // In the thresholds' order.
  std::vector<ThresholdNews> judge(PerformanceRow const& row);

 private:
  struct Watched {
    Threshold threshold;
    bool passed = false;
  };
  std::vector<Watched> watched_;
};

}  // namespace candled
