#include "pipeline/real_clock.hpp"

#include <algorithm>
#include <list>

#include "pipeline/async.hpp"

namespace candled {

struct RealClock::Sleepers {
  boost::asio::any_io_executor executor;
  std::list<boost::asio::steady_timer> timers;
  bool stopping = false;
};

UtcTime real_now(std::optional<TimeLens> const& lens) {
  auto const real = std::chrono::system_clock::now();
  return lens ? lens->now(real) : std::chrono::time_point_cast<Milliseconds>(real);
}

RealClock::RealClock(boost::asio::any_io_executor const& executor, std::optional<TimeLens> const& lens)
    : sleepers_(std::make_unique<Sleepers>(Sleepers{.executor = executor, .timers = {}})),
      lens_(lens),
      origin_(std::chrono::steady_clock::now()) {}

RealClock::~RealClock() = default;

UtcTime RealClock::now() const {
  return real_now(lens_);
}

SteadyTime RealClock::ticks() const {
  auto const real = std::chrono::steady_clock::now();
  return lens_ ? lens_->ticks(real, origin_) : real;
}

Task<Result<void>> RealClock::sleep_until(SteadyTime when, StopSign const& sign) {
  if (lens_) when = lens_->real_ticks(std::max(when, origin_), origin_);
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
