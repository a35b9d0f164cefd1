#include "pipeline/pacer.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

#include "core/adaptive_limit.hpp"
#include "core/lane_queue.hpp"
#include "core/retry.hpp"
#include "core/token_bucket.hpp"
#include "pipeline/async.hpp"
#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

// The record is renewed this long before a request needs it: a busy database takes less.
constexpr Milliseconds renewed_ahead = 1s;
// Before asking again for places that others had: the ledger's clock is not ours.
constexpr Milliseconds ask_again_after = 100ms;
constexpr Milliseconds parked_min = 5s;

constexpr RetryPolicy ledger_retry{.multiplier = 500ms, .min = 500ms, .max = 30s, .attempts = 0};

bool is_away(ErrorKind kind) {
  return kind == ErrorKind::db_unavailable || kind == ErrorKind::db_in_doubt;
}

// An exception in the background is a broken promise of our own: it ends the process.
void rethrow(std::exception_ptr const& broken) {
  if (broken) std::rethrow_exception(broken);
}

// Rounded up, so that the record is not less than what is held, to a hundredth of a window: a row each.
std::vector<HeldPlaces> used_places(std::vector<SteadyTime> const& held_until, Milliseconds per,
                                    SteadyTime now) {
  auto const step = std::max(per / 100, Milliseconds{1});
  std::map<Milliseconds, int> places;
  for (auto const until : held_until) {
    auto const steps = (std::chrono::ceil<Milliseconds>(until - now) + step - Milliseconds{1}) / step;
    ++places[steps * step];
  }
  std::vector<HeldPlaces> used;
  used.reserve(places.size());
  for (auto const& [held_for, count] : places) used.push_back({.places = count, .held_for = held_for});
  return used;
}

}  // namespace

struct Pacer::Gate : std::enable_shared_from_this<Pacer::Gate> {
  Gate(boost::asio::any_io_executor loop, Clock& the_clock, Ledger& the_ledger, Random& the_random,
       PacerOptions the_options);

  Task<Result<Admission>> admit(Lane lane, StopSign const& sign);
  void answered(Admission const& admission, std::optional<ErrorKind> failure);
  Task<void> close();
  std::optional<Parked> parked() const;

  std::optional<Admission> try_to_go();
  std::optional<SteadyTime> opens_at(SteadyTime now) const;
  void tend();
  bool claim_is_due(SteadyTime now, SteadyTime opens) const;
  bool more_to_get(SteadyTime now) const;
  void wake_at(SteadyTime when);
  void follow_ceiling();

  void start_claim();
  BudgetClaim claim_of(PlacePlan const& plan, SteadyTime now) const;
  void note_grant(BudgetGrant const& grant, int asked);
  void note_failed_claim(Error const& error);
  static Task<void> run_claim(std::shared_ptr<Gate> gate);
  static Task<void> run_alarm(std::shared_ptr<Gate> gate, SteadyTime when);

  boost::asio::any_io_executor executor;
  Clock& clock;
  Ledger& ledger;
  Random& random;
  PacerOptions options;

  TokenBucket bucket;
  AdaptiveLimit adaptive;
  CircuitBreaker breaker;
  LaneQueue queue;
  Event changed;  // anything that one who waits looks at

  PlaceRecord record;
  bool claiming = false;
  bool ever_claimed = false;
  bool closed = false;
  SteadyTime claim_not_before{};
  int claims_failed = 0;  // in a row, because the ledger is away
  std::uint64_t refusals = 0;
  Error refusal{.kind = ErrorKind::db_refused, .what = ""};  // the last of them

  std::optional<Clock::Watch> watch;  // as long as the pacer lives
  std::optional<SteadyTime> alarm_at;
  StopSign ended;  // for alarms, which may outlive the pacer
};

Pacer::Gate::Gate(boost::asio::any_io_executor loop, Clock& the_clock, Ledger& the_ledger, Random& the_random,
                  PacerOptions the_options)
    : executor(std::move(loop)),
      clock(the_clock),
      ledger(the_ledger),
      random(the_random),
      options(std::move(the_options)),
      bucket(options.limit),
      adaptive(options.limit),
      breaker(options.breaker),
      changed(executor),
      record(options.reserve_used_for) {
  watch.emplace(clock, [this] { changed.notify_all(); });
}

Task<Result<Admission>> Pacer::Gate::admit(Lane lane, StopSign const& sign) {
  auto const ticket = queue.join(lane);
  auto const refusals_before = refusals;
  while (!clock.stopping() && !sign.stopped && !closed && refusals == refusals_before) {
    if (queue.next() == ticket) {
      if (auto const admission = try_to_go()) {
        queue.admit_next();
        changed.notify_all();
        tend();
        co_return *admission;
      }
      tend();
    }
    co_await changed.wait();
  }
  queue.leave(ticket);
  changed.notify_all();
  if (refusals != refusals_before) co_return std::unexpected(refusal);
  co_return fail(ErrorKind::stopped, "stopped");
}

// When the first may go, as far as provider and budget are concerned. nullopt: after an answer.
std::optional<SteadyTime> Pacer::Gate::opens_at(SteadyTime now) const {
  if (bucket.in_flight() >= options.concurrency) return std::nullopt;
  auto const budget_at = bucket.next(now);
  auto const breaker_at = breaker.callable_at(now);
  if (!budget_at || !breaker_at) return std::nullopt;
  return std::max(*budget_at, *breaker_at);
}

std::optional<Admission> Pacer::Gate::try_to_go() {
  auto const now = clock.ticks();
  auto const opens = opens_at(now);
  if (!opens || *opens > now || !record.covers(bucket, now)) return std::nullopt;
  [[maybe_unused]] bool const called = breaker.may_call(now);
  assert(called);
  bucket.spend(now);
  record.spent();
  if (options.limit.adaptive) adaptive.sent(now);
  follow_ceiling();
  return Admission{.era = breaker.era(), .sent_at = now};
}

// Sees to it that the first is woken when it may go, and that it is on record by then.
void Pacer::Gate::tend() {
  auto const now = clock.ticks();
  auto const opens = opens_at(now);
  if (!opens || closed) return;
  if (claim_is_due(now, *opens)) start_claim();
  if (queue.empty()) return;
  if (*opens > now) wake_at(*opens);
  if (claiming) return;
  auto const renewal = std::max(*opens - renewed_ahead, claim_not_before);
  if (renewal > now) wake_at(renewal);
}

bool Pacer::Gate::claim_is_due(SteadyTime now, SteadyTime opens) const {
  if (claiming || now < claim_not_before || opens > now + renewed_ahead) return false;
  if (2 * record.left() < PlaceRecord::wanted(options.limit) && more_to_get(now)) return true;
  // Nobody needs a record to be valid who does not wait.
  if (queue.empty()) return false;
  return !record.valid_until() || *record.valid_until() <= opens ||
         (opens == now && !record.covers(bucket, now));
}

bool Pacer::Gate::more_to_get(SteadyTime now) const {
  auto const plan = record.plan(bucket, options.limit, now);
  return plan.reserve - plan.in_flight > record.left();
}

void Pacer::Gate::wake_at(SteadyTime when) {
  if (alarm_at && *alarm_at <= when) return;
  alarm_at = when;
  boost::asio::co_spawn(executor, run_alarm(shared_from_this(), when), rethrow);
}

Task<void> Pacer::Gate::run_alarm(std::shared_ptr<Gate> gate, SteadyTime when) {
  co_await gate->clock.sleep_until(when, gate->ended);
  if (gate->alarm_at == when) gate->alarm_at.reset();
  gate->changed.notify_all();
}

void Pacer::Gate::follow_ceiling() {
  auto limit = options.limit;
  limit.requests = options.limit.adaptive ? adaptive.ceiling() : limit.requests;
  limit.burst = std::min(limit.burst, limit.requests);
  if (limit.requests != bucket.limit().requests || limit.per != bucket.limit().per ||
      limit.burst != bucket.limit().burst)
    bucket.set_limit(limit);
}

void Pacer::Gate::start_claim() {
  claiming = true;
  boost::asio::co_spawn(executor, run_claim(shared_from_this()), rethrow);
}

BudgetClaim Pacer::Gate::claim_of(PlacePlan const& plan, SteadyTime now) const {
  return {.budget = options.budget,
          .holder = options.holder,
          .limit = options.limit,
          .used = used_places(plan.listed, options.limit.per, now),
          .reserve = static_cast<int>(plan.reserve),
          .reserve_for = options.timeout + options.limit.per + options.reserve_used_for,
          .learned = options.limit.adaptive ? adaptive.learned() : std::nullopt};
}

Task<void> Pacer::Gate::run_claim(std::shared_ptr<Gate> gate) {
  // Whoever started it waits for its outcome by then.
  co_await boost::asio::post(gate->executor, boost::asio::use_awaitable);
  auto const now = gate->clock.ticks();
  auto plan = gate->record.plan(gate->bucket, gate->options.limit, now);
  auto const claim = gate->claim_of(plan, now);
  gate->record.claiming(std::move(plan), now);
  auto const granted = co_await gate->ledger.claim(claim);
  gate->claiming = false;
  if (granted) {
    gate->note_grant(*granted, claim.reserve);
  } else {
    gate->note_failed_claim(granted.error());
  }
  gate->changed.notify_all();
}

void Pacer::Gate::note_grant(BudgetGrant const& grant, int asked) {
  auto const now = clock.ticks();
  std::vector<OthersPlaces> others;
  others.reserve(grant.others.size());
  for (auto const& held : grant.others)
    others.push_back({.places = static_cast<std::size_t>(held.places), .until = now + held.held_for});
  bucket.set_others(std::move(others));
  record.granted(static_cast<std::size_t>(std::max(grant.reserved, 0)));
  if (options.limit.adaptive && !ever_claimed && grant.learned) adaptive.begin_with(*grant.learned);
  ever_claimed = true;
  follow_ceiling();
  if (grant.reserved < asked || !record.covers(bucket, now)) claim_not_before = now + ask_again_after;
  if (std::exchange(claims_failed, 0) > 0)
    log_info("{}: the budget can be read and written again: requests go on", options.budget);
}

void Pacer::Gate::note_failed_claim(Error const& error) {
  record.lost();
  if (!is_away(error.kind)) {
    refusal = error;
    ++refusals;
    return;
  }
  if (claims_failed == 0)
    log_warn("{}: no requests for now, for they could not be put on record: {}", options.budget, error.what);
  auto const delay = delay_before_retry(ledger_retry, error, claims_failed++, random.next());
  claim_not_before = clock.ticks() + delay;
}

void Pacer::Gate::answered(Admission const& admission, std::optional<ErrorKind> failure) {
  auto const now = clock.ticks();
  bucket.answered(now);
  if (failure) {
    breaker.failed(now, admission.era, *failure);
  } else {
    breaker.succeeded(admission.era);
  }
  if (failure == ErrorKind::rate_limited && options.limit.adaptive) {
    adaptive.rate_limited(now, admission.sent_at);
    follow_ceiling();
  }
  changed.notify_all();
  tend();
}

Task<void> Pacer::Gate::close() {
  closed = true;
  ended.stopped = true;
  clock.look_again();
  changed.notify_all();
  while (claiming) co_await changed.wait();
  if (!ever_claimed) co_return;
  auto const now = clock.ticks();
  auto const claim = claim_of(
      {.listed = bucket.held_until(now), .reserve = bucket.in_flight(), .in_flight = bucket.in_flight()},
      now);
  auto const given_back = co_await ledger.claim(claim);
  if (!given_back) log_debug("{}: places were not given back: {}", options.budget, given_back.error().what);
}

std::optional<Parked> Pacer::Gate::parked() const {
  auto const now = clock.ticks();
  auto const parked_until = [&](SteadyTime until, ParkedBy by, std::string why) {
    return Parked{
        .until = clock.now() + std::chrono::ceil<Milliseconds>(until - now), .why = std::move(why), .by = by};
  };
  if (bucket.paused_until() > now + parked_min)
    return parked_until(bucket.paused_until(), ParkedBy::rate_limited, "the provider asked to wait (429)");
  if (auto const probe_at = breaker.callable_at(now); probe_at && *probe_at > now + parked_min)
    return parked_until(*probe_at, ParkedBy::breaker,
                        fmt::format("the provider fails: {} times in a row", breaker.failures()));
  if (auto const budget_at = bucket.next(now); budget_at && *budget_at > now + parked_min)
    return parked_until(*budget_at, ParkedBy::budget,
                        fmt::format("the budget of {} requests per {} is used up", bucket.limit().requests,
                                    to_string(bucket.limit().per)));
  return std::nullopt;
}

Pacer::Pacer(boost::asio::any_io_executor const& executor, Clock& clock, Ledger& ledger, Random& random,
             PacerOptions options)
    : gate_(std::make_shared<Gate>(executor, clock, ledger, random, std::move(options))) {}

Pacer::~Pacer() {
  gate_->closed = true;
  gate_->ended.stopped = true;
  gate_->clock.look_again();
  gate_->watch.reset();
}

Task<Result<Admission>> Pacer::admit(Lane lane, StopSign const& sign) {
  return gate_->admit(lane, sign);
}

void Pacer::look_again() {
  gate_->changed.notify_all();
}

void Pacer::succeeded(Admission const& admission) {
  gate_->answered(admission, std::nullopt);
}

void Pacer::failed(Admission const& admission, ErrorKind kind) {
  gate_->answered(admission, kind);
}

void Pacer::pause(Milliseconds wait) {
  gate_->bucket.pause(gate_->clock.ticks() + wait);
}

Task<void> Pacer::close() {
  return gate_->close();
}

RateLimit Pacer::limit() const {
  return gate_->bucket.limit();
}

int Pacer::learned() const {
  auto const& limit = gate_->options.limit;
  return limit.adaptive ? gate_->adaptive.learned().value_or(limit.requests) : limit.requests;
}

int Pacer::in_flight() const {
  return static_cast<int>(gate_->bucket.in_flight());
}

int Pacer::taken() const {
  auto const now = gate_->clock.ticks();
  return static_cast<int>(gate_->bucket.taken(now) + gate_->bucket.taken_by_others(now));
}

std::optional<Parked> Pacer::parked() const {
  return gate_->parked();
}

}  // namespace candled
