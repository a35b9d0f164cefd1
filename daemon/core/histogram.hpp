// How long things took, counted by length: what Prometheus calls a histogram.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace candled {

class Histogram {
 public:
  using Seconds = std::chrono::duration<double>;

  // The upper end of each class, included. What is longer than the last counts in none, but in count().
  static constexpr std::array bounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};

  void add(Seconds took) {
    sum_ += took;
    ++count_;
    for (std::size_t i = 0; i < bounds.size(); ++i)
      if (took.count() <= bounds.at(i)) return void(++counts_.at(i));
  }

  // By class; not cumulated.
  std::array<std::int64_t, bounds.size()> const& counts() const { return counts_; }
  std::int64_t count() const { return count_; }
  Seconds sum() const { return sum_; }

 private:
  std::array<std::int64_t, bounds.size()> counts_{};
  std::int64_t count_ = 0;
  Seconds sum_{0};
};

}  // namespace candled
