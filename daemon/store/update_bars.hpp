// Bars that the provider changed, or had not served before: what was known until then.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/bar_copy.hpp"
#include "store/series_state.hpp"

namespace candled {

// Gives stored bars their new values; the old ones go to bar_revision in the same statement, with
// `seen_at`, a timestamptz. At least one bar, each key once. Throws as libpqxx does.
void update_bars(pqxx::work& work, std::span<BarRef const> bars, std::string const& seen_at);

// Of bars that are new: those whose time was covered already.
std::vector<BarRef> late_bars(std::span<BarRef const> fresh, States const& states);

// Says in bar_revision that these bars, which are new, were not there before although their time was covered.
// Throws as libpqxx does.
void keep_late_bars(pqxx::work& work, std::span<BarRef const> bars, std::string const& seen_at);

}  // namespace candled
