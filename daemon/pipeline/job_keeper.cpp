#include "pipeline/job_keeper.hpp"

#include <algorithm>

#include "core/schedule.hpp"
#include "pipeline/drop_expired.hpp"
#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

// The wall clock may jump, and a host may sleep: look at it again at least this often.
constexpr Milliseconds look_again = 30s;

// A retention ends with a year: nobody sees an hour.
constexpr Milliseconds drop_every = 1h;

constexpr Milliseconds ask_whether_right_every = 24h;

// Gaps, what is to settle, and history are looked for this often.
constexpr Milliseconds other_lanes_every = 60s;

}  // namespace

Ports SharedWork::ports_of(std::string const& job, Lane lane, StopSign const& sign) const {
  auto const progress = board.of(job, lane);
  return {.loop = ports.loop,
          .clock = ports.clock,
          .random = ports.random,
          .store = ports.store,
          .progress = *progress,  // lives with `told`
          .sign = sign,
          .lane = lane,
          .database_retry = ports.database_retry,
          .load_slots = ports.load_slots,
          .database = ports.database,
          .stop = ports.stop,
          .told = [&all = board, progress] { all.changed(*progress); }};
}

void SharedWork::note_end(std::string const& job, Lane lane, std::optional<Error> const& error) {
  if (!error || error->kind == ErrorKind::stopped) return;
  bool const for_ever = error->kind == ErrorKind::db_refused || error->kind == ErrorKind::db_denied ||
                        error->kind == ErrorKind::schema_mismatch;
  // The live lane speaks for all of a job's lanes, which meet the same refusal.
  if (for_ever || lane == Lane::live) log_error("{}: {}", job, error->what);
  if (!for_ever || ended_by) return;
  ended_by = error;
  ports.stop();
}

JobKeeper::JobKeeper(SharedWork& work, JobSetup setup) : work_(work), setup_(std::move(setup)) {}

Task<void> JobKeeper::run() {
  auto const& job = *setup_.job;
  if (!job.schedule) {
    log_info("{} has no schedule: only `once` and `backfill` work on it", job.name);
    auto& clock = work_.ports.clock;
    while (goes_on()) (void)co_await clock.sleep_until(clock.ticks() + look_again, sign_);
    co_return;
  }
  TaskGroup lanes_of_job{work_.ports.loop};
  lanes_of_job.spawn(keep_live());
  for (auto const lane : {Lane::repair, Lane::settle, Lane::backfill}) lanes_of_job.spawn(keep(lane));
  co_await lanes_of_job.wait_all();
}

void JobKeeper::stop() {
  sign_.stopped = true;
  work_.ports.clock.look_again();
  setup_.source->pacer->look_again();
}

Task<void> JobKeeper::keep_live() {
  auto const& job = *setup_.job;
  auto ports = work_.ports_of(job.name, Lane::live, sign_);
  while (goes_on()) {
    job.source->learned.key_refused.reset();
    co_await run_lane(ports);
    co_await sleep_until_due();
  }
}

Task<void> JobKeeper::keep(Lane lane) {
  auto ports = work_.ports_of(setup_.job->name, lane, sign_);
  while (goes_on()) {
    co_await run_lane(ports);
    if (lane == Lane::settle) co_await drop(ports);
    if (auto const slept = co_await ports.clock.sleep_until(ports.clock.ticks() + other_lanes_every, sign_);
        !slept)
      co_return;
  }
}

Task<void> JobKeeper::run_lane(Ports& ports) {
  auto const& job = *setup_.job;
  ports.progress = {
      .job = job.name, .lane = ports.lane, .began = ports.clock.ticks(), .stage = Stage::planning};
  ports.told();
  auto const result = co_await run_job(ports, job, order_of(ports.lane, job, ports.clock.now()), work_.run);
  ask_whether_right(result.without_bars);
  work_.note_end(job.name, ports.lane, result.ended_by);
  ports.progress.stage = Stage::idle;
  ports.told();
}

void JobKeeper::ask_whether_right(std::vector<std::string> const& tickers) {
  auto const now = work_.ports.clock.ticks();
  for (auto const& ticker : tickers) {
    auto const [last, is_new] = asked_whether_right_.try_emplace(ticker, now);
    if (!is_new && now < last->second + ask_whether_right_every) continue;
    last->second = now;
    log_warn("{}: {} has no bars of {}: is the ticker right?", setup_.job->name, setup_.source->name, ticker);
  }
}

Task<void> JobKeeper::drop(Ports& ports) {
  if (setup_.job->retention_years == 0 || !goes_on() || ports.clock.ticks() < next_drop_) co_return;
  if (co_await drop_expired(ports)) next_drop_ = ports.clock.ticks() + drop_every;
}

// Who has set the clock back while we slept has brought a nearer time.
Task<void> JobKeeper::sleep_until_due() {
  auto const& job = *setup_.job;
  auto& clock = work_.ports.clock;
  auto const next = [&] { return next_run_of(job.name, *job.schedule, clock.now()); };
  for (auto when = next(); goes_on() && clock.now() < when; when = std::min(when, next())) {
    auto const nap = std::min<Milliseconds>(when - clock.now(), look_again);
    if (auto const slept = co_await clock.sleep_until(clock.ticks() + nap, sign_); !slept) co_return;
  }
}

}  // namespace candled
