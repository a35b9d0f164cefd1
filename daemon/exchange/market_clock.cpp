#include "exchange/market_clock.hpp"

namespace candled {

MarketClock MarketClock::standing_at(UtcTime time) {
  MarketClock clock;
  clock.stands_at_ = time;
  return clock;
}

MarketClock MarketClock::through(TimeLens const& lens) {
  MarketClock clock;
  clock.lens_ = lens;
  return clock;
}

UtcTime MarketClock::now() const {
  return stands_at_ ? *stands_at_ : of_the_server();
}

UtcTime MarketClock::of_the_server() const {
  auto const real = std::chrono::system_clock::now();
  return lens_ ? lens_->now(real) : std::chrono::floor<Milliseconds>(real);
}

SteadyTime MarketClock::ticks() const {
  auto const real = std::chrono::steady_clock::now();
  return lens_ ? lens_->ticks(real, origin_) : real;
}

}  // namespace candled
