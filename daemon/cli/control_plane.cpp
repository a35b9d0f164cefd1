#include "cli/control_plane.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>

#include "cli/api.hpp"
#include "cli/health_signals.hpp"
#include "config/address.hpp"
#include "control/health_answers.hpp"
#include "control/metrics.hpp"
#include "control/page_answer.hpp"
#include "control/plane.hpp"
#include "control/server.hpp"
#include "pipeline/async.hpp"
#include "pipeline/freshness.hpp"
#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr auto look_every = 1s;
// Two looks are a second apart by both clocks, but for the loop's own delays, which both see.
constexpr Milliseconds jump_min = 2s;

GatePolicy gate_policy(ControlConfig const& config) {
  GatePolicy policy{.hosts = config.hosts,
                    .open_to_others = !is_loopback(parse_host_port(config.listen)->host)};
  if (!config.token.empty()) policy.token = token_hash(config.token.reveal());
  if (!config.token_sha256.empty()) policy.token = parse_token_hash(config.token_sha256);
  return policy;
}

void log_for_control(LogLevel level, std::string_view message) {
  if (logs(level)) log_line(level, message);
}

Task<ControlAnswer> at_once(ControlAnswer answer) {
  co_return answer;
}

}  // namespace

struct ControlService::State {
  State(ControlView the_view, Config const& config);

  std::vector<Route> routes();
  // Looks at everything, now and every second.
  void keep_looking();
  void look(Milliseconds late);
  HealthSignals signals() const;
  MetricsView metrics() const;

  ControlView view;
  HostPort address;
  UtcTime started_at;
  HealthRecord record;
  bool work_began = false;
  Milliseconds loop_late{0};
  std::optional<Milliseconds> clocks_apart;  // the wall clock minus the steady one
  std::optional<UtcTime> clock_jumped_at;
  boost::asio::steady_timer timer;
  Api api;
  ControlPlane plane;
  ControlServer server;
};

ControlService::State::State(ControlView the_view, Config const& config)
    : view(the_view),
      address(*parse_host_port(config.control.listen)),
      started_at(view.engine.clock->now()),
      timer(*view.engine.loop),
      api({.engine = view.engine,
           .reloader = view.reloader,
           .board = view.board,
           .health = record,
           .started_at = started_at,
           .changes_allowed = !config.control.token.empty() || !config.control.token_sha256.empty()},
          config.database.url),
      plane(gate_policy(config.control), routes(), log_for_control),
      server(view.engine.loop->get_executor(), ControlLimits{},
             [this](ControlRequest const& request) { return plane.answer(request); },
             {.refuse = [this](ControlRequest const& request) { return plane.refuse_stream(request); },
              .newest = [this] { return api.live(); }}) {}

std::vector<Route> ControlService::State::routes() {
  auto const now = [this] { return view.engine.clock->now(); };
  std::vector<Route> all{{.method = "GET",
                          .path = "/livez",
                          .access = Access::open,
                          .answer = [](ControlRequest const&) { return at_once(live_answer()); }},
                         {.method = "GET",
                          .path = "/readyz",
                          .access = Access::open,
                          .answer =
                              [this, now](ControlRequest const&) {
                                look(loop_late);
                                return at_once(ready_answer(not_ready(signals(), record, now())));
                              }},
                         {.method = "GET",
                          .path = "/healthz",
                          .answer =
                              [this, now](ControlRequest const&) {
                                look(loop_late);
                                return at_once(health_answer(record, started_at, now()));
                              }},
                         {.method = "GET", .path = "/metrics", .answer = [this](ControlRequest const&) {
                            look(loop_late);
                            return at_once(metrics_answer(metrics()));
                          }}};
  // Looking at the page needs no token: what it shows, it asks for itself.
  for (auto const* const path : {"/", "/assets/{file}"})
    all.push_back(
        {.method = "GET", .path = path, .access = Access::open, .answer = [](ControlRequest const& request) {
           return at_once(page_answer(request, dashboard_assets()));
         }});
  for (auto& route : api.routes()) all.push_back(std::move(route));
  return all;
}

MetricsView ControlService::State::metrics() const {
  auto const& engine = view.engine;
  MetricsView numbers{.meters = engine.meters,
                      .health = record,
                      .answers = plane.answers(),
                      .budgets = {},
                      .lanes = {},
                      .lags = {},
                      .gaps = {},
                      .short_of_history = {},
                      .sessions = {},
                      .process = read_process_numbers(),
                      .started_at = started_at,
                      .loop_late = loop_late,
                      .refused_tokens = plane.refused_tokens(),
                      .connections = server.connections(),
                      .reload_failed = !view.reloader.problems().empty(),
                      .config_loaded_at = view.reloader.loaded_at().value_or(started_at)};
  for (auto const& source : engine.sources)
    numbers.budgets.push_back({.provider = source->name,
                               .limit = source->pacer->limit(),
                               .learned = source->pacer->learned(),
                               .taken = source->pacer->taken()});
  for (auto const& progress : view.board.all())
    numbers.lanes.push_back({.job = progress->job,
                             .lane = std::string{to_string(progress->lane)},
                             .windows = progress->windows,
                             .windows_done = progress->windows_done,
                             .windows_failed = progress->windows_failed});
  for (auto const& one : job_lags(engine.meters, view.reloader.jobs(), engine.clock->now()))
    numbers.lags.push_back(
        {.job = one.job->name, .calendar = std::string{to_string(one.job->calendar.kind())}, .lag = one.lag});
  std::map<std::string, bool> sessions;
  for (auto const& setup : view.reloader.jobs()) {
    numbers.gaps.emplace_back(setup.job->name, open_gaps(*setup.job, engine.meters));
    numbers.short_of_history.emplace_back(setup.job->name, short_of_history(*setup.job, engine.meters));
    auto const& calendar = setup.job->calendar;
    auto const at = engine.clock->now();
    sessions[std::string{to_string(calendar.kind())}] = calendar.session_at_or_before(at).hours.contains(at);
  }
  numbers.sessions = {sessions.begin(), sessions.end()};
  return numbers;
}

HealthSignals ControlService::State::signals() const {
  auto signals = health_signals(view.engine, view.reloader);
  signals.phase = work_began ? Phase::running : Phase::starting;
  if (view.engine.clock->stopping()) signals.phase = Phase::draining;
  signals.loop_late = loop_late;
  signals.clock_jumped_at = clock_jumped_at;
  return signals;
}

void ControlService::State::look(Milliseconds late) {
  loop_late = late;
  auto const& clock = *view.engine.clock;
  auto const apart = std::chrono::duration_cast<Milliseconds>(clock.now().time_since_epoch() -
                                                              clock.ticks().time_since_epoch());
  if (clocks_apart && std::chrono::abs(apart - *clocks_apart) > jump_min) clock_jumped_at = clock.now();
  clocks_apart = apart;
  record.see(judge(signals(), clock.now()), clock.now());
}

void ControlService::State::keep_looking() {
  timer.expires_after(look_every);
  timer.async_wait([this](boost::system::error_code ended) {
    if (ended) return;
    look(std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - timer.expiry()));
    keep_looking();
  });
}

ControlService::ControlService(ControlView view, Config const& config)
    : state_(std::make_unique<State>(view, config)) {}

ControlService::~ControlService() = default;

std::expected<void, std::string> ControlService::listen() {
  auto const& [host, wanted_port] = state_->address;
  auto const port = state_->server.listen(host, static_cast<std::uint16_t>(wanted_port.value_or(0)));
  if (!port)
    return std::unexpected(
        fmt::format("control.listen: {}:{} cannot be listened on: {}: is another candled "
                    "running? else take another port",
                    host, wanted_port.value_or(0), port.error()));
  log_info("control: listening on http://{}:{}", host.contains(':') ? "[" + host + "]" : host, *port);
  state_->look(0ms);
  state_->keep_looking();
  return {};
}

void ControlService::started() {
  state_->work_began = true;
}

Task<void> ControlService::stop() {
  state_->timer.cancel();
  co_await state_->server.stop();
}

}  // namespace candled
