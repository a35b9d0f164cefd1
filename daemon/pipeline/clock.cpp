#include "pipeline/clock.hpp"

#include <boost/asio/awaitable.hpp>

namespace candled {

Task<Result<void>> Clock::sleep_until(SteadyTime when) {
  return sleep_until(when, nobody_);
}

}  // namespace candled
