// Seam: where bars are kept. Everything that the pipeline writes goes through here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bar.hpp"
#include "core/error.hpp"
#include "core/gap_reason.hpp"
#include "core/ids.hpp"
#include "core/range_set.hpp"
#include "core/task.hpp"
#include "core/timeframe.hpp"
#include "store/collection.hpp"

namespace candled {

// What of a series has been read again so long after its session's close.
struct Settled {
  Milliseconds after{};
  UtcTime since;  // older sessions had closed that long ago when this settle time was first asked for
  RangeSet during;
};

// A ticker of an instrument, and the time in which the provider knows the instrument by it: from midnight to
// midnight in the zone of the series' calendar, of weeks and months from the first bar whose first session
// has the name; UtcTime::min() and max(): open.
struct Name {
  std::string ticker;
  TimeRange during;
};

// What is known of one series before work on it is planned.
struct Series {
  SeriesId id{};
  std::string ticker;            // of today
  std::vector<Name> names = {};  // oldest first; empty: it was always the ticker of today
  RangeSet covered;              // asked, answered and committed
  RangeSet parked;               // in an open gap that is not to be tried again yet
  RangeSet again;                // in an open gap that is: the repair lane's
  GapCounts gaps = {};           // open ones since `wanted_from`
  std::vector<Settled> settled;  // one for each of the query's settle times, in their order
  std::optional<UtcTime> horizon_until = std::nullopt;  // the end of the newest open gap of that reason
};

struct SeriesQuery {
  std::string provider;  // the configured name
  Timeframe timeframe{};
  std::vector<std::string> tickers;
  UtcTime wanted_from;  // how far back coverage is wanted; kept with the series, for the view `gaps`
  UtcTime now;          // decides which parked ranges are still parked
  std::string calendar = "XNYS";  // kept with the series, for session_completeness
  // Settle times, and up to where sessions had closed that long before `now`: what `since` becomes for those
  // that the series does not know yet.
  struct SettleTime {
    Milliseconds after{};
    UtcTime closed_until;
  };
  std::vector<SettleTime> settle;
  std::optional<UtcTime> kept_from =
      std::nullopt;                     // kept with the series: older bars may be dropped; nullopt: none
  std::vector<Timeframe> rollups = {};  // coarser ones whose bars are kept too, computed from these
  // Those of `tickers` of which an earlier job of the configuration collects the same timeframe, at another
  // provider: its bars are what readers see.
  std::vector<std::string> shown_elsewhere = {};
};

// A year of bars (UTC) that is gone.
struct DroppedYear {
  int year = 0;
  std::int64_t bytes = 0;
};

// A bar that cannot be true, kept for people to see.
struct RejectedBar {
  SeriesId series{};
  Bar bar;
  std::string reason;  // a CheckFailure's name, or "database: SQLSTATE …"
};

// One series' share of a load: bars[first, first + count), oldest first, no two with the same start.
struct LoadSlice {
  SeriesId series{};
  std::string ticker = {};  // that was asked for it; empty: the series was not asked for by a ticker
  std::size_t first = 0;
  std::size_t count = 0;
  RangeSet proven;  // becomes covered in the same transaction; holds every bar of the slice
  // What this answer settles: for each settle time the part of `proven` whose sessions had closed that long
  // ago when it was asked for.
  struct SettledPart {
    Milliseconds after{};
    RangeSet during;
  };
  std::vector<SettledPart> settled;
};

// The pages that one transaction commits together with the coverage they prove.
struct Load {
  std::vector<Bar> bars;
  std::vector<LoadSlice> slices;
  std::vector<RejectedBar> rejected;
};

// 50,000: from 5,000 bars up a commit's cost no longer shows (storage measurements, 1.3); one page holds at
// most this.
inline constexpr std::size_t load_bars_max = 50'000;

struct LoadReport {
  std::int64_t inserted = 0;
  std::int64_t changed = 0;    // the provider's values differ from ours: updated, old ones in bar_revision
  std::int64_t unchanged = 0;  // not written
  std::int64_t refused = 0;    // single bars that broke a constraint: in rejected_bar, their time not covered
  Milliseconds merge{0};       // read and compared
  Milliseconds copy{0};
  Milliseconds commit{0};
};

// A window that could not be filled: why, and not to be tried again before `next_try_at`, or else before a
// growing time has passed (10 minutes, an hour, a day, then a week; not_entitled: a day; horizon: a week),
// unless a person asks. A rejected bar that stays as it is rests after five tries until a person asks. One
// that was not tried, because what others were refused speaks for it, is not counted as a try: a gap that is
// there stays as it is, but that its next try, when it is due, is put off.
struct FailedWindow {
  SeriesId series{};
  TimeRange range;
  GapReason reason{};
  std::string detail;  // one line for people, 500 bytes at most
  UtcTime failed_at;
  std::optional<UtcTime> next_try_at = std::nullopt;
  bool tried = true;
};

// One row of ingest_batch, and of timings.csv. Phases are busy time summed over requests; total is wall time.
struct BatchRecord {
  UtcTime started_at;
  RunId run{};
  std::string job;
  std::string provider;
  Timeframe timeframe = Timeframe::m1;
  std::int64_t symbols = 0;
  std::int64_t requests = 0;
  std::int64_t retries = 0;
  std::int64_t rate_limited = 0;
  std::int64_t bars = 0;  // received and good
  std::int64_t inserted = 0;
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;
  std::int64_t rejected = 0;
  std::int64_t bytes = 0;  // on the wire, bodies only
  Milliseconds plan{0}, wait{0}, fetch{0}, parse{0}, validate{0}, copy{0}, merge{0}, commit{0}, total{0};
  std::string outcome;  // as run_batch says
};

// A day file of a provider, as a job has read it.
struct FlatFileRecord {
  std::string key;
  std::string version;  // of the file: another one was published again
};

class BarStore {
 public:
  BarStore() = default;
  BarStore(BarStore const&) = delete;
  BarStore& operator=(BarStore const&) = delete;
  virtual ~BarStore() = default;

  // All of these may fail with db_unavailable, db_in_doubt or db_refused; after the first two the same call
  // may be made again, and no call has an effect twice. Arguments by reference must live until the task has
  // ended.

  // From now on this is collected, and nothing else. The database follows with the next call of
  // follow_collection or open_series, before anything else is done.
  virtual void collect(Collection collection) = 0;
  // Series of providers that were renamed get the new name, those that no job wants any more are not missing,
  // and readers see the bars of the jobs that are configured. Nothing to do: at once.
  virtual Task<Result<void>> follow_collection(UtcTime now) = 0;

  // Registers what is new, and says what is known, in the order of query.tickers. What is opened is wanted.
  // Rollups that a start which was killed left behind follow now.
  virtual Task<Result<std::vector<Series>>> open_series(SeriesQuery const& query) = 0;

  // One transaction: bars, coverage, rejected bars, revisions; after it those that are rolled from these
  // bars, with the next call where this one fails. Told again, it changes nothing. db_refused when a slice's
  // ticker is not, or not for all that it proves, the instrument's any more.
  virtual Task<Result<LoadReport>> load(Load const& load) = 0;

  virtual Task<Result<void>> park(std::vector<FailedWindow> const& windows) = 0;

  // Those of `series` that have a bar.
  virtual Task<Result<std::vector<SeriesId>>> with_bars(std::vector<SeriesId> const& series) = 0;

  // Checks the schema first: schema_mismatch when it is not the one that this candled needs.
  virtual Task<Result<RunId>> begin_run(std::string const& command, std::string const& version) = 0;
  virtual Task<Result<void>> end_run(RunId run, int exit_code) = 0;
  // The files from which a job has, or may have, taken bars.
  virtual Task<Result<std::vector<FlatFileRecord>>> flat_files(std::string const& job) = 0;
  // Before the first load of a file. One that is on record already stays as it is.
  virtual Task<Result<void>> begin_flat_files(std::string const& job,
                                              std::vector<FlatFileRecord> const& files) = 0;
  // Of files that have begun: what was wanted of them is committed, and it is of this version.
  virtual Task<Result<void>> end_flat_files(std::string const& job,
                                            std::vector<FlatFileRecord> const& files) = 0;
  virtual Task<Result<BatchId>> record_batch(BatchRecord const& record) = 0;
  // Drops the years in which no series keeps a bar any more (SeriesQuery::kept_from of the last open_series
  // of each), and all that is known of them. The last whole year and this one stay. db_unavailable as well
  // when somebody uses the bars just now.
  virtual Task<Result<std::vector<DroppedYear>>> drop_expired() = 0;
};

}  // namespace candled
