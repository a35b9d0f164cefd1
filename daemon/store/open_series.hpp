// Which series there are, and what is known of them.
#pragma once

#include <vector>

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// What BarStore::open_series promises. Throws as libpqxx does.
std::vector<Series> open_series(PgConnection& connection, SeriesQuery const& query);

// Those of `series` that have a bar. Throws as libpqxx does.
std::vector<SeriesId> find_with_bars(PgConnection& connection, std::vector<SeriesId> const& series);

}  // namespace candled
