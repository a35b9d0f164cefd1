#include "sim/life_clock.hpp"

#include "pipeline/async.hpp"

namespace candled::sim {

namespace {

Task<void> wait_on(boost::asio::steady_timer& timer) {
  boost::system::error_code woken;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
}

constexpr auto never = boost::asio::steady_timer::time_point::max();

}  // namespace

Task<Result<void>> LifeClock::sleep_until(SteadyTime when, StopSign const& sign) {
  boost::asio::steady_timer timer{loop_, never};
  auto const place = sleepers_.emplace(when, &timer);
  // A sleeper lets the loop run once in any case.
  for (bool slept = false; !stopping_ && !sign.stopped && (!slept || ticks() < when); slept = true)
    co_await wait_on(timer);
  sleepers_.erase(place);
  if (stopping_ || sign.stopped) co_return fail(ErrorKind::stopped, "stopped");
  co_return Result<void>{};
}

Task<void> LifeClock::pass(Nanos time) {
  auto const until = ticks() + time;
  boost::asio::steady_timer timer{loop_, never};
  auto const place = sleepers_.emplace(until, &timer);
  do co_await wait_on(timer);
  while (ticks() < until);
  sleepers_.erase(place);
}

void LifeClock::look_again() {
  for (auto const& [when, timer] : sleepers_) timer->cancel();
}

void LifeClock::stop() {
  stopping_ = true;
  look_again();
}

std::optional<Nanos> LifeClock::first_ends_in() const {
  if (sleepers_.empty()) return std::nullopt;
  return std::max(Nanos{0}, sleepers_.begin()->first - ticks());
}

void LifeClock::wake_those_due() {
  auto const now = ticks();
  for (auto const& [when, timer] : sleepers_) {
    if (when > now) break;
    timer->cancel();
  }
}

}  // namespace candled::sim
