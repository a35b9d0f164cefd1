// One load in one transaction: the heart of the store.
#pragma once

#include "store/bar_partitions.hpp"
#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// What BarStore::load promises. Throws as libpqxx does.
LoadReport load_bars(PgConnection& connection, KnownYears& years, Load const& load);

}  // namespace candled
