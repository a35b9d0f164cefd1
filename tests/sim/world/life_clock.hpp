// The clock of one start of the daemon. Include in .cpp files only: it brings Asio.
#pragma once

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <optional>

#include "pipeline/clock.hpp"
#include "sim/world/world.hpp"

namespace candled::sim {

// Its time passes only when every coroutine waits. `ticks` counts from `booted`, as a host's does.
class LifeClock final : public Clock {
 public:
  LifeClock(boost::asio::io_context& loop, World const& world, Nanos booted)
      : loop_(loop), world_(world), booted_(booted) {}

  UtcTime now() const override { return world_.wall(); }
  SteadyTime ticks() const override { return SteadyTime{world_.monotonic() - booted_}; }
  using Clock::sleep_until;
  Task<Result<void>> sleep_until(SteadyTime when, StopSign const& sign) override;
  void look_again() override;
  void stop() override;
  bool stopping() const override { return stopping_; }

  // Ends with the time only: what the world does takes its time whether or not we stop.
  Task<void> pass(Nanos time);

  // Until the first sleeper's end. nullopt: nobody sleeps.
  std::optional<Nanos> first_ends_in() const;
  void wake_those_due();
  // Destroys those who sleep where they stand.
  void destroy_sleepers();

 private:
  // A coroutine that waits. Not a timer of Asio's, which would ask the kernel each time.
  struct Sleeper {
    virtual ~Sleeper() = default;
    virtual void wake() = 0;  // on the loop, later
  };
  template <class Handler>
  struct Handled;

  Task<void> wait_until(SteadyTime when);

  boost::asio::io_context& loop_;
  World const& world_;
  Nanos booted_;
  std::multimap<SteadyTime, std::unique_ptr<Sleeper>> sleepers_;
  bool stopping_ = false;
};

}  // namespace candled::sim
