#include <boost/asio/io_context.hpp>

#include <csignal>
#include <tuple>

#include "cli/commands.hpp"
#include "cli/control_plane.hpp"
#include "cli/loop.hpp"
#include "cli/performance_look.hpp"
#include "cli/reload.hpp"
#include "cli/service.hpp"
#include "cli/status_line.hpp"
#include "cli/work.hpp"
#include "pipeline/async.hpp"
#include "pipeline/keep_trying.hpp"
#include "pipeline/log.hpp"
#include "pipeline/performance_recorder.hpp"
#include "pipeline/progress_writer.hpp"
#include "pipeline/supervisor.hpp"

namespace candled {

namespace {

class Daemon {
 public:
  Daemon(Engine& engine, Config const& config, std::string const& path)
      : engine_(engine),
        ports_(engine.ports()),
        service_(*engine.loop),
        reloader_(engine, config, path),
        recorder_(*engine.performance, config.timings.warn, engine.meters, *engine.clock,
                  [this] { return performance_look(engine_, reloader_.jobs()); }) {
    if (!config.control.listen.empty())
      control_ = std::make_unique<ControlService>(
          ControlView{.engine = engine_, .reloader = reloader_, .board = board_}, config);
  }

  Task<ExitCode> run();

 private:
  // serve(), with how it does written down.
  Task<ExitCode> serve_on_record();
  Task<ExitCode> serve();
  // Waits for the database as long as it takes: systemd may have started us before it.
  Task<Result<RunId>> begin_run();
  Task<Result<void>> keep_jobs(RunId run);
  void reload();
  ServiceState state() const;

  Engine& engine_;
  Ports ports_;
  Service service_;
  ProgressBoard board_;
  Reloader reloader_;
  PerformanceRecorder recorder_;
  std::unique_ptr<ControlService> control_;  // null: none is configured
};

Task<ExitCode> Daemon::run() {
  Hangups const hangups{*engine_.loop, [this] { reload(); }};
  if (!control_) co_return co_await serve_on_record();
  if (auto const listening = control_->listen(); !listening) {
    print_error(listening.error());
    co_return ExitCode::address;
  }
  auto const code = co_await serve_on_record();
  co_await control_->stop();
  co_return code;
}

Task<ExitCode> Daemon::serve_on_record() {
  TaskGroup beside{ports_.loop};
  beside.spawn(recorder_.run());
  auto const code = co_await serve();
  engine_.clock->stop();  // what could not begin has not stopped it
  co_await beside.wait_all();
  recorder_.finish();
  co_return code;
}

Task<ExitCode> Daemon::serve() {
  auto const run = co_await begin_run();
  if (!run && run.error().kind == ErrorKind::stopped) co_return ExitCode::done;
  if (!run) {
    print_error(run.error().what);
    co_return exit_code_of(run.error().kind);
  }
  auto const ended = co_await keep_jobs(*run);
  auto const code = ended ? ExitCode::done : exit_code_of(ended.error().kind);
  if (auto const recorded = co_await engine_.store->end_run(*run, static_cast<int>(code)); !recorded)
    log_warn("the end of the run is not recorded: {}", recorded.error().what);
  log_info("candled has stopped");
  co_return code;
}

Task<Result<RunId>> Daemon::begin_run() {
  std::string const command = "run";
  std::string const version = CANDLED_VERSION;
  auto const begin = [&] { return engine_.store->begin_run(command, version); };
  auto run = co_await begin();
  if (!run && !worth_retrying(run.error().kind)) co_return run;
  log_info("candled {} is up: {} jobs", CANDLED_VERSION, reloader_.jobs().size());
  service_.ready();
  if (run) co_return run;
  ports_.database->away(run.error().what, ports_.clock.ticks());
  service_.status(status_line(state()));
  co_return co_await keep_trying(ports_, "the run's begin", begin);
}

Task<Result<void>> Daemon::keep_jobs(RunId run) {
  if (control_) control_->started();
  Supervisor supervisor{ports_, {.id = run, .timings = *engine_.timings}, *engine_.ledger, board_};
  reloader_.serve(supervisor);
  ProgressWriter writer{*engine_.ledger, board_, *engine_.clock,
                        [this](std::string const& name) { return engine_.source(name); }};
  TaskGroup beside{ports_.loop};
  beside.spawn(service_.keep_status(*engine_.clock, [this] { return status_line(state()); }));
  beside.spawn(reloader_.follow_up(run));
  beside.spawn(writer.run());
  auto const ended = co_await supervisor.run(reloader_.jobs());
  engine_.stop();
  co_await beside.wait_all();
  co_await engine_.give_back_budgets();
  co_return ended;
}

void Daemon::reload() {
  if (engine_.clock->stopping()) return;
  service_.reload_begins();
  service_.reload_ended(reloader_.reload());
}

ServiceState Daemon::state() const {
  ServiceState state{.now = engine_.clock->now(),
                     .jobs = reloader_.jobs().size(),
                     .progress = board_.all(),
                     .providers = engine_.sources.size(),
                     .parked = {},
                     .database_away = engine_.database->why_away(),
                     .config_problems = reloader_.problems()};
  for (auto const& source : engine_.sources)
    if (auto const parked = source->pacer->parked()) state.parked.push_back({source->name, *parked});
  return state;
}

Task<ExitCode> run(Engine& engine, Config const& config, std::string const& path) {
  Daemon daemon{engine, config, path};
  co_return co_await daemon.run();
}

}  // namespace

ExitCode run_command(Engine& engine, Config const& config, Options const& options) {
  if (auto const code = check_timings(engine); code != ExitCode::done) return code;
  if (auto const code = check_performance(engine); code != ExitCode::done) return code;
  std::ignore = std::signal(SIGHUP, SIG_IGN);  // until the loop takes it
  engine.database_retry.attempts = 0;          // for as long as it takes
  return run_on_loop(engine, run(engine, config, options.config));
}

}  // namespace candled
