#include "core/place_record.hpp"

#include <algorithm>
#include <utility>

namespace candled {

std::size_t PlaceRecord::wanted(RateLimit const& limit) {
  auto const a_second = std::chrono::milliseconds{1'000} * limit.requests / limit.per + 1;
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(a_second, std::max(limit.burst, 1), limit.requests));
}

PlacePlan PlaceRecord::plan(TokenBucket const& bucket, RateLimit const& limit, SteadyTime now) const {
  auto const held = bucket.held_until(now);
  auto const in_flight = bucket.in_flight();
  auto const gone =
      std::min(static_cast<std::size_t>(limit.requests), in_flight + bucket.taken_by_others(now));
  auto const room = static_cast<std::size_t>(limit.requests) - gone;
  auto const ahead = std::min(wanted(limit), room);
  auto const listed = std::min(held.size(), room - ahead);
  return {.listed = {held.end() - static_cast<std::ptrdiff_t>(listed), held.end()},
          .reserve = in_flight + std::max(ahead, held.size() - listed),
          .in_flight = in_flight};
}

void PlaceRecord::claiming(PlacePlan plan, SteadyTime now) {
  claimed_ = Entry{.plan = std::move(plan), .valid_until = now + reserve_used_for_};
  spent_ = 0;
}

void PlaceRecord::granted(std::size_t reserved) {
  record_ = std::exchange(claimed_, std::nullopt);
  record_->plan.reserve = std::min(reserved, record_->plan.reserve);
}

void PlaceRecord::lost() {
  record_.reset();
  claimed_.reset();
}

bool PlaceRecord::Entry::covers(TokenBucket const& bucket, SteadyTime now) const {
  auto const listed = plan.listed.end() - std::ranges::upper_bound(plan.listed, now);
  return now < valid_until && bucket.taken(now) + 1 <= static_cast<std::size_t>(listed) + plan.reserve;
}

bool PlaceRecord::covers(TokenBucket const& bucket, SteadyTime now) const {
  return record_ && record_->covers(bucket, now) && (!claimed_ || claimed_->covers(bucket, now));
}

std::size_t PlaceRecord::left() const {
  if (!record_) return 0;
  auto const gone = record_->plan.in_flight + spent_;
  return record_->plan.reserve - std::min(gone, record_->plan.reserve);
}

std::optional<SteadyTime> PlaceRecord::valid_until() const {
  return record_ ? std::optional{record_->valid_until} : std::nullopt;
}

}  // namespace candled
