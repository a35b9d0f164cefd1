// Writes performance_metrics.csv while the daemon lives.
#pragma once

#include <functional>

#include "core/meters.hpp"
#include "core/performance.hpp"
#include "core/thresholds.hpp"
#include "pipeline/clock.hpp"
#include "pipeline/csv_file.hpp"

namespace candled {

// A row for every five minutes of the wall clock, at 0, 5, 10, … past the hour (UTC), whether or not
// something happened, and one for what is left at the end. Each begins where the last one ended; after a
// clock that was set, or a host that slept, it begins where its own time does. Thresholds that are passed,
// or passed no more, are told in the log, whether the file is written or not; a row that is lost is no error.
class PerformanceRecorder {
 public:
  using Look = std::function<PerformanceLook()>;

  // The first row begins now. All must outlive it.
  PerformanceRecorder(CsvFile& file, PerformanceThresholds const& thresholds, Meters const& meters,
                      Clock& clock, Look look);

  // Until the clock stops.
  Task<void> run();
  // The last row, once all work has ended: a part of five minutes, by which no threshold is judged.
  void finish();

 private:
  // False: the clock has stopped.
  Task<bool> wait_until_mark();
  PerformanceRow take_row(UtcTime to);
  void write(PerformanceRow const& row);

  CsvFile& file_;
  ThresholdWatch watch_;
  Meters const& meters_;
  Clock& clock_;
  Look look_;
  PerformanceCounts before_;
  UtcTime row_from_;
  SteadyTime row_began_;
  Milliseconds recorded_{0};
};

}  // namespace candled
