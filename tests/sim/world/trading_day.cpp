#include "sim/world/trading_day.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "sim/world/completeness.hpp"
#include "sim/world/day_files.hpp"
#include "sim/world/life.hpp"
#include "sim/world/model_ledger.hpp"
#include "sim/world/model_provider.hpp"
#include "sim/world/model_store.hpp"

namespace candled::sim {

using namespace std::chrono_literals;

namespace {

TimeRange life_of(Scenario const& scenario) {
  auto first = scenario.jobs.front().history;
  for (auto const& job : scenario.jobs) first = std::min(first, job.history);
  return {.from = std::chrono::sys_days{first} - std::chrono::days{7},
          .to = scenario.ends + std::chrono::days{30}};
}

class TradingDay {
 public:
  TradingDay(std::uint64_t seed, Trace::Shown shown, StoreServer::Recording recording);

  Outcome run();
  std::vector<AppliedCall> const& applied() const { return store_.applied(); }

 private:
  void plan_troubles();
  // `count` times in phase 1, at times that follow from the seed and the name.
  template <class Event>
  void plan(std::string_view name, int count, Event event);
  void start();
  void kill();
  void start_again_after(Nanos pause);
  void stop_in_order();
  void note_an_end();
  void calm_down();
  // For a part of what one job keeps.
  void ask_for_something();
  void check_requests();

  void go_on_until(UtcTime when);
  void run_what_is_ready();
  bool goes_on() const { return world_.violations().empty(); }

  Scenario const scenario_;
  World world_;
  Market const market_;
  Safety safety_;
  ProviderServer provider_;
  StoreServer store_;
  LedgerServer ledger_;
  DayFiles const day_files_;
  Completeness completeness_;
  Draw draw_;
  std::unique_ptr<Life> life_;
  int starts_ = 0;
  Nanos booted_{0};
  std::optional<std::int64_t> steps_until_kill_;
  bool kill_now_ = false;
  bool calm_ = false;
};

TradingDay::TradingDay(std::uint64_t seed, Trace::Shown shown, StoreServer::Recording recording)
    : scenario_(scenario_of(seed)),
      world_(scenario_.begins, shown),
      market_(seed, scenario_.make_calendar(), life_of(scenario_)),
      safety_(world_, market_, life_of(scenario_).from, scenario_.jobs.front().settle),
      provider_(world_, scenario_, market_, safety_),
      store_(world_, scenario_, safety_, recording),
      ledger_(world_, store_),
      day_files_(world_, scenario_, market_, safety_),
      completeness_(world_, scenario_, market_, store_.tables()),
      draw_(seed, "day") {
  store_.kill_the_caller = [this] { kill_now_ = true; };
}

template <class Event>
void TradingDay::plan(std::string_view name, int count, Event event) {
  Draw draw{scenario_.seed, name};
  auto const phase_1 = (scenario_.calm_from - scenario_.begins).count();
  for (int i = 0; i < count; ++i) {
    auto const when = scenario_.begins + Milliseconds{draw.between(0, phase_1)};
    auto const size = draw.unit();
    world_.at(when, [this, event, size] {
      if (!calm_) event(size);
    });
  }
}

void TradingDay::plan_troubles() {
  auto const& troubles = scenario_.troubles;
  // `size` in [0, 1) is the draw for how bad it is: most are short.
  auto const seconds = [](double size, int most) {
    return std::chrono::seconds{1 + static_cast<std::int64_t>(size * size * size * most)};
  };
  auto const now = [this] { return world_.true_time(); };
  plan("kills", troubles.kills,
       [this](double size) { steps_until_kill_ = static_cast<std::int64_t>(size * 400); });
  plan("crash loops", troubles.crash_loops, [this](double) {
    for (int i = 0; i < 10; ++i)
      world_.after(std::chrono::seconds{6 * i}, [this] {
        if (!calm_) steps_until_kill_ = draw_.between(0, 100);
      });
  });
  plan("stops", troubles.stops, [this](double) { stop_in_order(); });
  plan("provider outages", troubles.provider_outages, [=, this](double size) {
    world_.tell("the provider is out");
    provider_.be_out_until(now() + seconds(size, 7'200));
  });
  plan("database outages", troubles.database_outages, [=, this](double size) {
    world_.tell("the database is down");
    store_.be_down_until(now() + seconds(size, 7'200));
  });
  plan("key refusals", troubles.key_refusals, [=, this](double size) {
    world_.tell("the key is refused");
    provider_.refuse_the_key_until(now() + seconds(size, 3'600));
  });
  auto const set_clock = [this](Milliseconds ahead, Milliseconds until) {
    world_.tell("the wall clock is set {} ms ahead", ahead.count());
    world_.wall_ahead = ahead;
    world_.after(until, [this] {
      world_.tell("the wall clock is right again");
      world_.wall_ahead = 0ms;
    });
  };
  plan("back", troubles.clock_set_back,
       [=](double size) { set_clock(-seconds(size, 172'800), seconds(size, 7'200)); });
  plan("ahead", troubles.clock_set_ahead,
       [=](double size) { set_clock(seconds(size, 864'000), seconds(size, 7'200)); });
  plan("suspends", troubles.suspends, [=, this](double size) {
    world_.tell("the host falls asleep");
    world_.fall_asleep_for(seconds(size, 14'400));
  });
  plan("requests", troubles.requests, [this](double) { ask_for_something(); });
}

void TradingDay::ask_for_something() {
  auto const& job = draw_.one_of(scenario_.jobs);
  auto const from = std::chrono::sys_days{job.history};
  auto const days = (world_.true_time() - from) / std::chrono::days{1};
  BackfillRequest request{
      .kind = draw_.chance(0.5) ? RequestKind::backfill : RequestKind::repair,
      .job = job.name,
      .range = {.from = from + std::chrono::days{draw_.between(0, days)}, .to = world_.true_time()}};
  if (draw_.chance(0.5)) request.symbols = {draw_.one_of(job.symbols)};
  ledger_.ask(std::move(request));
  if (!draw_.chance(0.2)) return;
  world_.after(Milliseconds{draw_.between(0, 60'000)}, [this, id = std::ssize(ledger_.requests())] {
    world_.tell("request {} is taken back", id);
    ledger_.cancel(id);
  });
}

void TradingDay::check_requests() {
  for (auto const& request : ledger_.requests()) {
    bool const is_open = request.state == RequestState::queued || request.state == RequestState::running;
    if (is_open) world_.violation(fmt::format("request {} has come to no end", request.id));
    if (request.state == RequestState::cancelled && !request.cancel_asked)
      world_.violation(fmt::format("request {} was cancelled, and nobody asked for it", request.id));
  }
}

void TradingDay::start() {
  if (life_) return;
  ++starts_;
  world_.tell("start {}", starts_);
  if (starts_ == 1 || draw_.chance(0.1))
    booted_ = world_.monotonic() - Milliseconds{draw_.between(1'000, 600'000)};
  life_ = std::make_unique<Life>(Outside{.world = world_,
                                         .scenario = scenario_,
                                         .provider = provider_,
                                         .store = store_,
                                         .ledger = ledger_,
                                         .day_files = day_files_},
                                 starts_, booted_);
}

void TradingDay::kill() {
  kill_now_ = false;
  steps_until_kill_.reset();
  if (!life_) return;
  world_.tell("killed");
  store_.caller_was_killed();
  life_.reset();
  // systemd waits 2 s; a host that boots takes longer.
  start_again_after(draw_.chance(0.8) ? Milliseconds{2'000} : Milliseconds{draw_.between(5'000, 1'200'000)});
}

void TradingDay::start_again_after(Nanos pause) {
  world_.after(calm_ ? Nanos{0} : pause, [this] { start(); });
}

void TradingDay::stop_in_order() {
  if (!life_) return;
  world_.tell("asked to stop");
  life_->stop();
  world_.after(10s, [this, number = starts_] {
    if (life_ && starts_ == number) kill();
  });
}

void TradingDay::note_an_end() {
  if (life_->ended_by()) world_.violation("the daemon ended by itself: " + life_->ended_by()->what);
  world_.tell("ended");
  life_.reset();
  start_again_after(2s);
}

void TradingDay::calm_down() {
  world_.tell("phase 2: nothing fails any more");
  calm_ = true;
  kill_now_ = false;
  steps_until_kill_.reset();
  world_.wall_ahead = 0ms;
  world_.wake_up();
  provider_.calm_down();
  store_.calm_down();
  start();
}

void TradingDay::run_what_is_ready() {
  if (life_ && !steps_until_kill_) life_->run_until_all_wait();
  if (life_ && kill_now_) return kill();
  while (life_ && steps_until_kill_) {
    if ((*steps_until_kill_)-- <= 0) return kill();
    if (!life_->step()) break;
  }
  if (life_ && life_->ended()) note_an_end();
  if (life_ && !life_->first_sleep_ends_in()) world_.violation("everybody waits for ever");
}

void TradingDay::go_on_until(UtcTime when) {
  Nanos const until = when.time_since_epoch();
  while (world_.truth() < until && goes_on()) {
    auto const asleep_until = world_.asleep_until();
    if (!asleep_until) run_what_is_ready();
    auto next = until;
    if (auto const event = world_.next_event()) next = std::min(next, *event);
    if (asleep_until)
      next = std::min(next, *asleep_until);
    else if (life_)
      next = std::min(next, world_.truth() + life_->first_sleep_ends_in().value_or(1h));
    world_.go_on_until(next);
    if (life_ && !world_.asleep_until()) life_->wake_those_due();
  }
}

Outcome TradingDay::run() {
  world_.tell("seed {}: {}", scenario_.seed, describe(scenario_));
  plan_troubles();
  start();
  go_on_until(scenario_.calm_from);
  calm_down();
  auto const& limit = scenario_.plan.limit;
  auto const owed = completeness_.requests_owed(scenario_.calm_from);
  auto const deadline = scenario_.calm_from + 15min + owed * limit.per / limit.requests;
  world_.tell("{} requests are owed", owed);
  go_on_until(deadline);
  if (goes_on()) completeness_.check(scenario_.calm_from, deadline);
  auto const end = std::max(scenario_.ends, deadline + 1h);
  go_on_until(end);
  if (goes_on()) completeness_.check(end - 15min, end - 30min);
  if (goes_on()) completeness_.check_settled(end - 30min, end - 45min);
  if (goes_on()) check_requests();
  Outcome outcome{.simulated = world_.true_time() - scenario_.begins};
  for (auto const& [id, row] : store_.tables().series()) {
    safety_.all_bars_are_the_markets(row.key, row.bars);
    outcome.bars += row.bars.size();
  }
  outcome.violations = world_.violations();
  outcome.trace_hash = world_.trace().hash();
  outcome.trace_lines = world_.trace().lines();
  outcome.requests = provider_.requests();
  outcome.starts = starts_;
  outcome.scenario = describe(scenario_);
  return outcome;
}

}  // namespace

Outcome run_trading_day(std::uint64_t seed, Trace::Shown shown) {
  return TradingDay{seed, shown, StoreServer::Recording::off}.run();
}

Outcome run_trading_day(std::uint64_t seed, Trace::Shown shown, std::vector<AppliedCall>& applied) {
  TradingDay day{seed, shown, StoreServer::Recording::on};
  auto outcome = day.run();
  applied = day.applied();
  return outcome;
}

}  // namespace candled::sim
