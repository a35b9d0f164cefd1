#include "pipeline/real_clock.hpp"

#include <list>

#include "pipeline/async.hpp"

namespace candled {

struct RealClock::Sleepers {
  boost::asio::any_io_executor executor;
  std::list<boost::asio::steady_timer> timers;
  bool stopping = false;
};

RealClock::RealClock(boost::asio::any_io_executor const& executor)
    : sleepers_(std::make_unique<Sleepers>(Sleepers{.executor = executor, .timers = {}})) {}

RealClock::~RealClock() = default;

UtcTime RealClock::now() const {
  return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

SteadyTime RealClock::ticks() const {
  return std::chrono::steady_clock::now();
}

Task<Result<void>> RealClock::sleep_until(SteadyTime when, StopSign const& sign) {
  auto const timer = sleepers_->timers.emplace(sleepers_->timers.end(), sleepers_->executor, when);
  bool awake = false;
  while (!awake && !sleepers_->stopping && !sign.stopped) {
    boost::system::error_code woken_early;
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken_early));
    awake = !woken_early;
  }
  sleepers_->timers.erase(timer);
  if (!awake) co_return fail(ErrorKind::stopped, "stopped");
  co_return Result<void>{};
}

void RealClock::look_again() {
  for (auto& timer : sleepers_->timers) timer.cancel();
  tell_watchers();
}

void RealClock::stop() {
  sleepers_->stopping = true;
  look_again();
}

bool RealClock::stopping() const {
  return sleepers_->stopping;
}

}  // namespace candled
