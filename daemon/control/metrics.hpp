// What /metrics answers: all numbers of the daemon in Prometheus' text format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/health.hpp"
#include "control/plane.hpp"
#include "core/limits.hpp"
#include "core/meters.hpp"

namespace candled {

// How much of a provider's budget is in use.
struct BudgetNumbers {
  std::string provider;
  RateLimit limit;  // in effect
  int learned = 0;  // requests in a window that the provider is known to let through
  int taken = 0;    // places, by us and by others
};

// How far a lane of a job is.
struct LaneNumbers {
  std::string job;
  std::string lane;
  std::int64_t windows = 0;
  std::int64_t windows_done = 0;
  std::int64_t windows_failed = 0;
};

// How late a job's latest bars are, by its schedule.
struct LagNumbers {
  std::string job;
  std::string calendar;
  Milliseconds lag{0};
};

// Of the process, as the kernel counts.
struct ProcessNumbers {
  double cpu_seconds = 0;
  std::int64_t resident_bytes = 0;
  std::int64_t open_files = 0;
};
ProcessNumbers read_process_numbers();

struct MetricsView {
  Meters const& meters;
  HealthRecord const& health;
  AnswerCounts const& answers;
  std::vector<BudgetNumbers> budgets;
  std::vector<LaneNumbers> lanes;
  std::vector<LagNumbers> lags;
  std::vector<std::pair<std::string, GapCounts>> gaps;                 // that are open, of each job
  std::vector<std::pair<std::string, std::int64_t>> short_of_history;  // symbols, of each job
  std::vector<std::pair<std::string, bool>> sessions;  // of each calendar that jobs use: is it open now?
  ProcessNumbers process;
  UtcTime started_at;
  Milliseconds loop_late{0};
  std::int64_t refused_tokens = 0;
  std::size_t connections = 0;
  bool reload_failed = false;
  UtcTime config_loaded_at;
};

// Sorted by name. No label holds a symbol: there are as many series as providers, jobs and routes make.
std::string metrics_text(MetricsView const& view);

ControlAnswer metrics_answer(MetricsView const& view);

}  // namespace candled
