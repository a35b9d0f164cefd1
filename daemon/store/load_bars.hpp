// One load in one transaction: the heart of the store.
#pragma once

#include <set>

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// The years whose partitions are known to exist.
using KnownYears = std::set<int>;

// What BarStore::load promises. Throws as libpqxx does.
LoadReport load_bars(PgConnection& connection, KnownYears& years, Load const& load);

}  // namespace candled
