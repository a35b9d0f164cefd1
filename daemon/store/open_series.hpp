// Which series there are, and what is known of them.
#pragma once

#include <vector>

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// What BarStore::open_series promises. Throws as libpqxx does.
std::vector<Series> open_series(PgConnection& connection, SeriesQuery const& query);

}  // namespace candled
