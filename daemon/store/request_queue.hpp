// The queue of what people asked the daemon to do, as SQL. Only store/ includes this.
#pragma once

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "store/ledger.hpp"

namespace candled {

// The columns of candled.backfill_request that request_of reads, in its order.
std::string request_columns();
BackfillRequest request_of(pqxx::row const& row);

// What Ledger says of both, within `work`. Throw as libpqxx does.
std::vector<BackfillRequest> open_requests(pqxx::work& work);
void update_request(pqxx::work& work, BackfillRequest const& request);

}  // namespace candled
