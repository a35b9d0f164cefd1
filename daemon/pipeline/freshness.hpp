// How late the latest bars are.
#pragma once

#include <optional>
#include <vector>

#include "core/meters.hpp"
#include "core/time.hpp"
#include "pipeline/supervisor.hpp"

namespace candled {

// Of all series of jobs with a schedule, the longest time since a job's schedule should have brought the
// oldest bar that lacks after the end of what is covered; 0: all that is due is there. What is parked as a
// gap does not count, nor a series of which nothing is covered yet. nullopt: there is no series to look at,
// as before the first planning.
std::optional<Milliseconds> freshness_lag(Meters const& meters, std::vector<JobSetup> const& jobs,
                                          UtcTime now);

}  // namespace candled
