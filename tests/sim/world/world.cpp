#include "sim/world/world.hpp"

#include <algorithm>

namespace candled::sim {

void World::at(UtcTime when, std::function<void()> event) {
  events_.emplace(std::max<Nanos>(when.time_since_epoch(), truth_), std::move(event));
}

void World::after(Nanos delay, std::function<void()> event) {
  events_.emplace(truth_ + delay, std::move(event));
}

std::optional<Nanos> World::next_event() const {
  if (events_.empty()) return std::nullopt;
  return events_.begin()->first;
}

void World::go_on_until(Nanos truth) {
  auto const pass = [&](Nanos to) {
    if (asleep_until_) asleep_ += std::min(to, *asleep_until_) - truth_;
    truth_ = to;
    if (asleep_until_ && truth_ >= *asleep_until_) asleep_until_.reset();
  };
  while (!events_.empty() && events_.begin()->first <= truth) {
    auto const first = events_.extract(events_.begin());
    pass(std::max(truth_, first.key()));
    first.mapped()();
  }
  pass(std::max(truth_, truth));
}

void World::violation(std::string what) {
  tell("BROKEN: {}", what);
  constexpr std::size_t kept = 5;
  if (violations_.size() < kept) violations_.push_back(to_rfc3339(true_time()) + " " + std::move(what));
}

}  // namespace candled::sim
