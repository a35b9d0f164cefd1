// Seam: the source of randomness, so that a test can repeat what happened.
#pragma once

#include <cstdint>
#include <random>

namespace candled {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // Uniform in [0, 1).
  double next() { return std::uniform_real_distribution<double>{0.0, 1.0}(engine_); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace candled
