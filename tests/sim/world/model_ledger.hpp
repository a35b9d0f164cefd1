// The ledger as a model: one in the database, which outlives every start of the daemon, and one connection to
// it a start. Include in .cpp files only: it brings Asio.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/world/model_store.hpp"
#include "store/ledger.hpp"

namespace candled::sim {

class LedgerServer {
 public:
  LedgerServer(World& world, StoreServer& store) : world_(world), store_(store) {}

  BudgetGrant claim(BudgetClaim const& claim);
  std::vector<BackfillRequest> open_requests() const;
  void update(BackfillRequest const& request);
  // A person asks, or takes back what was asked and has not ended.
  void ask(BackfillRequest request);
  void cancel(std::int64_t request);

  std::vector<BackfillRequest> const& requests() const { return requests_; }
  StoreServer& store() { return store_; }

 private:
  struct Place {
    std::string holder;
    UtcTime until;
    int places;
  };

  World& world_;
  StoreServer& store_;
  std::map<std::string, std::vector<Place>> places_;  // by budget
  std::map<std::string, int> learned_;
  std::vector<BackfillRequest> requests_;
};

class ModelLedger final : public Ledger {
 public:
  ModelLedger(LedgerServer& server, LifeClock& clock, World& world)
      : server_(server), clock_(clock), world_(world) {}

  Task<Result<BudgetGrant>> claim(BudgetClaim const& claim) override;
  Task<Result<std::vector<BackfillRequest>>> open_requests() override;
  Task<Result<void>> update_request(BackfillRequest const& request) override;
  Task<Result<void>> show_progress(std::vector<JobProgressRow> const& rows) override;
  Task<Result<void>> note_reload(RunId run, std::string const& problems) override;

 private:
  LedgerServer& server_;
  LifeClock& clock_;
  World& world_;
};

}  // namespace candled::sim
