// Rollups that are stored: series whose bars are computed from those of a finer one (series.rolled_from).
//
// A load leaves, in its own transaction, where it changed a series that others are rolled from: rollup_dirty.
// Afterwards the bars that this touches are computed anew, and the row goes in the transaction that writes
// them. A bar is stored once its series covers all of its time in which the market trades.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/load_bars.hpp"
#include "store/series_state.hpp"
#include "store/update_bars.hpp"

namespace candled {

// What a load did to series of which others are rolled: bars that changed, bars that came late, and what is
// covered for the first time. Writes nothing for other series. Throws as libpqxx does.
void mark_dirty(pqxx::work& work, States const& states, std::span<BarRef const> changed,
                std::span<BarRef const> late);

// Makes sure that each of `sources` has a series of each timeframe rolled from it; of new ones all that the
// source covers is dirty. Takes the history, the calendar and the retention of the source. Throws as libpqxx
// does. Returns whether there was anything to do.
bool register_rollups(PgConnection& connection, std::vector<SeriesId> const& sources,
                      std::vector<Timeframe> const& timeframes);

// Computes anew what is dirty of `sources`, in transactions of bounded size, and writes what differs. Nothing
// to do costs one look. Throws as libpqxx does.
void refresh_rollups(PgConnection& connection, KnownYears& years, std::vector<SeriesId> const& sources);

}  // namespace candled
