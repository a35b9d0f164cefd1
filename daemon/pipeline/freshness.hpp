// How late the latest bars are, how many gaps are open, and who has less history than others.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/meters.hpp"
#include "core/time.hpp"
#include "pipeline/supervisor.hpp"

namespace candled {

// How late a job's latest bars are.
struct JobLag {
  Job const* job = nullptr;
  Milliseconds lag{0};    // of the series that is the latest
  UtcTime due_until;      // the end of the newest bar that should be there
  UtcTime covered_until;  // the end of what every series has
  int series = 0;
  int late = 0;  // of them
};

// Of each job with a schedule and with a series to look at (none before the first planning): of its series
// the longest time since the schedule should have brought the oldest bar that lacks after the end of what is
// covered; 0: all that is due is there. Nights, weekends and holidays bring no bar, so nothing lacks then.
// What is parked as a gap does not count, nor a series of which nothing is covered yet.
std::vector<JobLag> job_lags(Meters const& meters, std::vector<JobSetup> const& jobs, UtcTime now);

// The longest of them; nullopt: there is none.
std::optional<Milliseconds> freshness_lag(Meters const& meters, std::vector<JobSetup> const& jobs,
                                          UtcTime now);

// The open gaps of all of the job's series, as of when each was last planned; none before the first planning.
GapCounts open_gaps(Job const& job, Meters const& meters);

// How many of the job's symbols were refused history that another of the same provider, timeframe and asset
// class was given (shorter_than_others), as of when each was last planned.
std::int64_t short_of_history(Job const& job, Meters const& meters);

}  // namespace candled
