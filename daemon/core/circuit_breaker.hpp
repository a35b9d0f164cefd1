// Stops asking a provider that fails again and again, and finds out when it is well.
#pragma once

#include <optional>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"

namespace candled {

// Closed: all may call. After `failures` in a row it opens: nobody may for `open_for`. Then it is half open:
// one probe may call, the others wait for its outcome; a good one closes it, a bad one opens it again. A 429,
// a refusal and a broken page are answers of a provider that is there: neither failure nor, for the count,
// success.
class CircuitBreaker {
 public:
  enum class State { closed, open, half_open };

  explicit CircuitBreaker(BreakerPolicy policy) : policy_(policy) {}

  State state(SteadyTime now) const;
  // True: the caller must call, and then report. In the half open state it is true once, for the probe.
  bool may_call(SteadyTime now);
  // When to ask again after a `false`. nullopt: a probe is out; ask after its outcome.
  std::optional<SteadyTime> retry_at(SteadyTime now) const;

  void succeeded();
  void failed(SteadyTime now, ErrorKind kind);

 private:
  BreakerPolicy policy_;
  int failures_ = 0;
  bool open_ = false;
  bool probing_ = false;
  SteadyTime open_until_{};
};

}  // namespace candled
