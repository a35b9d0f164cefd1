#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/loop.hpp"
#include "cli/work.hpp"
#include "pipeline/async.hpp"
#include "pipeline/drop_expired.hpp"

namespace candled {

namespace {

void print_result(WorkResult const& work, std::vector<JobOrder> const& orders) {
  for (std::size_t i = 0; i < work.jobs.size(); ++i) {
    auto const& result = work.jobs[i];
    auto const& job = *orders[i].job;
    if (result.windows == 0 && !result.ended_by) {
      fmt::print("{}: nothing is due\n", job.name);
    } else {
      fmt::print("{}: {} windows, {} bars ({} new, {} changed), {} requests, {} windows failed\n", job.name,
                 result.windows, result.bars, result.inserted, result.changed, result.requests,
                 result.failed);
    }
    print_notes(job, result);
  }
  if (work.exit_code == ExitCode::some_failed)
    fmt::print(
        "not all is covered: `candled gaps` says what is missing and why; `candled once` goes on from "
        "here\n");
}

// Today and history are one window here, and so take no more requests than they must: nobody waits for today
// first.
std::vector<LaneOrder> all_lanes(Job const& job, UtcTime now) {
  std::vector<LaneOrder> orders{{.lane = Lane::live, .order = everything_due(job, now)}};
  for (auto const lane : {Lane::repair, Lane::settle})
    orders.push_back({.lane = lane, .order = order_of(lane, job, now)});
  return orders;
}

Task<ExitCode> once(Engine& engine, std::vector<JobOrder> orders) {
  auto const work = co_await work_on(engine, "once", orders);
  print_result(work, orders);
  auto ports = engine.ports();
  if (std::ranges::any_of(orders, [](auto const& order) { return order.job->retention_years > 0; }))
    co_await drop_expired(ports);
  co_return work.exit_code;
}

}  // namespace

ExitCode once_command(Engine& engine, Config const& config, Options const& options) {
  auto const jobs = chosen_jobs(engine.jobs, options.job);
  if (jobs.empty()) return ExitCode::usage;
  if (auto const code = check_timings(engine); code != ExitCode::done) return code;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  std::vector<JobOrder> orders;
  orders.reserve(jobs.size());
  for (auto const* const job : jobs)
    orders.push_back({.job = job, .lanes = all_lanes(*job, engine.clock->now())});
  return run_on_loop(engine, once(engine, std::move(orders)));
}

}  // namespace candled
