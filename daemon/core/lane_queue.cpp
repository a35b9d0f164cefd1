#include "core/lane_queue.hpp"

#include <algorithm>
#include <cassert>

namespace candled {

namespace {

constexpr int passed_over_max = 9;

}  // namespace

LaneQueue::Ticket LaneQueue::join(Lane lane) {
  Ticket const ticket{.lane = lane, .number = ++last_number_};
  line(lane).waiting.push_back(ticket.number);
  return ticket;
}

std::optional<LaneQueue::Ticket> LaneQueue::next() const {
  std::optional<Lane> chosen;
  for (auto const lane : lanes) {
    auto const& candidate = line(lane);
    if (candidate.waiting.empty()) continue;
    bool const overdue = candidate.passed_over >= passed_over_max;
    if (!chosen || (overdue && candidate.passed_over > line(*chosen).passed_over)) chosen = lane;
  }
  if (!chosen) return std::nullopt;
  return Ticket{.lane = *chosen, .number = line(*chosen).waiting.front()};
}

void LaneQueue::admit_next() {
  auto const ticket = next();
  assert(ticket);
  for (auto const lane : lanes)
    if (lane != ticket->lane && !line(lane).waiting.empty()) ++line(lane).passed_over;
  line(ticket->lane).waiting.pop_front();
  line(ticket->lane).passed_over = 0;
}

void LaneQueue::leave(Ticket ticket) {
  auto& from = line(ticket.lane);
  std::erase(from.waiting, ticket.number);
  if (from.waiting.empty()) from.passed_over = 0;
}

bool LaneQueue::empty() const {
  return std::ranges::all_of(lines_, [](Line const& line) { return line.waiting.empty(); });
}

}  // namespace candled
