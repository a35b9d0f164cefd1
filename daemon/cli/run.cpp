#include <systemd/sd-daemon.h>

#include "cli/commands.hpp"
#include "cli/loop.hpp"
#include "cli/work.hpp"
#include "core/retry.hpp"
#include "pipeline/async.hpp"
#include "pipeline/log.hpp"
#include "pipeline/scheduler.hpp"
#include "store/migrator.hpp"

namespace candled {

namespace {

// Waits for the database as long as it takes: systemd may have started us before it.
Task<Result<RunId>> begin_run(Engine& engine) {
  for (int attempt = 0;; ++attempt) {
    auto const run = co_await engine.store->begin_run("run", CANDLED_VERSION);
    if (run || !worth_retrying(run.error().kind)) co_return run;
    auto const delay = delay_before_retry(engine.database_retry, run.error(), attempt, engine.random->next());
    log_warn("the database is not there, asking again in {}: {}", in_words(delay), run.error().what);
    sd_notify(0, "STATUS=waiting for the database");
    if (auto const slept = co_await engine.clock->sleep_until(engine.clock->ticks() + delay); !slept)
      co_return std::unexpected(slept.error());
  }
}

Task<ExitCode> run(Engine& engine, Config const& config) {
  log_info("candled {} is up: {} jobs", CANDLED_VERSION, engine.jobs.size());
  sd_notify(0, "READY=1\nSTATUS=starting");
  auto const id = co_await begin_run(engine);
  if (!id && id.error().kind == ErrorKind::stopped) co_return ExitCode::done;
  auto const schema = id ? check_schema(config.database.url) : Result<void>{std::unexpected(id.error())};
  if (!schema) {
    log_error("{}", schema.error().what);
    co_return exit_code_of(schema.error().kind);
  }
  sd_notifyf(0, "STATUS=keeping %zu jobs filled", engine.jobs.size());
  auto ports = engine.ports();
  auto const ended = co_await run_by_schedule(ports, engine.jobs, {.id = *id, .timings = *engine.timings});
  sd_notify(0, "STOPPING=1");
  auto const code = ended ? ExitCode::done : exit_code_of(ended.error().kind);
  if (auto const recorded = co_await engine.store->end_run(*id, static_cast<int>(code)); !recorded)
    log_warn("the end of the run is not recorded: {}", recorded.error().what);
  log_info("candled has stopped");
  co_return code;
}

}  // namespace

ExitCode run_command(Engine& engine, Config const& config) {
  if (auto const code = check_timings(engine); code != ExitCode::done) return code;
  engine.database_retry.attempts = 0;  // for as long as it takes
  auto const schema = check_schema(config.database.url);
  if (!schema && schema.error().kind != ErrorKind::db_unavailable) {
    print_error(schema.error().what);
    return exit_code_of(schema.error().kind);
  }
  return run_on_loop(engine, run(engine, config));
}

}  // namespace candled
