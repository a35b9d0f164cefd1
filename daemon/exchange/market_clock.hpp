// When it is on the market.
#pragma once

#include <optional>

#include "core/time_lens.hpp"

namespace candled {

// The machine's time, one that stands still, or one that runs through a drill's lens.
class MarketClock {
 public:
  MarketClock() = default;
  static MarketClock standing_at(UtcTime time);
  static MarketClock through(TimeLens const& lens);

  UtcTime now() const;
  // What a Date header says: as `now` where that runs, the machine's where it stands.
  UtcTime of_the_server() const;
  // What limits are counted in: as fast as `now` where that runs, the machine's where it stands.
  SteadyTime ticks() const;

 private:
  std::optional<UtcTime> stands_at_;
  std::optional<TimeLens> lens_;
  SteadyTime origin_ = std::chrono::steady_clock::now();
};

}  // namespace candled
