#include <fmt/format.h>

#include "cli/asked_work.hpp"
#include "cli/commands.hpp"
#include "cli/loop.hpp"
#include "pipeline/async.hpp"

namespace candled {

namespace {

Task<ExitCode> backfill(Engine& engine, std::vector<JobOrder> orders) {
  auto const work = co_await work_on(engine, "backfill", orders);
  print_asked_work(work, orders);
  co_return work.exit_code;
}

}  // namespace

ExitCode backfill_command(Engine& engine, Config const& config, Options const& options) {
  auto const jobs = asked_jobs(engine, options);
  if (!jobs) return jobs.error();
  std::vector<JobOrder> orders;
  for (auto const& job : *jobs) {
    auto const range = asked_range(job, options, engine.clock->now());
    if (range.empty()) {
      print_error(fmt::format("{}: no bar from {} on is closed yet: let the range begin earlier", job.name,
                              to_rfc3339(range.from)));
      return ExitCode::usage;
    }
    orders.push_back(
        {.job = &job,
         .lanes = {{.lane = Lane::backfill, .order = {.wanted = range, .parked = ParkedWindows::ask}}}});
  }
  if (auto const code = check_timings(engine); code != ExitCode::done) return code;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  return run_on_loop(engine, backfill(engine, std::move(orders)));
}

}  // namespace candled
