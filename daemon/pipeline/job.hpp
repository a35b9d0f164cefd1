// What the pipeline is to keep filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/calendar.hpp"
#include "core/lane.hpp"
#include "core/plan.hpp"
#include "core/schedule.hpp"
#include "pipeline/source.hpp"
#include "store/bar_store.hpp"

namespace candled {

// How a batch's symbols are fetched: `parallel` lanes, each taking the next symbol when it is done with one.
// Lane n starts n * stagger after the first, so that a batch does not begin with a burst; later nothing but
// the budget holds a lane back.
struct BatchShape {
  int parallel = 3;
  Milliseconds stagger{0};
};

struct Job {
  std::string name;
  Source* source;  // not ours; outlives the job; nullptr in a job that only plans
  Timeframe timeframe{};
  std::vector<std::string> symbols;
  Calendar calendar;
  Date history{};
  std::optional<Schedule> schedule;
  std::size_t batch_symbols = 50;
  BatchShape shape;
  std::vector<Milliseconds> settle;     // how long after its session's close a bar is read again
  int retention_years = 0;              // 0: bars are kept for ever
  std::vector<Timeframe> rollups = {};  // coarser ones whose bars are stored too; never asked for
  std::vector<std::string> shown_elsewhere = {};
};

// What is older than the years of the job's retention, whole years of its calendar's zone, is not asked for
// and may be dropped: after a retention of 5 years it is the start of the year in which it was 5 years ago.
// nullopt: all is kept.
std::optional<UtcTime> kept_from(Job const& job, UtcTime now);
// How far back coverage is wanted: the job's history, as far as it is kept.
UtcTime wanted_from(Job const& job, UtcTime now);

// A provider needs some seconds after a bar's end until it serves it: asked sooner, it would answer that
// there is none, and that answer would stand. Whoever wants late trades too sets a longer delay.
inline constexpr Milliseconds published_after = std::chrono::seconds{15};

enum class ParkedWindows { leave, ask };

// What of a range is asked for: what is not covered, what lies in open gaps that may be tried now, or what is
// to be read again because it may have changed since.
enum class Work { uncovered, gaps, settle };

// The part of a job's series that is to be covered now.
struct Order {
  TimeRange wanted;
  ParkedWindows parked = ParkedWindows::leave;
  Work work = Work::uncovered;
};

// All that should be there by now: from the job's history to the last bar that is final.
Order everything_due(Job const& job, UtcTime now);

// One lane's share of all that is due. Live: what is not covered since the end of the session before that of
// the newest final bar. Backfill: what is not covered before that. Repair: gaps. Settle: what may have
// changed.
Order order_of(Lane lane, Job const& job, UtcTime now);

// Up to where sessions had closed `after` ago: what has been asked for at `now` is settled up to there.
UtcTime settled_until(Job const& job, Milliseconds after, UtcTime now);

SeriesQuery series_query(Job const& job, UtcTime now);

// Never empty.
std::vector<Name> names_of(Series const& series);
// The name that the instrument had at `time`. nullopt: none.
std::optional<Name> name_at(Series const& series, UtcTime time);

// The windows that `series` still need, each under the ticker that the instrument had then: a provider
// answers for whoever had a ticker in the time that is asked for. What lies where it had none is not due, nor
// is what would not be kept. Pure.
std::vector<Window> windows_due(Job const& job, std::vector<Series> const& series, Order const& asked,
                                UtcTime now);

// The windows that ask again for the times of bars that could not be true. `asked` are the windows that
// brought them.
std::vector<Window> windows_again(Job const& job, std::vector<Window> const& asked,
                                  std::vector<FailedWindow> const& rejected);

std::int64_t pages_at_most(Job const& job, std::vector<Window> const& windows);

}  // namespace candled
