#include <fmt/format.h>

#include <cstdio>

#include "cli/asked_ranges.hpp"
#include "cli/commands.hpp"
#include "cli/loop.hpp"
#include "cli/work.hpp"
#include "pipeline/async.hpp"

namespace candled {

namespace {

void print_result(WorkResult const& work, std::vector<JobOrder> const& orders) {
  bool stopped = false;
  for (std::size_t i = 0; i < work.jobs.size(); ++i) {
    auto const& result = work.jobs[i];
    auto const& range = orders[i].order.wanted;
    fmt::print("{}: {} to {}: {} windows, {} bars ({} new, {} changed), {} requests, {} windows failed\n",
               orders[i].job->name, to_rfc3339(range.from), to_rfc3339(range.to), result.windows, result.bars,
               result.inserted, result.changed, result.requests, result.failed);
    print_notes(*orders[i].job, result);
    stopped |= result.ended_by && result.ended_by->kind == ErrorKind::stopped;
  }
  if (stopped) {
    fmt::print("stopped before the end: what is committed stays; the same command goes on from here\n");
  } else if (work.exit_code != ExitCode::done) {
    fmt::print(
        "not all is covered: `candled gaps` says what is missing and why; the same command tries it again\n");
  }
}

Task<ExitCode> backfill(Engine& engine, std::vector<JobOrder> orders) {
  auto const work = co_await work_on(engine, "backfill", orders);
  print_result(work, orders);
  co_return work.exit_code;
}

}  // namespace

ExitCode backfill_command(Engine& engine, Config const& config, Options const& options) {
  auto const asked = asked_of(engine.jobs, options, engine.clock->now());
  if (asked.empty()) return ExitCode::usage;
  std::vector<JobOrder> orders;
  orders.reserve(asked.size());
  for (auto const& [job, range] : asked)
    orders.push_back({.job = &job, .order = {.wanted = range, .parked = ParkedWindows::ask}});
  if (auto const code = check_timings(engine); code != ExitCode::done) return code;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  return run_on_loop(engine, backfill(engine, std::move(orders)));
}

}  // namespace candled
