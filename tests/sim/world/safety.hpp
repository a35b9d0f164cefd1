// What must hold after every commit: nothing is covered that no answer spoke of, no bar is stored that no
// answer held, none that still formed, none that cannot be true; a settled range is what was answered late
// enough.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/world/market.hpp"
#include "sim/world/world.hpp"
#include "store/bar_store.hpp"

namespace candled::sim {

using BarTable = std::map<UtcTime, Bar>;

class Safety {
 public:
  Safety(World& world, Market const& market, UtcTime life_begins, std::vector<Milliseconds> settle);

  // The provider has said that for the window at `place` there is `content`; now.
  void answered(SeriesKey const& series, Place place, Content content);
  // `table` is how it stands after the commit of a slice that proves and settles this.
  void committed(SeriesKey const& series, BarTable const& table, RangeSet const& proven,
                 std::vector<LoadSlice::SettledPart> const& settled);
  // Before a commit that writes `bar` over `stored`.
  void replaces(SeriesKey const& series, Bar const& stored, Bar const& bar);
  // At the end: the values of every bar are the market's, for what its content says that it is.
  void all_bars_are_the_markets(SeriesKey const& series, BarTable const& table);

 private:
  // Bit n: contents[n] was answered; in general, and so long after the session's close.
  struct Answers {
    std::uint8_t ever = 0;
    std::uint8_t settled[2] = {0, 0};
  };

  Answers* answers_of(SeriesKey const& series, UtcTime start);
  void check_place(SeriesKey const& series, Place place, Content content);
  void check_settled(SeriesKey const& series, BarTable const& table, LoadSlice::SettledPart const& part);
  void broken(SeriesKey const& series, UtcTime start, std::string_view what, Content content);

  World& world_;
  Market const& market_;
  UtcTime life_begins_;
  std::vector<Milliseconds> settle_;
  std::map<SeriesKey, std::vector<Answers>> answers_;
};

}  // namespace candled::sim
