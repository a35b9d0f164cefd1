// When the next request to a provider may go.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "core/limits.hpp"
#include "core/time.hpp"

namespace candled {

// Places that other processes hold of the same budget.
struct OthersPlaces {
  std::size_t places = 0;
  SteadyTime until;
};

// Keeps two promises at once, whatever the latency is:
//  - never more than `requests` in any sliding window of `per`, as the provider sees it. The provider counts
//  a request
//    somewhere between the moment it is sent and the moment its answer is here; so a request holds its place
//    from being sent until `per` after its answer. This costs one latency a window of throughput, and no
//    guess is needed.
//  - at most `burst` at once, then one every per/requests.
// No clock, no waiting: the caller asks `next`, waits, and then tells `spend` and, for each spend, once
// `answered`. Calls are in time order.
class TokenBucket {
 public:
  explicit TokenBucket(RateLimit limit);

  // The earliest time, not before `now`, at which one request may go. nullopt: not before an answer has come,
  // for every place is taken by a request in flight.
  std::optional<SteadyTime> next(SteadyTime now) const;

  // One request goes now. Needs next(now) <= now.
  void spend(SteadyTime now);
  // The answer of one request is here, or it has failed: the provider has counted it by now.
  void answered(SteadyTime now);
  // The provider said 429: nothing goes before `until`.
  void pause(SteadyTime until);
  SteadyTime paused_until() const { return paused_until_; }

  // Places that count like our own, until they are free again. Replaces what was told before.
  void set_others(std::vector<OthersPlaces> others);
  // From now on; places and pauses stay. A limit below what is taken waits until enough is free.
  void set_limit(RateLimit limit);
  RateLimit const& limit() const { return limit_; }

  std::size_t in_flight() const { return in_flight_; }
  // When the places of answered requests are free again: those later than `now`, oldest first.
  std::vector<SteadyTime> held_until(SteadyTime now) const;
  // Our own places: in flight, and held.
  std::size_t taken(SteadyTime now) const;
  std::size_t taken_by_others(SteadyTime now) const;

 private:
  using Step = std::chrono::nanoseconds;

  SteadyTime free_again(std::size_t places, SteadyTime now) const;

  RateLimit limit_;
  Step interval_;         // per / requests
  SteadyTime full_at_{};  // when all `burst` tokens are there again; one costs an interval
  SteadyTime paused_until_{};
  std::size_t in_flight_ = 0;
  std::deque<SteadyTime> held_until_;  // places of answered requests, oldest first
  std::vector<OthersPlaces> others_;   // the one that is free first comes first
};

// How long `requests` take at the least, from a rested bucket: what the provider's limit dictates.
Milliseconds shortest_time(RateLimit limit, std::int64_t requests);

}  // namespace candled
