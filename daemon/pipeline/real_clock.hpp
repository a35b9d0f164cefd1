// The machine's clock, on the loop.
#pragma once

#include <memory>

#include "pipeline/clock.hpp"

namespace candled {

class RealClock : public Clock {
 public:
  explicit RealClock(boost::asio::any_io_executor const& executor);
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
};

}  // namespace candled
