// What a person asks of the database: status and gaps. Blocking: for commands, not for the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/range_set.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "store/bar_store.hpp"

namespace candled {

// One series, by its ticker of today.
struct CoverageRow {
  SeriesId id{};
  std::string ticker;
  std::string timeframe;
  std::string provider;
  UtcTime wanted_from;
  std::vector<Name> names;  // as in Series
  RangeSet covered;
  std::optional<UtcTime> last_bar_at;  // start of the newest bar
  std::int64_t rejected = 0;           // different impossible bars
  std::int64_t revisions = 0;          // bars that the provider changed
  bool is_primary = false;             // readers see its bars wherever it is covered
  RangeSet still_shown;                // where readers see its bars though it is not: no later one is covered
};

// A provider that the database has series of, or had.
struct ProviderRow {
  std::string name;
  std::string kind;  // and host: empty where no configuration has told of it yet
  std::string host;
  std::int64_t series = 0;  // without those that are computed
};

// GapRow::next_try_at of a gap that is not tried again before a person asks.
inline constexpr UtcTime when_a_person_asks = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};

// A failed range, a session without a bar, or (reason never_asked) a hole that nothing explains.
struct GapRow {
  std::string ticker;
  std::string timeframe;
  std::string provider;
  TimeRange range;
  std::string reason;
  std::string detail;
  std::int64_t attempts = 0;
  std::optional<UtcTime> first_seen;
  std::optional<UtcTime> last_tried;
  std::optional<UtcTime> next_try_at;  // nullopt: as soon as a job is due
};

struct BatchRow {
  std::int64_t batch_id = 0;
  std::int64_t run_id = 0;
  UtcTime started_at;
  std::string job;
  std::string provider;
  std::string timeframe;
  std::int64_t symbols = 0;
  std::int64_t requests = 0;
  std::int64_t bars = 0;
  std::int64_t inserted = 0;
  std::int64_t changed = 0;
  std::int64_t rejected = 0;
  Milliseconds total{0};
  std::string outcome;
  std::vector<std::pair<std::string, Milliseconds>>
      phases;  // in their order; busy time, summed over requests
};

// A start of the daemon.
struct RunRow {
  std::int64_t run_id = 0;
  UtcTime started_at;
  std::optional<UtcTime> ended_at;          // nullopt: it runs, or was killed
  std::optional<UtcTime> config_loaded_at;  // by a reload; nullopt: with the start
  std::string config_error;                 // why the last reload changed nothing; empty: it worked
};

// Errors of all: db_unavailable, db_refused (no schema: "run `candled migrate`").

// By ticker, timeframe (shortest first) and provider.
Result<std::vector<CoverageRow>> read_coverage(Secret const& url);
// By name.
Result<std::vector<ProviderRow>> read_providers(Secret const& url);
// By ticker, timeframe, provider and time.
Result<std::vector<GapRow>> read_open_gaps(Secret const& url);
// The daemon's last start; empty: it was never started.
Result<std::vector<RunRow>> read_last_run(Secret const& url);
// The daemon's last `count` starts, newest first.
Result<std::vector<RunRow>> read_runs(Secret const& url, int count);
// The last `count` batches, newest first.
Result<std::vector<BatchRow>> read_last_batches(Secret const& url, int count);

}  // namespace candled
