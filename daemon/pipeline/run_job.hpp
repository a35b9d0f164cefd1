// A job's due work, from plan to the last commit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/job.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/timings_csv.hpp"

namespace candled {

// One start of candled, to which batches belong.
struct Run {
  RunId id{};
  TimingsCsv& timings;
};

struct JobResult {
  std::int64_t windows = 0;  // asked for
  // Given up for now, or holding a bar that cannot be true or that the database refused.
  std::int64_t failed = 0;
  std::int64_t unproven = 0;  // answered for less than was due, because a clock is wrong: due again
  std::int64_t bars = 0;      // received and good
  std::int64_t inserted = 0;
  std::int64_t changed = 0;
  std::int64_t requests = 0;
  std::int64_t files = 0;         // day files read
  std::int64_t files_broken = 0;  // left out: the log says why
  std::int64_t parked = 0;        // symbols with ranges that failed before and are not asked for again yet
  // Symbols that were asked for the first time and have no bar at all, in the database neither, though the
  // provider said nothing else: no refusal, no failure, no clock that is wrong. A wrong ticker?
  std::vector<std::string> without_bars;
  // Why it did not come to its end: stopped, key_refused, or the database's refusal.
  std::optional<Error> ended_by;
};

// Works on what is due of `order` until nothing is left or it has failed: failed windows are parked. A
// person's order (ParkedWindows::ask) asks whatever was learned before of the plan and the key. Each batch
// leaves one log line, one row in timings.csv and one in the database. `ports`, `job` and `run` must outlive
// the task.
Task<JobResult> run_job(Ports& ports, Job const& job, Order order, Run run);

}  // namespace candled
