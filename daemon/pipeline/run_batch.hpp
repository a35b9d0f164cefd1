// A batch, from windows to committed bars.
#pragma once

#include <optional>
#include <vector>

#include "core/window.hpp"
#include "pipeline/job.hpp"
#include "pipeline/ports.hpp"

namespace candled {

struct BatchResult {
  BatchRecord record;
  // Given up, with the part of each window that is not committed.
  std::vector<FailedWindow> failed;
  // Times of rejected bars: not covered, so they are due again.
  std::vector<FailedWindow> rejected;
  // Series that had a bar, good or not; one with several pages stands here several times.
  std::vector<SeriesId> with_bars;
  // What ended the batch before its end: stopped, key_refused, or the database's refusal.
  std::optional<Error> ended_by;
};

// plan -> wait -> fetch -> parse -> validate -> load, for every window of the batch. One bad symbol never
// stops the others. `planned_at`: the wall clock when the windows were made; it may have been set back since.
// `ports`, `job`, its source and `batch` must outlive the task.
Task<BatchResult> run_batch(Ports& ports, Job const& job, Batch const& batch, UtcTime planned_at = {});

}  // namespace candled
