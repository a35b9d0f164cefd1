// What the daemon is doing, as SQL. Only store/ includes this.
#pragma once

#include <pqxx/pqxx>
#include <vector>

#include "store/ledger.hpp"

namespace candled {

// What Ledger::show_progress says, within `work`. Throws as libpqxx does.
void show_progress(pqxx::work& work, std::vector<JobProgressRow> const& rows);

}  // namespace candled
