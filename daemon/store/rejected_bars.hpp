// Bars that cannot be true.
#pragma once

#include <span>

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// One row for each different bar and reason; the same again counts up. Throws as libpqxx does.
void keep_rejected_bars(pqxx::work& work, std::span<RejectedBar const> rejected);

}  // namespace candled
