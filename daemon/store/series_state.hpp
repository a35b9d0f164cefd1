// What one load knows of each of its series.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/range_set.hpp"
#include "core/timeframe.hpp"
#include "core/zone.hpp"
#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

struct SeriesState {
  // From the load. What could not be stored is taken out again.
  RangeSet proven;
  RangeSet rejected;  // the times of bars that cannot be true: a gap that says so stays open
  std::map<Milliseconds, RangeSet> settled;
  // From the database, before this load.
  Timeframe timeframe = Timeframe::m1;
  Zone zone = Zone::utc();  // its calendar's
  RangeSet covered;
  bool has_gap = false;     // an open one, where this load proves something
  bool gap_is_due = false;  // and the load closes it, or is another attempt at it
  bool is_settled = true;   // all of `settled` is known

  // What this load covers first.
  RangeSet newly_covered() const;
};
using States = std::map<SeriesId, SeriesState>;

// The load's part.
States states_of(Load const& load);

enum class Locking { none, rows };

// The database's part. Rows are locked in the order of their keys. Throws as libpqxx does, and
// std::runtime_error when there is no such series.
void read_states(pqxx::work& work, Locking locking, States& states);

}  // namespace candled
