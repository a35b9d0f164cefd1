// Whose turn it is among those who wait for one budget.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "core/lane.hpp"

namespace candled {

// The first lane in which somebody waits goes, first come first served; but a lane that has been passed over
// nine times since it began to wait or was served goes before it. So none gets less than one admission of
// every twelve while it waits: nine, and two other lanes that are due as well.
class LaneQueue {
 public:
  struct Ticket {
    Lane lane;
    std::uint64_t number;
    friend bool operator==(Ticket, Ticket) = default;
  };

  // At the end of its lane.
  Ticket join(Lane lane);
  // Whose turn it is. Whoever joins may change it: ask as late as possible. nullopt: nobody waits.
  std::optional<Ticket> next() const;
  // The one whose turn it is goes. Needs that there is one.
  void admit_next();
  // Does not want to go any more.
  void leave(Ticket ticket);

  bool empty() const;

 private:
  struct Line {
    std::deque<std::uint64_t> waiting;
    int passed_over = 0;  // admissions of other lanes while somebody waited here
  };

  Line& line(Lane lane) { return lines_.at(static_cast<std::size_t>(lane)); }
  Line const& line(Lane lane) const { return lines_.at(static_cast<std::size_t>(lane)); }

  std::array<Line, lanes.size()> lines_;
  std::uint64_t last_number_ = 0;
};

}  // namespace candled
