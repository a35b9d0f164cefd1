// What the configuration wants of the series that there are.
#pragma once

#include "core/time.hpp"
#include "store/collection.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// What BarStore::follow_collection promises. Writes nothing where the database follows already. Throws as
// libpqxx does.
void follow_collection(PgConnection& connection, Collection const& collection, UtcTime now);

}  // namespace candled
