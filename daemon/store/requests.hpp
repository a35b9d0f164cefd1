// What people ask of the daemon, and see of it, by way of the database: cancel, retry, status. Blocking: for
// commands, not for the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "store/ledger.hpp"

namespace candled {

// A row of job_progress as it was `age` ago by the database's clock.
struct ShownProgress {
  JobProgressRow row;
  UtcTime updated_at;
  Milliseconds age{};
};

// One credential's budget, over all processes.
struct BudgetRow {
  std::string budget;
  int requests = 0;  // that the configuration allows in any window of `per`
  Milliseconds per{};
  std::optional<int> learned;  // the limit that the provider's 429s have taught
  int held = 0;                // places taken or reserved now
};

// Errors of all: db_unavailable, db_in_doubt (the same call may be made again), db_refused, db_denied.

// Queues request.kind, job, symbols and range (not empty), and gives its id. A request for the same that is
// open already, and that nobody has cancelled, is given instead. db_refused: backfill_requests_max are open.
Result<std::int64_t> queue_request(Secret const& url, BackfillRequest const& request);

// All open requests, and the last `count` ones; newest first.
Result<std::vector<BackfillRequest>> read_requests(Secret const& url, int count);

// The request after it: a queued one is cancelled, a running one has cancel_asked, for the daemon to see; one
// that has ended is as it was. db_refused: there is no such request.
Result<BackfillRequest> cancel_request(Secret const& url, std::int64_t id);

// The request after it: one that failed or was cancelled is queued again, at its old place and with nothing
// counted yet; any other is as it was. When a request for the same is open, that one. db_refused: there is no
// such request, or backfill_requests_max are open.
Result<BackfillRequest> retry_request(Secret const& url, std::int64_t id);

// By job, and by lane in the order of importance.
Result<std::vector<ShownProgress>> read_progress(Secret const& url);

// By name.
Result<std::vector<BudgetRow>> read_budgets(Secret const& url);

}  // namespace candled
