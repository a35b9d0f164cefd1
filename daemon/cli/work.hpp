// What `once` and `backfill` share: orders for jobs, done side by side, and an account of them.
#pragma once

#include <string>
#include <vector>

#include "cli/engine.hpp"
#include "cli/exit_code.hpp"
#include "pipeline/run_job.hpp"

namespace candled {

struct LaneOrder {
  Lane lane = Lane::backfill;
  Order order;
};

struct JobOrder {
  Job const* job = nullptr;
  std::vector<LaneOrder> lanes;  // worked on one after the other
};

// Runs all orders within one run of the ledger, side by side, and shows how far they are. The results stand
// in the same order, each the sum of its lanes. The engine's clock has stopped afterwards.
struct WorkResult {
  std::vector<JobResult> jobs;
  ExitCode exit_code = ExitCode::done;
};
Task<WorkResult> work_on(Engine& engine, std::string command, std::vector<JobOrder> orders);

// Whether the database can be worked on now; prints what is wrong and what to do about it otherwise.
ExitCode check_database(Config const& config);

// Whether timings can be written: told before the work starts, for a wrong path is the operator's to mend.
ExitCode check_timings(Engine const& engine);
// The same for the record of performance.
ExitCode check_performance(Engine const& engine);

// The jobs that `name` means; empty: all. Prints which there are when there is no such job.
std::vector<Job const*> chosen_jobs(std::vector<Job> const& jobs, std::string const& name);

// What a person should know besides the numbers: symbols without any bar, ranges that are not asked for.
void print_notes(Job const& job, JobResult const& result);

// Of orders that are one range each: a line for each, and what to do about what is missing.
void print_ranges(WorkResult const& work, std::vector<JobOrder> const& orders);

// "A, B and 7 more"
std::string some_of(std::vector<std::string> const& names);

void print_error(std::string_view what);

}  // namespace candled
