#include "sim/world/life.hpp"

#include "pipeline/async.hpp"
#include "pipeline/keep_trying.hpp"
#include "pipeline/load_slots.hpp"
#include "pipeline/supervisor.hpp"
#include "sim/world/day_files.hpp"
#include "sim/world/model_ledger.hpp"
#include "sim/world/model_provider.hpp"
#include "sim/world/model_store.hpp"

namespace candled::sim {

using namespace std::chrono_literals;

namespace {

// An io_context that can let go of every coroutine while what they stand on is still there.
class Loop : public boost::asio::io_context {
 public:
  using boost::asio::io_context::io_context;
  void destroy_coroutines() { shutdown(); }
};

}  // namespace

struct Life::Process {
  Process(Outside const& outside, int number, Nanos booted);

  std::shared_ptr<Source> make_source(Outside const& outside, int number);
  Task<void> run();

  Loop loop{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  LifeClock clock;
  Random random;
  ModelStore store;
  ModelLedger ledger;
  std::shared_ptr<Source> const source;
  std::vector<JobSetup> jobs;
  TimingsCsv timings{"", 0};
  ProgressBoard board;
  Progress progress;
  StopSign sign;
  Ports ports;
  std::optional<Supervisor> supervisor;
  bool ended = false;
  std::optional<Error> ended_by;
};

Life::Process::Process(Outside const& outside, int number, Nanos booted)
    : clock(loop, outside.world, booted),
      random(mix(outside.scenario.seed) + static_cast<std::uint64_t>(number)),
      store(outside.store, clock, outside.world),
      ledger(outside.ledger, clock, outside.world),
      source(make_source(outside, number)),
      ports{.loop = loop.get_executor(),
            .clock = clock,
            .random = random,
            .store = store,
            .progress = progress,
            .sign = sign,
            .database_retry = {.multiplier = 500ms, .min = 500ms, .max = 30s, .attempts = 0},
            .load_slots = std::make_shared<LoadSlots>(loop.get_executor(), 2),
            .stop = [this] {
              clock.stop();
              source->http->stop();
            }} {
  for (auto const& plan : outside.scenario.jobs)
    jobs.push_back({.job = std::make_shared<Job>(Job{.name = plan.name,
                                                     .source = source.get(),
                                                     .timeframe = plan.timeframe,
                                                     .symbols = plan.symbols,
                                                     .calendar = outside.scenario.make_calendar(),
                                                     .history = plan.history,
                                                     .schedule = plan.schedule,
                                                     .shape = plan.shape,
                                                     .settle = plan.settle}),
                    .source = source});
}

std::shared_ptr<Source> Life::Process::make_source(Outside const& outside, int number) {
  auto const& scenario = outside.scenario;
  PacerOptions const options{.budget = "model#key",
                             .holder = fmt::format("start {}", number),
                             .limit = scenario.plan.limit,
                             .breaker = scenario.breaker,
                             .concurrency = scenario.concurrency,
                             .timeout = 30s};
  return std::make_shared<Source>(
      Source{.name = "model",
             .provider = std::make_unique<ModelProvider>(),
             .http = std::make_unique<ModelHttp>(outside.provider, clock),
             .pacer = std::make_unique<Pacer>(loop.get_executor(), clock, ledger, random, options),
             .retry = scenario.retry,
             .files = outside.day_files.opened()});
}

Task<void> Life::Process::run() {
  auto const begun =
      co_await keep_trying(ports, "the run", [this] { return store.begin_run("run", "simulated"); });
  if (!begun) co_return;
  supervisor.emplace(ports, Run{.id = *begun, .timings = timings}, ledger, board);
  auto const result = co_await supervisor->run(jobs);
  if (!result) ended_by = result.error();
  (void)co_await store.end_run(*begun, 0);
}

Life::Life(Outside const& outside, int number, Nanos booted)
    : process_(std::make_unique<Process>(outside, number, booted)) {
  boost::asio::co_spawn(process_->loop, process_->run(),
                        [process = process_.get()](std::exception_ptr const& broken) {
                          if (broken) std::rethrow_exception(broken);
                          process->ended = true;
                        });
}

Life::~Life() {
  process_->clock.destroy_sleepers();
  process_->loop.destroy_coroutines();
}

bool Life::step() {
  process_->loop.restart();
  return process_->loop.poll_one() > 0;
}

void Life::run_until_all_wait() {
  process_->loop.restart();
  while (process_->loop.poll() > 0) {
  }
}

std::optional<Nanos> Life::first_sleep_ends_in() const {
  return process_->clock.first_ends_in();
}

void Life::wake_those_due() {
  process_->clock.wake_those_due();
}

void Life::stop() {
  process_->ports.stop();
}

bool Life::ended() const {
  return process_->ended;
}

std::optional<Error> const& Life::ended_by() const {
  return process_->ended_by;
}

}  // namespace candled::sim
