// The daemon's life: every job when it is due, until stop.
#pragma once

#include <vector>

#include "pipeline/job.hpp"
#include "pipeline/run_job.hpp"

namespace candled {

// First everything that is due, then each job by its schedule. Work is what coverage lacks, not what a missed
// tick left behind: a host that slept catches up once. Jobs run side by side and share their source's budget;
// a job that is still at work when its next time comes is not started twice. Returns when the clock stops, or
// with the error that ended it: db_refused. A refused key is logged, and tried again at the job's next time.
// `ports`, `jobs` and `run` must outlive the task.
Task<Result<void>> run_by_schedule(Ports& ports, std::vector<Job> const& jobs, Run run);

}  // namespace candled
