// A batch, from windows to committed bars.
#pragma once

#include <optional>
#include <vector>

#include "core/calendar.hpp"
#include "core/window.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/source.hpp"

namespace candled {

// How a batch's symbols are fetched: `parallel` lanes, each taking the next symbol when it is done with one.
// Lane n starts n * stagger after the first, so that a batch does not begin with a burst; later nothing but
// the budget holds a lane back.
struct BatchShape {
  int parallel = 3;
  Milliseconds stagger{0};
};

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
// stops the others. `ports`, `source` and `batch` must outlive the task.
Task<BatchResult> run_batch(Ports& ports, Source& source, Calendar const& calendar, Batch const& batch,
                            BatchShape shape);

}  // namespace candled
