#include "pipeline/scheduler.hpp"

#include <algorithm>

#include "pipeline/async.hpp"
#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

// The wall clock may jump, and a host may sleep: look at it again at least this often.
constexpr Milliseconds look_again = 30s;

Task<void> sleep_until_wall(Clock& clock, UtcTime when) {
  while (!clock.stopping() && clock.now() < when) {
    auto const nap = std::min<Milliseconds>(when - clock.now(), look_again);
    if (auto const slept = co_await clock.sleep_until(clock.ticks() + nap); !slept) co_return;
  }
}

Task<void> keep_filled(Ports& ports, Job const& job, Run run, std::optional<Error>& ended_by) {
  while (!ports.clock.stopping()) {
    job.source->key_refused.reset();
    auto const result = co_await run_job(ports, job, everything_due(job, ports.clock.now()), run);
    for (auto const& ticker : result.without_bars)
      log_warn("{}: {} has no bars of {}: is the ticker right?", job.name, job.source->name, ticker);
    if (result.ended_by) {
      auto const& error = *result.ended_by;
      if (error.kind == ErrorKind::stopped) co_return;
      log_error("{}: {}", job.name, error.what);
      if (error.kind == ErrorKind::db_refused || error.kind == ErrorKind::schema_mismatch) {
        ended_by = error;
        ports.stop();
        co_return;
      }
    }
    auto const next = next_run(*job.schedule, ports.clock.now());
    log_debug("{} runs again at {}", job.name, to_rfc3339(next));
    co_await sleep_until_wall(ports.clock, next);
  }
}

}  // namespace

Task<Result<void>> run_by_schedule(Ports& ports, std::vector<Job> const& jobs, Run run) {
  std::optional<Error> ended_by;
  TaskGroup keepers{ports.loop};
  for (auto const& job : jobs) {
    if (job.schedule) {
      keepers.spawn(keep_filled(ports, job, run, ended_by));
    } else {
      log_info("{} has no schedule: only `once` and `backfill` work on it", job.name);
    }
  }
  co_await keepers.wait_all();
  // Without a single scheduled job there is still something to wait for: the end.
  while (!ports.clock.stopping()) co_await sleep_until_wall(ports.clock, ports.clock.now() + look_again);
  if (ended_by) co_return std::unexpected(*ended_by);
  co_return Result<void>{};
}

}  // namespace candled
