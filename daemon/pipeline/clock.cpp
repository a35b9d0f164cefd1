#include "pipeline/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <utility>

namespace candled {

Clock::Watch::Watch(Clock& clock, std::function<void()> look)
    : clock_(clock), place_(clock.watchers_.insert(clock.watchers_.end(), std::move(look))) {}

Clock::Watch::~Watch() {
  clock_.watchers_.erase(place_);
}

void Clock::tell_watchers() {
  for (auto const& look : watchers_) look();
}

Task<Result<void>> Clock::sleep_until(SteadyTime when) {
  return sleep_until(when, nobody_);
}

}  // namespace candled
