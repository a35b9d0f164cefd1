// Time that runs faster than the machine's, for drills: weeks in minutes.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace candled {

constexpr double drill_speed_max = 100'000;  // keeps a day's drill far from the ends of SteadyTime

// At the real instant `zero` it is `start`; from there time runs `speed` times as fast, 1 to drill_speed_max.
// Two programs with the same lens agree on the time, and one that is killed and started again goes on in it.
struct TimeLens {
  UtcTime start;
  double speed;
  UtcTime zero;

  // What the wall clock shows when the machine's shows `real`.
  UtcTime now(std::chrono::system_clock::time_point real) const;
  // What a monotonic clock shows that showed the machine's `origin` at that moment.
  SteadyTime ticks(SteadyTime real, SteadyTime origin) const;
  // The first machine's tick at which `ticks` is not before `when`, which must not be before `origin`.
  SteadyTime real_ticks(SteadyTime when, SteadyTime origin) const;

  friend bool operator==(TimeLens const&, TimeLens const&) = default;
};

// "x5000" without its x: 1 to drill_speed_max, with or without decimals. nullopt: anything else.
std::optional<double> parse_drill_speed(std::string_view text);
// Seconds since 1970, up to three decimals: "1764000000.123". nullopt: anything else.
std::optional<UtcTime> parse_epoch(std::string_view text);
// start, speed and zero: "2024-11-25T00:00:00Z x5000 @1764000000.123". Error: what is wrong with it.
std::expected<TimeLens, std::string> parse_time_lens(std::string_view text);

}  // namespace candled
