// Seam: time, and the end of waiting.
#pragma once

#include <functional>
#include <list>

#include "core/error.hpp"
#include "core/task.hpp"
#include "core/time.hpp"

namespace candled {

// Asks one piece of work to end, while the rest goes on: a cancelled backfill, a job that a reload has
// changed. Whoever sets it calls Clock::look_again(), so that those who wait see it.
struct StopSign {
  bool stopped = false;
};

// Schedules follow `now`, the wall clock; every wait and every budget follows `ticks`, which no one can set.
class Clock {
 public:
  Clock() = default;
  Clock(Clock const&) = delete;
  Clock& operator=(Clock const&) = delete;
  virtual ~Clock() = default;

  virtual UtcTime now() const = 0;
  virtual SteadyTime ticks() const = 0;

  // Returns at `when`, or at once with `stopped` when stop() was or is called, or `sign` is set, which must
  // live as long.
  virtual Task<Result<void>> sleep_until(SteadyTime when, StopSign const& sign) = 0;
  Task<Result<void>> sleep_until(SteadyTime when);

  // Sleepers look at their signs again, and watchers are told.
  virtual void look_again() = 0;

  // Tells somebody who waits, but does not sleep, of every look_again() and of stop(), as long as it lives.
  class Watch {
   public:
    // `look` must not begin or end a watch.
    Watch(Clock& clock, std::function<void()> look);
    Watch(Watch const&) = delete;
    Watch& operator=(Watch const&) = delete;
    ~Watch();

   private:
    Clock& clock_;
    std::list<std::function<void()>>::iterator place_;
  };

  // Shutdown was asked for: ends all sleeps, now and later.
  virtual void stop() = 0;
  virtual bool stopping() const = 0;

 protected:
  // For look_again().
  void tell_watchers();

 private:
  StopSign const nobody_;
  std::list<std::function<void()>> watchers_;
};

}  // namespace candled
