#include "core/token_bucket.hpp"

#include <algorithm>
#include <cassert>

namespace candled {

TokenBucket::TokenBucket(RateLimit limit)
    : limit_(limit), interval_(std::chrono::duration_cast<Step>(limit.per) / limit.requests) {}

std::optional<SteadyTime> TokenBucket::next(SteadyTime now) const {
  auto const places = static_cast<std::size_t>(limit_.requests);
  auto const first_held = std::ranges::upper_bound(held_until_, now);
  auto const taken = in_flight_ + static_cast<std::size_t>(held_until_.end() - first_held);

  auto at = std::max(now, paused_until_);
  // A token is there once the bucket is at most burst - 1 intervals from full.
  at = std::max(at, full_at_ - (limit_.burst - 1) * interval_);
  if (taken < places) return at;
  if (in_flight_ >= places) return std::nullopt;
  // Enough of the oldest places must come free; those of requests in flight come later than all of these.
  auto const surplus = static_cast<std::ptrdiff_t>(taken - places);
  return std::max(at, first_held[surplus]);
}

void TokenBucket::spend(SteadyTime now) {
  assert(next(now) == now);
  while (!held_until_.empty() && held_until_.front() <= now) held_until_.pop_front();
  full_at_ = std::max(full_at_, now) + interval_;
  ++in_flight_;
}

void TokenBucket::answered(SteadyTime now) {
  assert(in_flight_ > 0);
  --in_flight_;
  held_until_.push_back(now + limit_.per);
}

void TokenBucket::pause(SteadyTime until) {
  paused_until_ = std::max(paused_until_, until);
}

Milliseconds shortest_time(RateLimit limit, std::int64_t requests) {
  if (requests <= limit.burst) return Milliseconds{0};
  auto const windows = (requests - 1) / limit.requests;
  auto const in_window = (requests - 1) % limit.requests;  // place of the last request within its window
  auto const paced = std::max<std::int64_t>(0, in_window - limit.burst + 1) * limit.per / limit.requests;
  return windows * limit.per + paced;
}

}  // namespace candled
