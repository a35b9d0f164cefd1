// Seam: time, and the end of waiting.
#pragma once

#include "core/error.hpp"
#include "core/task.hpp"
#include "core/time.hpp"

namespace candled {

// Schedules follow `now`, the wall clock; every wait and every budget follows `ticks`, which no one can set.
class Clock {
 public:
  Clock() = default;
  Clock(Clock const&) = delete;
  Clock& operator=(Clock const&) = delete;
  virtual ~Clock() = default;

  virtual UtcTime now() const = 0;
  virtual SteadyTime ticks() const = 0;

  // Returns at `when`, or at once with `stopped` when stop() was or is called.
  virtual Task<Result<void>> sleep_until(SteadyTime when) = 0;

  // Shutdown was asked for: ends all sleeps, now and later.
  virtual void stop() = 0;
  virtual bool stopping() const = 0;
};

}  // namespace candled
