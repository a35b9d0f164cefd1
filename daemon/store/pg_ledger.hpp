// The ledger that all starts of candled on one database share: PostgreSQL.
#pragma once

#include <memory>

#include "core/secret.hpp"
#include "store/ledger.hpp"

namespace candled {

// All calls are done, one after the other, by a thread and a connection of the ledger's own: a claim never
// waits behind a load, and the ledger needs one connection besides database.writers. The connection is made
// when it is first needed, and made anew after it broke. A cancelled caller waits for its call to end.
// Destroy the ledger before the executors that its callers run on.
//
// `clock_speed` is by how much a drill's clock runs faster than the database's: durations of a claim are
// divided by it on the way in and multiplied on the way out. Points in time pass as they are.
class PgLedger : public Ledger {
 public:
  explicit PgLedger(Secret url, double clock_speed = 1);
  ~PgLedger() override;

  Task<Result<BudgetGrant>> claim(BudgetClaim const& claim) override;
  Task<Result<std::vector<BackfillRequest>>> open_requests() override;
  Task<Result<void>> update_request(BackfillRequest const& request) override;
  Task<Result<void>> show_progress(std::vector<JobProgressRow> const& rows) override;
  Task<Result<void>> note_reload(RunId run, std::string const& problems) override;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
  double const clock_speed_;
};

}  // namespace candled
