// How many requests a provider really lets through, learned from its 429s.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/limits.hpp"
#include "core/time.hpp"

namespace candled {

// Adds slowly, takes away quickly. A 429 sets the ceiling to 80 % of what was sent in the window before it,
// once a window at most. After each window without one, and with at least half of the ceiling used, it rises:
// quickly back to what is known to work, which is what was let through before the 429; then, after some
// windows' rest, beyond it, by 2 % of the configured limit at a time. Each rest is twice the one before when
// the step beyond it has failed: a limit that does not change is asked for rarely. Never above the configured
// limit, never below 1. Calls are in time order, but for `sent_at`.
class AdaptiveLimit {
 public:
  explicit AdaptiveLimit(RateLimit configured);

  // Requests in a window of `per`, now.
  int ceiling() const { return ceiling_; }
  // What is known to work, for the next start to begin with. nullopt: no 429 has taught anything.
  std::optional<int> learned() const;
  // What an earlier start has learned: this one begins there.
  void begin_with(int learned);

  // A request goes.
  void sent(SteadyTime now);
  // The answer to the request that went at `sent_at` is a 429.
  void rate_limited(SteadyTime now, SteadyTime sent_at);

 private:
  int sent_before(SteadyTime sent_at) const;
  void end_window();
  void rise();

  RateLimit configured_;
  int ceiling_;
  int works_;  // known to be let through, or not known not to be
  bool taught_ = false;
  int rest_;  // windows at `works_` before the next step beyond it
  int rested_ = 0;
  SteadyTime window_start_{};
  int window_sent_ = 0;
  std::optional<SteadyTime> lowered_at_;
  std::deque<SteadyTime> sent_;  // in the last two windows
};

}  // namespace candled
