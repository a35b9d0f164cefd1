#include "sim/world/life_clock.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include "pipeline/async.hpp"

namespace candled::sim {

template <class Handler>
struct LifeClock::Handled final : Sleeper {
  Handled(boost::asio::io_context& its_loop, Handler&& its_handler)
      : loop(its_loop), handler(std::move(its_handler)) {}
  void wake() override { boost::asio::post(loop, std::move(handler)); }

  boost::asio::io_context& loop;
  Handler handler;
};

Task<void> LifeClock::wait_until(SteadyTime when) {
  auto const begin = [this, when]<class Handler>(Handler&& handler) {
    sleepers_.emplace(
        when, std::make_unique<Handled<std::decay_t<Handler>>>(loop_, std::forward<Handler>(handler)));
  };
  co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(
      begin, boost::asio::use_awaitable);
}

Task<Result<void>> LifeClock::sleep_until(SteadyTime when, StopSign const& sign) {
  // A sleeper lets the loop run once in any case.
  for (bool slept = false; !stopping_ && !sign.stopped && (!slept || ticks() < when); slept = true)
    co_await wait_until(when);
  if (stopping_ || sign.stopped) co_return fail(ErrorKind::stopped, "stopped");
  co_return Result<void>{};
}

Task<void> LifeClock::pass(Nanos time) {
  auto const until = ticks() + time;
  do co_await wait_until(until);
  while (ticks() < until);
}

void LifeClock::look_again() {
  for (auto const& [when, sleeper] : std::exchange(sleepers_, {})) sleeper->wake();
  tell_watchers();
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
  while (!sleepers_.empty() && sleepers_.begin()->first <= ticks())
    sleepers_.extract(sleepers_.begin()).mapped()->wake();
}

void LifeClock::destroy_sleepers() {
  while (!sleepers_.empty()) sleepers_.extract(sleepers_.begin());
}

}  // namespace candled::sim
