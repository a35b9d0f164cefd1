#include "store/load_bars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/failpoint.hpp"
#include "store/bar_copy.hpp"
#include "store/check_names.hpp"
#include "store/compare_bars.hpp"
#include "store/coverage.hpp"
#include "store/park_windows.hpp"
#include "store/pg_text.hpp"
#include "store/rejected_bars.hpp"
#include "store/rollups.hpp"
#include "store/series_state.hpp"
#include "store/sessions.hpp"
#include "store/sqlstate.hpp"
#include "store/update_bars.hpp"

namespace candled {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view unique_violation = "23505";

// A year's partition is made with the first load of the December before it: not at midnight of New Year's
// Eve.
constexpr std::chrono::days partition_ahead{31};

// To look up a session costs as much as to read this many of its bars.
constexpr std::size_t bars_worth_a_look_up = 16;

enum class Compare { where_covered, everywhere };
enum class Writing { at_once, piece_by_piece };

class Stopwatch {
 public:
  Milliseconds lap() {
    auto const now = SteadyClock::now();
    return std::chrono::duration_cast<Milliseconds>(now - std::exchange(started_, now));
  }

 private:
  SteadyClock::time_point started_ = SteadyClock::now();
};

// Partitions exist for these years only (candled.ensure_bar_partitions), and within them no sum of times
// overflows.
constexpr UtcTime years_begin = std::chrono::sys_days{std::chrono::year{1900} / 1 / 1};
constexpr UtcTime years_end = std::chrono::sys_days{std::chrono::year{2200} / 1 / 1};

bool is_of_a_kept_year(Bar const& bar) {
  return bar.start >= years_begin && bar.start < years_end;
}

// All bars that can be kept, in the order of the table's key, each key once: of two slices' bars for the same
// time the one later in memory wins.
std::vector<BarRef> in_key_order(Load const& load) {
  std::vector<BarRef> refs;
  refs.reserve(load.bars.size());
  for (auto const& slice : load.slices)
    for (auto const& bar : std::span{load.bars}.subspan(slice.first, slice.count))
      if (is_of_a_kept_year(bar)) refs.push_back({slice.series, &bar});
  auto const place = [](BarRef const& ref) { return std::tuple{ref.series, ref.bar->start, ref.bar}; };
  if (!std::ranges::is_sorted(refs, {}, place)) std::ranges::sort(refs, {}, place);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < refs.size(); ++i)
    if (i + 1 == refs.size() || key(refs[i]) != key(refs[i + 1])) refs[kept++] = refs[i];
  refs.resize(kept);
  return refs;
}

// The others, as what they are: refused.
std::vector<RejectedBar> of_impossible_years(Load const& load) {
  std::vector<RejectedBar> others;
  for (auto const& slice : load.slices)
    for (auto const& bar : std::span{load.bars}.subspan(slice.first, slice.count))
      if (!is_of_a_kept_year(bar))
        others.push_back(
            {.series = slice.series, .bar = bar, .reason = "database: no bars are kept of such a year"});
  return others;
}

std::vector<TimeRange> intersection(RangeSet const& a, RangeSet const& b) {
  std::vector<TimeRange> common;
  for (auto const& range : a.ranges())
    for (auto const& other : b.ranges())
      if (auto const both = intersection(range, other); !both.empty()) common.push_back(both);
  return common;
}

// Where stored bars may stand in the way of `bars`, which are sorted by key.
std::vector<StoredRange> ranges_to_read(std::span<BarRef const> bars, States const& states, Compare compare) {
  std::vector<StoredRange> ranges;
  for (auto first = bars.begin(); first != bars.end();) {
    auto const id = first->series;
    auto const end = std::find_if(first, bars.end(), [&](BarRef const& ref) { return ref.series != id; });
    TimeRange const around{.from = first->bar->start, .to = std::prev(end)->bar->start + Milliseconds{1}};
    auto const& state = states.at(id);
    auto const suspects =
        compare == Compare::everywhere ? std::vector{around} : intersection(state.proven, state.covered);
    for (auto const& suspect : suspects)
      if (auto const range = intersection(suspect, around); !range.empty()) ranges.push_back({id, range});
    first = end;
  }
  return ranges;
}

// What of `ranges` lies outside the `known` days.
std::vector<StoredRange> without(std::span<StoredRange const> ranges,
                                 std::map<SeriesId, RangeSet> const& known) {
  std::vector<StoredRange> rest;
  for (auto const& [id, range] : ranges) {
    RangeSet left{range};
    if (auto const days = known.find(id); days != known.end()) left.remove(days->second);
    for (auto const& part : left.ranges()) rest.push_back({id, part});
  }
  return rest;
}

// All that follows from bars that are written and ranges that are proven.
void keep_proof(pqxx::work& work, States const& states, Verdicts const& written, std::string const& seen_at) {
  auto const late = late_bars(written.fresh, states);
  keep_late_bars(work, late, seen_at);
  mark_dirty(work, states, written.changed, late);
  cover(work, states, seen_at);
  auto with_empty = keep_sessions(work, session_changes(written, states), states, seen_at);
  for (auto const& [id, state] : states)
    if (state.has_gap) with_empty.insert(id);
  keep_empty_sessions(work, states, with_empty, seen_at);
}

// One load, tried until it is in: see load_bars().
class Loading {
 public:
  Loading(PgConnection& connection, KnownYears& years, Load const& load)
      : connection_(connection),
        years_(years),
        load_(load),
        bars_(in_key_order(load)),
        impossible_(of_impossible_years(load)) {}

  LoadReport run();

 private:
  LoadReport attempt(Compare compare, Writing writing);
  void ensure_years();
  bool is_known_already(pqxx::work& work, States const& states, LoadReport& report);
  Verdicts compared(pqxx::work& work, States const& states, Compare compare);
  void write(pqxx::work& work, Verdicts& verdicts, Writing writing, std::string const& seen_at);
  template <class Write>
  void bisect(pqxx::work& work, std::span<BarRef const> bars, Write const& write_piece);
  void take_out_refused(Verdicts& verdicts) const;
  void quarantine(pqxx::work& work, States& states);

  struct Refused {
    BarRef ref;
    std::string reason;
  };

  PgConnection& connection_;
  KnownYears& years_;
  Load const& load_;
  std::vector<BarRef> const bars_;
  std::vector<RejectedBar> const impossible_;
  std::optional<SessionChanges> sessions_;  // what bars_ alone would make of them; once it is asked for
  std::vector<Refused> refused_;            // of the attempt that runs
};

LoadReport Loading::run() {
  // At most two things can turn up while we write that a second try knows: bars that somebody else wrote
  // where nothing is covered, and bars that break a constraint. Beyond that the error is the caller's.
  auto compare = Compare::where_covered;
  auto writing = Writing::at_once;
  for (;;) try {
      ensure_years();
      return attempt(compare, writing);
    } catch (pqxx::failure const& error) {
      auto const sqlstate = sqlstate_in(error.what());
      bool const foreign_bar = sqlstate == unique_violation && compare == Compare::where_covered;
      bool const bad_bar = classify_sqlstate(sqlstate) == SqlFailure::bad_data && writing == Writing::at_once;
      if (foreign_bar)
        compare = Compare::everywhere;
      else if (bad_bar)
        writing = Writing::piece_by_piece;
      else
        throw;
      years_.clear();  // a partition that was dropped looks like a bad bar
    }
}

LoadReport Loading::attempt(Compare compare, Writing writing) {
  LoadReport report;
  refused_.clear();
  auto states = states_of(load_);
  Stopwatch watch;
  failpoint("load_before_begin");
  pqxx::work work{connection_.session()};
  read_states(work, Locking::none, states);
  failpoint("load_after_begin");
  if (is_known_already(work, states, report)) {
    report.merge = watch.lap();
    return report;
  }
  read_states(work, Locking::rows, states);
  check_names(work, load_);
  auto verdicts = compared(work, states, compare);
  // The time of all that this load changes. Read under the locks, so that loads of a series have theirs in
  // the order in which they are committed.
  std::string const seen_at = work.exec1("SELECT clock_timestamp()")[0].c_str();
  report.merge = watch.lap();
  write(work, verdicts, writing, seen_at);
  failpoint("load_after_copy");
  report.copy = watch.lap();
  quarantine(work, states);
  failpoint("load_before_coverage");
  keep_proof(work, states, verdicts, seen_at);
  failpoint("load_before_commit");
  work.commit();
  failpoint("load_after_commit");
  report.commit = watch.lap();
  report.inserted = std::ssize(verdicts.fresh);
  report.changed = std::ssize(verdicts.changed);
  report.unchanged = verdicts.unchanged;
  report.refused = std::ssize(refused_) + std::ssize(impossible_);
  return report;
}

void Loading::ensure_years() {
  if (bars_.empty()) return;
  std::set<int> wanted;
  auto newest = bars_.front().bar->start;
  for (auto const& ref : bars_) {
    wanted.insert(year_of(ref.bar->start));
    newest = std::max(newest, ref.bar->start);
  }
  if (newest + partition_ahead < years_end) wanted.insert(year_of(newest + partition_ahead));
  ensure_partitions(connection_, years_, wanted);
}

// A look without the row lock: a load that changes nothing then writes nothing at all, not even a lock.
bool Loading::is_known_already(pqxx::work& work, States const& states, LoadReport& report) {
  if (!load_.rejected.empty() || !impossible_.empty()) return false;
  for (auto const& [id, state] : states) {
    if (state.gap_is_due || !state.is_settled) return false;
    for (auto const& range : state.proven.ranges())
      if (!state.covered.contains(range)) return false;
  }
  auto const verdicts = compared(work, states, Compare::where_covered);
  report.unchanged = verdicts.unchanged;
  return verdicts.nothing_to_write();
}

// What our bars are to the table. Those of a session that is stored as we have it are not read: its count and
// hash say that they are the same.
Verdicts Loading::compared(pqxx::work& work, States const& states, Compare compare) {
  auto const ranges = ranges_to_read(bars_, states, compare);
  if (compare == Compare::everywhere || ranges.empty())
    return compare_with_stored(connection_, bars_, ranges);
  if (!sessions_) sessions_ = session_changes({.fresh = bars_}, states);
  if (sessions_->empty() || bars_.size() / sessions_->size() < bars_worth_a_look_up)
    return compare_with_stored(connection_, bars_, ranges);
  auto const known = known_sessions(work, *sessions_, states);
  std::vector<BarRef> unknown;
  std::ranges::copy_if(bars_, std::back_inserter(unknown), [&](BarRef const& ref) {
    auto const start = ref.bar->start;
    auto const days = known.find(ref.series);
    return days == known.end() || !days->second.contains({.from = start, .to = start + Milliseconds{1}});
  });
  auto verdicts = compare_with_stored(connection_, unknown, without(ranges, known));
  verdicts.unchanged += std::ssize(bars_) - std::ssize(unknown);
  return verdicts;
}

// Leaves in `verdicts` what was written.
void Loading::write(pqxx::work& work, Verdicts& verdicts, Writing writing, std::string const& seen_at) {
  auto const copy = [&](std::span<BarRef const> bars) { copy_bars(connection_, bars); };
  auto const update = [&](std::span<BarRef const> bars) { update_bars(work, bars, seen_at); };
  if (writing == Writing::piece_by_piece) {
    bisect(work, verdicts.fresh, copy);
    bisect(work, verdicts.changed, update);
    take_out_refused(verdicts);
    return;
  }
  if (!verdicts.fresh.empty()) copy(verdicts.fresh);
  if (!verdicts.changed.empty()) update(verdicts.changed);
}

void Loading::take_out_refused(Verdicts& verdicts) const {
  std::set<std::pair<SeriesId, UtcTime>> refused;
  for (auto const& [ref, reason] : refused_) refused.insert(key(ref));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < verdicts.changed.size(); ++i) {
    if (refused.contains(key(verdicts.changed[i]))) continue;
    verdicts.changed[kept] = verdicts.changed[i];
    verdicts.replaced[kept++] = verdicts.replaced[i];
  }
  verdicts.changed.resize(kept);
  verdicts.replaced.resize(kept);
  std::erase_if(verdicts.fresh, [&](BarRef const& ref) { return refused.contains(key(ref)); });
}

// Writes all that can be written: halves what fails until a single bar is left, and sets that aside.
template <class Write>
void Loading::bisect(pqxx::work& work, std::span<BarRef const> bars, Write const& write_piece) {
  if (bars.empty()) return;
  work.exec("SAVEPOINT piece");
  try {
    write_piece(bars);
    work.exec("RELEASE SAVEPOINT piece");
    return;
  } catch (pqxx::failure const& error) {
    auto const sqlstate = sqlstate_in(error.what());
    if (sqlstate == unique_violation || classify_sqlstate(sqlstate) != SqlFailure::bad_data) throw;
    if (bars.size() == 1)
      refused_.push_back(
          {bars.front(), fmt::format("database: {} {}", sqlstate, primary_message(error.what()))});
  }
  work.exec("ROLLBACK TO SAVEPOINT piece");
  work.exec("RELEASE SAVEPOINT piece");
  if (bars.size() == 1) return;
  bisect(work, bars.first(bars.size() / 2), write_piece);
  bisect(work, bars.subspan(bars.size() / 2), write_piece);
}

// Keeps what is wrong for people to see. The time of a bar that we could not store is not covered but a gap
// with its reason, so that it is neither forgotten nor asked for every minute.
void Loading::quarantine(pqxx::work& work, States& states) {
  auto rejected = load_.rejected;
  rejected.insert(rejected.end(), impossible_.begin(), impossible_.end());
  std::vector<FailedWindow> gaps;
  auto const now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  for (auto const& [id, bar, reason] : load_.rejected) {
    auto& state = states.at(id);
    if (is_of_a_kept_year(bar))
      state.rejected.add({.from = bar.start, .to = bar.start + nominal_length(state.timeframe)});
  }
  for (auto const& [ref, reason] : refused_) {
    rejected.push_back({.series = ref.series, .bar = *ref.bar, .reason = reason});
    auto& state = states.at(ref.series);
    TimeRange const time{.from = ref.bar->start, .to = ref.bar->start + nominal_length(state.timeframe)};
    state.proven.remove(time);
    for (auto& [after, during] : state.settled) during.remove(time);
    gaps.push_back({.series = ref.series,
                    .range = time,
                    .reason = GapReason::rejected,
                    .detail = reason,
                    .failed_at = now});
  }
  keep_rejected_bars(work, rejected);
  park_windows(work, gaps);
}

}  // namespace

LoadReport load_bars(PgConnection& connection, KnownYears& years, Load const& load) {
  if (load.slices.empty() && load.rejected.empty()) return {};
  return Loading{connection, years, load}.run();
}

}  // namespace candled
