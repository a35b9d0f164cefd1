// What is to be asked for, and in which order: decisions without I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/calendar.hpp"
#include "core/range_set.hpp"
#include "core/window.hpp"

namespace candled {

// The parts of `wanted` that are neither covered nor parked, as whole bars, oldest first. Nights, weekends
// and holidays are parts like any other, since bars may start in them although the calendar knows no session;
// asked for with the session after them they cost no request. `wanted` is widened to whole bars at its start
// and cut to them at its end.
std::vector<TimeRange> ranges_due(Calendar const& calendar, Timeframe timeframe, TimeRange wanted,
                                  RangeSet const& covered, RangeSet const& parked);

// Joins neighbouring ranges where asking for both at once, and for what lies between, takes fewer answers
// than asking for each: requests are what is scarce, a covered bar that comes again is compared and not
// written. Nothing is joined across a time in `apart`. `ranges` are sorted and disjoint.
std::vector<TimeRange> join_where_cheaper(Calendar const& calendar, Timeframe timeframe,
                                          std::vector<TimeRange> const& ranges, RangeSet const& apart);

// How many answers a range takes when every bar that can exist does, 50,000 base bars an answer
// (contract, 1.4: `limit` counts minutes for intraday bars and days for longer ones). An upper bound; at
// least 1.
std::int64_t pages_at_most(Calendar const& calendar, Timeframe timeframe, TimeRange range);

// At most `symbols` series a batch, all windows of one series in the same batch, in the order given.
// `windows` of one series must stand side by side.
std::vector<Batch> group_into_batches(std::string const& job, std::string const& provider,
                                      Timeframe timeframe, std::vector<Window> windows, std::size_t symbols);

}  // namespace candled
