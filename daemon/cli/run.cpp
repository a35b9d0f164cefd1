#include <systemd/sd-daemon.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <tuple>

#include "cli/commands.hpp"
#include "cli/loop.hpp"
#include "cli/work.hpp"
#include "core/retry.hpp"
#include "pipeline/async.hpp"
#include "pipeline/log.hpp"
#include "pipeline/supervisor.hpp"
#include "store/migrator.hpp"

namespace candled {

namespace {

// Waits for the database as long as it takes: systemd may have started us before it.
Task<Result<RunId>> begin_run(Engine& engine, Config const& config) {
  for (int attempt = 0;; ++attempt) {
    auto run = co_await engine.store->begin_run("run", CANDLED_VERSION);
    // A database that came later than we did may be without the schema; that is worth more to know than how
    // the run could not be recorded.
    if (run || !worth_retrying(run.error().kind))
      if (auto const schema = check_schema(config.database.url); !schema)
        run = std::unexpected(schema.error());
    if (run || !worth_retrying(run.error().kind)) co_return run;
    auto const delay = delay_before_retry(engine.database_retry, run.error(), attempt, engine.random->next());
    log_warn("the database is not there, asking again in {}: {}", in_words(delay), run.error().what);
    sd_notify(0, "STATUS=waiting for the database");
    if (auto const slept = co_await engine.clock->sleep_until(engine.clock->ticks() + delay); !slept)
      co_return std::unexpected(slept.error());
  }
}

// SIGHUP would end the process, and with it what an operator only wanted to reload.
class Hangups {
 public:
  explicit Hangups(boost::asio::io_context& loop) : signals_(loop, SIGHUP) { wait(); }

 private:
  void wait() {
    signals_.async_wait([this](boost::system::error_code cancelled, int) {
      if (cancelled) return;
      log_warn("SIGHUP is ignored: reloading comes with a restart for now: systemctl restart candled");
      wait();
    });
  }

  boost::asio::signal_set signals_;
};

Task<ExitCode> run(Engine& engine, Config const& config) {
  Hangups const hangups{*engine.loop};
  log_info("candled {} is up: {} jobs", CANDLED_VERSION, engine.jobs.size());
  sd_notify(0, "READY=1\nSTATUS=starting");
  auto const id = co_await begin_run(engine, config);
  if (!id && id.error().kind == ErrorKind::stopped) co_return ExitCode::done;
  if (!id) {
    log_error("{}", id.error().what);
    co_return exit_code_of(id.error().kind);
  }
  sd_notifyf(0, "STATUS=keeping %zu jobs filled", engine.jobs.size());
  auto ports = engine.ports();
  ProgressBoard board;
  Supervisor supervisor{ports, {.id = *id, .timings = *engine.timings}, *engine.ledger, board};
  auto const ended = co_await supervisor.run(engine.setups());
  auto const code = ended ? ExitCode::done : exit_code_of(ended.error().kind);
  if (auto const recorded = co_await engine.store->end_run(*id, static_cast<int>(code)); !recorded)
    log_warn("the end of the run is not recorded: {}", recorded.error().what);
  log_info("candled has stopped");
  co_return code;
}

}  // namespace

ExitCode run_command(Engine& engine, Config const& config) {
  if (auto const code = check_timings(engine); code != ExitCode::done) return code;
  std::ignore = std::signal(SIGHUP, SIG_IGN);  // until the loop takes it
  engine.database_retry.attempts = 0;          // for as long as it takes
  auto const schema = check_schema(config.database.url);
  if (!schema && schema.error().kind != ErrorKind::db_unavailable) {
    print_error(schema.error().what);
    return exit_code_of(schema.error().kind);
  }
  return run_on_loop(engine, run(engine, config));
}

}  // namespace candled
