#include "core/circuit_breaker.hpp"

namespace candled {

namespace {

// Whether an outcome says that the provider is unwell.
bool counts_as_failure(ErrorKind kind) {
  return kind == ErrorKind::transport || kind == ErrorKind::remote_failed;
}

}  // namespace

CircuitBreaker::State CircuitBreaker::state(SteadyTime now) const {
  if (!open_) return State::closed;
  return now < open_until_ ? State::open : State::half_open;
}

bool CircuitBreaker::may_call(SteadyTime now) {
  switch (state(now)) {
    case State::closed: return true;
    case State::open: return false;
    case State::half_open: break;
  }
  if (probing_) return false;
  probing_ = true;
  return true;
}

std::optional<SteadyTime> CircuitBreaker::callable_at(SteadyTime now) const {
  if (state(now) == State::open) return open_until_;
  return probing_ ? std::nullopt : std::optional{now};
}

void CircuitBreaker::succeeded(Era era) {
  if (era == era_) close();
}

void CircuitBreaker::close() {
  failures_ = 0;
  open_ = false;
  probing_ = false;
}

void CircuitBreaker::failed(SteadyTime now, Era era, ErrorKind kind) {
  if (era != era_) return;
  auto const was_probe = probing_;
  probing_ = false;
  if (!counts_as_failure(kind)) {
    // An answer, if not the wished one: the provider is there. A half open breaker may close.
    if (was_probe && kind != ErrorKind::stopped) close();
    return;
  }
  ++failures_;
  if (!was_probe && failures_ < policy_.failures) return;
  open_ = true;
  open_until_ = now + policy_.open_for;
  ++era_;
}

}  // namespace candled
