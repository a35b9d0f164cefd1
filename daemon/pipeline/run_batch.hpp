// A batch, from windows to committed bars.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/window.hpp"
#include "pipeline/job.hpp"
#include "pipeline/ports.hpp"

namespace candled {

struct BatchResult {
  BatchRecord record;
  // Given up, with the part of each window that is not committed; `tried` where a request was made for it.
  std::vector<FailedWindow> failed;
  // Times of rejected bars: not covered, so they are due again.
  std::vector<FailedWindow> rejected;
  // Series that had a bar, good or not; one with several pages stands here several times.
  std::vector<SeriesId> with_bars;
  // Series of whose windows an answer proved less than it should have, because a clock is wrong; and those of
  // which a plan without live data keeps the last minutes back. Both stay due.
  std::vector<SeriesId> unproven;
  std::vector<SeriesId> kept_back;
  // Bars that the database refused: not covered, so they are due again.
  std::int64_t refused_bars = 0;
  // What ended the batch before its end: stopped, key_refused, or the database's refusal.
  std::optional<Error> ended_by;
};

// plan -> wait -> fetch -> parse -> validate -> load, for every window of the batch. One bad symbol never
// stops the others. `planned_at`: the wall clock when the windows were made; it may have been set back since.
// `fresh`: what a person's request has learned of the plan so far, instead of what the source has; nullptr:
// the daemon's own work. `ports`, `job`, its source, `batch` and `fresh` must outlive the task.
//
// Its outcome: ok, all windows are committed, but for what a plan without live data keeps back; partial, some
// of it is not (refused, failed, not asked for because the plan is known to refuse it, unproven, or bars that
// cannot be true); failed, nothing is, or something ended the batch; stopped.
Task<BatchResult> run_batch(Ports& ports, Job const& job, Batch const& batch, UtcTime planned_at = {},
                            Learned* fresh = nullptr);

}  // namespace candled
