// The tickers that the instruments of series had.
#pragma once

#include <map>
#include <vector>

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// By series, oldest first; without those whose instrument has one ticker for all times. Throws as libpqxx
// does.
std::map<SeriesId, std::vector<Name>> read_names(pqxx::work& work, std::vector<SeriesId> const& series);

}  // namespace candled
