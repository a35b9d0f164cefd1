// What --job, --symbols, --from and --to mean: for `backfill` and `repair`.
#pragma once

#include <expected>
#include <vector>

#include "cli/engine.hpp"
#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "cli/work.hpp"

namespace candled {

// The jobs with the symbols that were asked for; jobs that have none of them are not there. Error: prints
// what is wrong with the names.
std::expected<std::vector<Job>, ExitCode> asked_jobs(Engine const& engine, Options const& options);

// --from and --to in the job's calendar: two dates include both days, two times are half-open; without them
// all that the job is due. Never beyond what is final.
TimeRange asked_range(Job const& job, Options const& options, UtcTime now);

// A line for each job, and what to do about what is missing.
void print_asked_work(WorkResult const& work, std::vector<JobOrder> const& orders);

}  // namespace candled
