#include "core/token_bucket.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace candled {

namespace {

std::chrono::nanoseconds interval_of(RateLimit limit) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(limit.per) / limit.requests;
}

}  // namespace

TokenBucket::TokenBucket(RateLimit limit) : limit_(limit), interval_(interval_of(limit)) {}

std::optional<SteadyTime> TokenBucket::next(SteadyTime now) const {
  auto const places = static_cast<std::size_t>(limit_.requests);
  if (in_flight_ >= places) return std::nullopt;

  auto at = std::max(now, paused_until_);
  // A token is there once the bucket is at most burst - 1 intervals from full.
  at = std::max(at, full_at_ - (limit_.burst - 1) * interval_);
  auto const taken_by_all = taken(now) + taken_by_others(now);
  if (taken_by_all < places) return at;
  return std::max(at, free_again(taken_by_all - places + 1, now));
}

// When so many of the places that are taken now, by us or by others, are free again: the oldest are so first,
// those of requests in flight later than all of these.
SteadyTime TokenBucket::free_again(std::size_t places, SteadyTime now) const {
  auto mine = std::ranges::upper_bound(held_until_, now);
  auto other = std::ranges::upper_bound(others_, now, {}, &OthersPlaces::until);
  for (auto at = now; places > 0;) {
    bool const others_first = other != others_.end() && (mine == held_until_.end() || other->until < *mine);
    if (!others_first && mine == held_until_.end()) return at;
    auto const freed = others_first ? other->places : 1;
    at = others_first ? (other++)->until : *mine++;
    if (freed >= places) return at;
    places -= freed;
  }
  return now;
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

void TokenBucket::set_others(std::vector<OthersPlaces> others) {
  others_ = std::move(others);
  std::ranges::sort(others_, {}, &OthersPlaces::until);
}

void TokenBucket::set_limit(RateLimit limit) {
  // A longer window also counts what was answered before; a shorter one lets it go earlier.
  for (auto& until : held_until_) until += limit.per - limit_.per;
  limit_ = limit;
  interval_ = interval_of(limit);
}

std::vector<SteadyTime> TokenBucket::held_until(SteadyTime now) const {
  return {std::ranges::upper_bound(held_until_, now), held_until_.end()};
}

std::size_t TokenBucket::taken(SteadyTime now) const {
  return in_flight_ +
         static_cast<std::size_t>(held_until_.end() - std::ranges::upper_bound(held_until_, now));
}

std::size_t TokenBucket::taken_by_others(SteadyTime now) const {
  std::size_t taken = 0;
  for (auto const& other : others_)
    if (other.until > now) taken += other.places;
  return taken;
}

Milliseconds shortest_time(RateLimit limit, std::int64_t requests) {
  if (requests <= limit.burst) return Milliseconds{0};
  auto const windows = (requests - 1) / limit.requests;
  auto const in_window = (requests - 1) % limit.requests;  // place of the last request within its window
  auto const paced = std::max<std::int64_t>(0, in_window - limit.burst + 1) * limit.per / limit.requests;
  return windows * limit.per + paced;
}

}  // namespace candled
