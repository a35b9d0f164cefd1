// How long things took, counted by length in classes that are narrow enough for percentiles.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/time.hpp"

namespace candled {

// Each class ends 5 % after the one before it: the first after a millisecond, the last after ten minutes.
// Counts of several sources and of several times can be added, and taken from each other; percentiles cannot.
class LengthCounts {
 public:
  using Seconds = std::chrono::duration<double>;

  void add(Seconds took);
  void add(LengthCounts const& others);
  // What has come since `earlier`, a copy of this one.
  LengthCounts since(LengthCounts const& earlier) const;

  std::int64_t count() const;
  // What `share` (0 to 1) of all did not take longer than: the end of that one's class, so never too short,
  // and too long by 5 % and a millisecond at most. nullopt: nothing was counted.
  std::optional<Milliseconds> percentile(double share) const;

 private:
  static constexpr std::size_t classes = 274;

  std::array<std::int64_t, classes> counts_{};
};

}  // namespace candled
