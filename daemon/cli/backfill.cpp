#include "cli/asked_ranges.hpp"
#include "cli/commands.hpp"
#include "cli/loop.hpp"
#include "cli/work.hpp"
#include "pipeline/async.hpp"

namespace candled {

namespace {

Task<ExitCode> backfill(Engine& engine, std::vector<JobOrder> orders) {
  auto const work = co_await work_on(engine, "backfill", orders);
  print_ranges(work, orders);
  co_return work.exit_code;
}

}  // namespace

ExitCode backfill_command(Engine& engine, Config const& config, Options const& options) {
  auto const asked = asked_of(engine.jobs, options, engine.clock->now());
  if (asked.empty()) return ExitCode::usage;
  std::vector<JobOrder> orders;
  orders.reserve(asked.size());
  for (auto const& [job, range] : asked)
    orders.push_back(
        {.job = &job,
         .lanes = {{.lane = Lane::backfill, .order = {.wanted = range, .parked = ParkedWindows::ask}}}});
  if (auto const code = check_timings(engine); code != ExitCode::done) return code;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  return run_on_loop(engine, backfill(engine, std::move(orders)));
}

}  // namespace candled
