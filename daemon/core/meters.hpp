// What the daemon has done since its start, in numbers: written at the seams, read by whoever reports. Lives
// on the loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/gap_reason.hpp"
#include "core/histogram.hpp"
#include "core/horizon.hpp"
#include "core/ids.hpp"
#include "core/length_counts.hpp"
#include "core/range_set.hpp"
#include "core/time.hpp"
#include "core/timeframe.hpp"

namespace candled {

// Requests to one provider, by how they ended. What a stop of ours ended counts nowhere.
struct RequestMeter {
  std::int64_t ok = 0;            // 2xx
  std::int64_t rate_limited = 0;  // 429
  std::int64_t refused = 0;       // other 4xx, and what else is no answer to be had again
  std::int64_t failed = 0;        // 5xx
  std::int64_t unreachable = 0;   // no whole answer
  std::int64_t bytes = 0;         // of bodies, on the wire
  int in_flight = 0;
  Histogram took;
  LengthCounts lengths;                     // the same, for percentiles
  int failures_in_a_row = 0;                // failed or unreachable, since the last other one
  std::optional<Milliseconds> clock_ahead;  // our clock minus the provider's, by its last answer
};

// Of one job, as its batches tell when they end.
struct BatchMeter {
  std::string provider;
  std::string timeframe;
  std::map<std::string, std::int64_t> batches;  // by outcome
  std::int64_t retries = 0;
  std::int64_t bars = 0;  // received and good
  std::int64_t inserted = 0;
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;
  std::int64_t rejected = 0;
  std::map<std::string, Milliseconds> phases;
  std::string last_outcome;
  std::optional<UtcTime> last_ok_at;
};

// Store and ledger together: it is one database.
struct DatabaseMeter {
  std::int64_t calls = 0;
  std::map<std::string, std::int64_t> errors;  // by kind
  int away_in_a_row = 0;                       // calls that found it away, since one that did not
  std::optional<UtcTime> last_answer_at;
  Histogram load_took;    // of loads that were committed
  std::int64_t bars = 0;  // in them: new, changed or the same
};

// How far a series reaches, as planning and loads have it.
struct SeriesMeter {
  std::string provider;
  Timeframe timeframe{};
  std::string ticker;  // as configured
  RangeSet covered;    // its last range, and what was added since; empty: nothing is covered
  RangeSet parked;     // gaps that are not to be tried again yet
  GapCounts gaps;      // open ones, when it was last planned
  Reach reach;         // how far back it went then
};

struct Meters {
  std::map<std::string, RequestMeter> providers;  // by the configured name
  std::map<std::string, BatchMeter> jobs;
  DatabaseMeter database;
  std::unordered_map<SeriesId, SeriesMeter> series;
};

}  // namespace candled
