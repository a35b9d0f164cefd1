// The gate to one provider's credential: no request passes it by, retries and pages included.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "core/circuit_breaker.hpp"
#include "core/lane.hpp"
#include "core/limits.hpp"
#include "core/place_record.hpp"
#include "pipeline/clock.hpp"
#include "pipeline/random.hpp"
#include "store/ledger.hpp"

namespace candled {

struct PacerOptions {
  std::string budget;  // as in BudgetClaim
  std::string holder;  // a uuid of this pacer alone: no two pacers may share one
  RateLimit limit{};
  BreakerPolicy breaker{};
  std::size_t concurrency = 16;  // requests in flight at most
  Milliseconds timeout{30'000};  // a request is answered, or has failed, within this time
  Milliseconds reserve_used_for = PlaceRecord::used_for;  // must leave the ledger time to answer
};

enum class ParkedBy { rate_limited, breaker, budget };

// Nothing can go for a while, and why, for people.
struct Parked {
  UtcTime until;
  std::string why;
  ParkedBy by = ParkedBy::budget;
};

// One request that may go; goes back with its outcome.
struct Admission {
  CircuitBreaker::Era era = 0;
  SteadyTime sent_at;
};

// Live goes before repair before settle before backfill, first come first served within a lane, and none is
// starved (LaneQueue); who goes is chosen at the moment when one may. A request goes only when it is on
// record in the ledger, which is asked ahead and in the background: while it is away, nothing goes. With
// RateLimit::adaptive, 429s lower the limit (AdaptiveLimit).
class Pacer {
 public:
  // `clock`, `ledger` and `random` must outlive it and every task on `executor`.
  Pacer(boost::asio::any_io_executor const& executor, Clock& clock, Ledger& ledger, Random& random,
        PacerOptions options);
  Pacer(Pacer const&) = delete;
  Pacer& operator=(Pacer const&) = delete;
  // Nobody may be waiting in it any more.
  ~Pacer();

  // Returns when a request may go. Exactly one of `succeeded` and `failed` must follow. Errors: stopped, by
  // the clock or by `sign`, which must outlive the task; db_refused, db_denied and schema_mismatch, of the
  // ledger.
  Task<Result<Admission>> admit(Lane lane, StopSign const& sign);
  // Those who wait look at their signs again. Clock::look_again does the same.
  void look_again();

  void succeeded(Admission const& admission);
  void failed(Admission const& admission, ErrorKind kind);
  // The provider said 429: nobody goes for this long.
  void pause(Milliseconds wait);

  // Gives back the places that are not used, at the end: nothing is admitted any more. A ledger that is away
  // is no error: it forgets them by itself.
  Task<void> close();

  // In effect now: with RateLimit::adaptive the requests may be fewer than configured.
  RateLimit limit() const;
  // Requests in a window that the provider is known to let through; as configured while nothing else is
  // known.
  int learned() const;
  int in_flight() const;
  // Places of the budget that are taken now, by us and by others.
  int taken() const;
  // nullopt: something can go within five seconds, as far as provider and budget are concerned.
  std::optional<Parked> parked() const;

 private:
  struct Gate;
  std::shared_ptr<Gate> gate_;  // shared with what runs in the background
};

}  // namespace candled
