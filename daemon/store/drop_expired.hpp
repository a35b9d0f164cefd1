// Bars that nobody keeps any more. For pg_bar_store.cpp.
#pragma once

#include <vector>

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// As BarStore::drop_expired. Throws as libpqxx does.
std::vector<DroppedYear> drop_expired(PgConnection& connection);

}  // namespace candled
