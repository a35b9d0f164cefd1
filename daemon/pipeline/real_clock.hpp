// The machine's clock, on the loop.
#pragma once

#include <memory>
#include <optional>

#include "core/time_lens.hpp"
#include "pipeline/clock.hpp"

namespace candled {

// The time it is: the machine's, or what a drill's lens makes of it.
UtcTime real_now(std::optional<TimeLens> const& lens);

class RealClock : public Clock {
 public:
  // With a lens, time runs through it: now, ticks and how long sleeps last.
  explicit RealClock(boost::asio::any_io_executor const& executor,
                     std::optional<TimeLens> const& lens = std::nullopt);
  ~RealClock() override;

  UtcTime now() const override;
  SteadyTime ticks() const override;
  using Clock::sleep_until;
  Task<Result<void>> sleep_until(SteadyTime when, StopSign const& sign) override;
  void look_again() override;
  void stop() override;
  bool stopping() const override;

 private:
  struct Sleepers;
  std::unique_ptr<Sleepers> sleepers_;
  std::optional<TimeLens> lens_;
  SteadyTime origin_;  // where a drill's ticks begin
};

}  // namespace candled
