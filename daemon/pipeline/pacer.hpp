// The gate to one provider's credential: no request passes it by, retries and pages included.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "core/circuit_breaker.hpp"
#include "core/lane.hpp"
#include "core/limits.hpp"
#include "core/token_bucket.hpp"
#include "pipeline/clock.hpp"

namespace candled {

// Nothing can go for a while, and why, for people.
struct Parked {
  UtcTime until;
  std::string why;
};

// First come, first served. Each `admit` that succeeds is followed by exactly one of `succeeded` and
// `failed`.
class Pacer {
 public:
  // `concurrency`: requests in flight at most.
  Pacer(boost::asio::any_io_executor const& executor, Clock& clock, RateLimit limit, BreakerPolicy breaker,
        std::size_t concurrency);
  ~Pacer();

  // Returns when a request may go: the budget has it, fewer than `concurrency` are in flight, the breaker
  // lets it. Error: stopped, by the clock or by `sign`, which must outlive the task.
  Task<Result<void>> admit(Lane lane, StopSign const& sign);
  // Those who wait look at their signs again.
  void look_again();

  void succeeded();
  void failed(ErrorKind kind);
  // The provider said 429: nobody goes for this long.
  void pause(Milliseconds wait);

  RateLimit limit() const { return limit_; }
  // nullopt: something can go soon.
  std::optional<Parked> parked() const { return std::nullopt; }
  CircuitBreaker const& breaker() const { return breaker_; }

 private:
  struct Queue;

  Task<Result<void>> wait_for_place(StopSign const& sign);

  Clock& clock_;
  RateLimit limit_;
  TokenBucket bucket_;
  CircuitBreaker breaker_;
  std::size_t concurrency_;
  std::unique_ptr<Queue> queue_;
};

}  // namespace candled
