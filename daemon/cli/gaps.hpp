// What is missing, and why: of the database's record, and of what the jobs' calendars say should be there.
#pragma once

#include <string>
#include <vector>

#include "core/secret.hpp"
#include "pipeline/job.hpp"
#include "store/reports.hpp"

namespace candled {

struct JobOfProvider {
  Job job;  // its source is not looked at
  // That of today first.
  std::vector<std::string> provider_names;
};

// By ticker, provider and time. Blocking. Errors: as read_coverage.
Result<std::vector<GapRow>> read_gaps(Secret const& url, std::vector<JobOfProvider> const& jobs, UtcTime now);

}  // namespace candled
