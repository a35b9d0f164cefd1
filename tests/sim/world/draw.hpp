// Chance that is the same on every machine: all of a simulated day follows from its seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace candled::sim {

// One of 2^64 numbers, as good as random, that follows from `value` (splitmix64's last step).
constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

constexpr std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// A stream of draws. Two streams of one seed with different names know nothing of each other, so that one
// draw more for faults does not change the market.
class Draw {
 public:
  Draw(std::uint64_t seed, std::string_view stream) : state_(mix(seed) ^ hash_of(stream)) {}

  std::uint64_t next() { return mix(state_++); }
  // Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double probability) { return unit() < probability; }
  // Both included.
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(most - least + 1));
  }
  template <class Values>
  auto const& one_of(Values const& values) {
    return values[static_cast<std::size_t>(next() % std::size(values))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace candled::sim
