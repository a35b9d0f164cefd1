#include <fmt/format.h>

#include "cli/asked_work.hpp"
#include "cli/commands.hpp"
#include "cli/loop.hpp"
#include "pipeline/async.hpp"

namespace candled {

namespace {

Task<ExitCode> repair(Engine& engine, std::vector<JobOrder> orders) {
  auto const work = co_await work_on(engine, "repair", orders);
  print_asked_work(work, orders);
  co_return work.exit_code;
}

}  // namespace

ExitCode repair_command(Engine& engine, Config const& config, Options const& options) {
  auto const jobs = asked_jobs(engine, options);
  if (!jobs) return jobs.error();
  std::vector<JobOrder> orders;
  for (auto const& job : *jobs)
    orders.push_back({.job = &job,
                      .lanes = {{.lane = Lane::repair,
                                 .order = {.wanted = asked_range(job, options, engine.clock->now()),
                                           .parked = ParkedWindows::ask,
                                           .work = Work::gaps}}}});
  if (auto const code = check_timings(engine); code != ExitCode::done) return code;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  return run_on_loop(engine, repair(engine, std::move(orders)));
}

}  // namespace candled
