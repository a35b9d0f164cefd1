// What the pipeline is to keep filled.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/calendar.hpp"
#include "core/plan.hpp"
#include "core/schedule.hpp"
#include "pipeline/run_batch.hpp"
#include "pipeline/source.hpp"

namespace candled {

struct Job {
  std::string name;
  Source* source;  // not ours; outlives the job; nullptr in a job that only plans
  Timeframe timeframe{};
  std::vector<std::string> symbols;
  Calendar calendar;
  Date history{};
  std::optional<Schedule> schedule;
  std::size_t batch_symbols = 50;
  BatchShape shape;
};

enum class ParkedWindows { leave, ask };

// The part of a job's series that is to be covered now.
struct Order {
  TimeRange wanted;
  ParkedWindows parked = ParkedWindows::leave;
};

// All that should be there by now: from the job's history to the last bar that is final.
Order everything_due(Job const& job, UtcTime now);

// The windows that `series` still need. Pure.
std::vector<Window> windows_due(Job const& job, std::vector<Series> const& series, Order const& order);

// The windows that ask again for the times of bars that could not be true. `asked` are the windows that
// brought them.
std::vector<Window> windows_again(Job const& job, std::vector<Window> const& asked,
                                  std::vector<FailedWindow> const& rejected);

std::int64_t pages_at_most(Job const& job, std::vector<Window> const& windows);

}  // namespace candled
