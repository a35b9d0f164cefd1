#include "core/adaptive_limit.hpp"

#include <algorithm>

namespace candled {

namespace {

constexpr int rest_min = 8;
constexpr int rest_max = 64;

int step_of(RateLimit configured) {
  return std::max(1, configured.requests / 50);
}

}  // namespace

AdaptiveLimit::AdaptiveLimit(RateLimit configured)
    : configured_(configured), ceiling_(configured.requests), works_(configured.requests), rest_(rest_min) {}

std::optional<int> AdaptiveLimit::learned() const {
  return taught_ ? std::optional{works_} : std::nullopt;
}

void AdaptiveLimit::begin_with(int learned) {
  works_ = std::clamp(learned, 1, configured_.requests);
  ceiling_ = works_;
  taught_ = true;
}

void AdaptiveLimit::sent(SteadyTime now) {
  if (now - window_start_ >= configured_.per) {
    end_window();
    window_start_ = now;
    window_sent_ = 0;
  }
  ++window_sent_;
  sent_.push_back(now);
  while (now - sent_.front() > 2 * configured_.per) sent_.pop_front();
}

// A window with a 429 does not end here: `rate_limited` has begun a new one.
void AdaptiveLimit::end_window() {
  if (window_sent_ * 2 < ceiling_) return;
  if (window_sent_ > works_) {  // a step beyond it has gone well: the next one follows at once
    works_ = window_sent_;
    rested_ = rest_;
  }
  rise();
}

void AdaptiveLimit::rise() {
  auto const step = step_of(configured_);
  if (ceiling_ < works_) {
    ceiling_ = std::min(works_, ceiling_ + std::max(step, (works_ - ceiling_ + 1) / 2));
  } else if (ceiling_ > works_ || ++rested_ > rest_) {
    ceiling_ = std::min(configured_.requests, ceiling_ + step);
    rested_ = 0;
  }
}

// Of the window that ended when that request went, with it.
int AdaptiveLimit::sent_before(SteadyTime sent_at) const {
  auto const first = std::ranges::upper_bound(sent_, sent_at - configured_.per);
  return static_cast<int>(std::ranges::upper_bound(sent_, sent_at) - first);
}

void AdaptiveLimit::rate_limited(SteadyTime now, SteadyTime sent_at) {
  // One that went before the last change of mind says nothing new.
  if (lowered_at_ && (sent_at < *lowered_at_ || now - *lowered_at_ < configured_.per)) return;
  auto const sent = sent_before(sent_at);
  bool const step_failed = sent - 1 + step_of(configured_) >= works_;
  rest_ = step_failed ? std::min(2 * rest_, rest_max) : rest_min;
  // When so few were sent, the cause may not have been our pace: one 429 does not throw away all that is
  // known.
  works_ = std::clamp(std::max(sent - 1, works_ / 2), 1, works_);
  ceiling_ = std::clamp(sent * 4 / 5, 1, ceiling_);
  taught_ = true;
  lowered_at_ = now;
  rested_ = 0;
  window_start_ = now;
  window_sent_ = 0;
}

}  // namespace candled
