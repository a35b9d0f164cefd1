// Sessions: how many bars each has, their hash, and when it became complete.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "store/bar_hash.hpp"
#include "store/compare_bars.hpp"
#include "store/series_state.hpp"

namespace candled {

struct SessionChange {
  std::int32_t bars = 0;  // more than before
  BarHash hash;           // of the bars that came, less that of those that they replaced
};
using SessionChanges = std::map<std::pair<SeriesId, std::chrono::sys_days>, SessionChange>;

// What `written` does to each session: a bar belongs to the day of its calendar's zone on which it starts.
// Bars of a week and a month belong to none.
SessionChanges session_changes(Verdicts const& written, States const& states);

// The days of those of `sessions` (what bars that come for the first time do to each) that are stored just
// so, by their count and their hash: none of their bars need be read. Throws as libpqxx does.
std::map<SeriesId, RangeSet> known_sessions(pqxx::work& work, SessionChanges const& sessions,
                                            States const& states);

// Adds `changes`, marks the sessions that this load has made complete, and tells whoever listens to
// candled_session, once for each series: {"ticker", "timeframe", "provider", "first" and "last" (dates),
// "sessions" (how many)}. The series are locked and their coverage extended; `seen_at` is a timestamptz that
// no other load has. Returns the series of which a session became complete without a bar. Throws as libpqxx
// does.
std::set<SeriesId> keep_sessions(pqxx::work& work, SessionChanges const& changes, States const& states,
                                 std::string const& seen_at);

// Sessions that are complete without a bar, where `states` proves something, become gaps "provider_empty";
// those that are and were due have one more attempt; those that got a bar are none any more. The series are
// locked. Throws as libpqxx does.
void keep_empty_sessions(pqxx::work& work, States const& states, std::set<SeriesId> const& series,
                         std::string const& seen_at);

}  // namespace candled
