// Requests in a sliding window of time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>

#include "core/time.hpp"

namespace candled {

// Exact: every moment in the window is kept. Moments come in order. A window is half-open: an arrival leaves
// it exactly one length later.
class RateWindow {
 public:
  explicit RateWindow(Milliseconds length) : length_(length) {}

  // How many there are in the window that ends with `now`, `now` not counted.
  std::size_t count(SteadyTime now) {
    while (!moments_.empty() && now - moments_.front() >= length_) moments_.pop_front();
    return moments_.size();
  }
  void add(SteadyTime now) {
    count(now);
    moments_.push_back(now);
    most_ = std::max(most_, moments_.size());
  }
  // The largest number in any window so far: every fullest window ends with an arrival.
  std::size_t most() const { return most_; }
  Milliseconds length() const { return length_; }

 private:
  Milliseconds length_;
  std::deque<SteadyTime> moments_;
  std::size_t most_ = 0;
};

}  // namespace candled
