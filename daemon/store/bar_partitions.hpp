// The partitions of candled.bar: one for each year.
#pragma once

#include <set>

#include "core/time.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// The years whose partitions are known to exist.
using KnownYears = std::set<int>;

int year_of(UtcTime time);  // UTC

// Makes the partitions of `wanted` that are not known, each in a transaction of its own: the lock on the
// parent must not wait for the caller's COMMIT. No transaction is open. Throws as libpqxx does.
void ensure_partitions(PgConnection& connection, KnownYears& years, std::set<int> const& wanted);

}  // namespace candled
