// What the ledger has on record for this process: the places that its requests may take.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/limits.hpp"
#include "core/time.hpp"
#include "core/token_bucket.hpp"

namespace candled {

// What to have put on record: `listed` places, each until its time, and `reserve` for the rest.
struct PlacePlan {
  std::vector<SteadyTime> listed;
  std::size_t reserve = 0;
  std::size_t in_flight = 0;  // of `reserve`: gone already
};

// The record must never be less than what the provider may count: a crash forgets all but the record. A place
// that is listed is one request of the past; the reserve covers those in flight, those that go until the
// record is renewed, and, when the window is full, those of the past that are free soonest: as each of these
// comes free its place on record serves the next request, which so need not wait for the database.
//
// No clock, no waiting. The bucket decides when a request may go; this decides whether it is on record.
class PlaceRecord {
 public:
  // How long a reserve may be used. It stays on record for the last request's answer and window after that.
  static constexpr Milliseconds used_for = std::chrono::seconds{10};

  explicit PlaceRecord(Milliseconds reserve_used_for = used_for) : reserve_used_for_(reserve_used_for) {}

  // A rested budget's reserve: `burst`, or a second's worth of requests.
  static std::size_t wanted(RateLimit const& limit);

  // `limit`: what the operator allows over all processes.
  PlacePlan plan(TokenBucket const& bucket, RateLimit const& limit, SteadyTime now) const;

  // The plan is on its way: until its outcome, requests must be within both the old and the new record.
  void claiming(PlacePlan plan, SteadyTime now);
  void granted(std::size_t reserved);
  // Nobody knows what is on record: nothing goes before the next grant.
  void lost();

  // Whether one more request, going at `now`, is on record.
  bool covers(TokenBucket const& bucket, SteadyTime now) const;
  void spent() { ++spent_; }
  // Places for requests that are not used yet.
  std::size_t left() const;
  // Nothing is covered from then on. nullopt: nothing is now.
  std::optional<SteadyTime> valid_until() const;

 private:
  struct Entry {
    PlacePlan plan;
    SteadyTime valid_until;
    bool covers(TokenBucket const& bucket, SteadyTime now) const;
  };

  Milliseconds reserve_used_for_;
  std::optional<Entry> record_;
  std::optional<Entry> claimed_;
  std::size_t spent_ = 0;  // since the last claim
};

}  // namespace candled
