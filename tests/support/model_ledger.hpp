// The ledger in memory, on the time of a clock. It keeps the contract, and counts who breaks it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/clock.hpp"
#include "store/ledger.hpp"

namespace candled::test {

class ModelLedger final : public Ledger {
 public:
  explicit ModelLedger(Clock& clock) : clock_(clock) {}

  Task<Result<BudgetGrant>> claim(BudgetClaim const& claim) override;
  Task<Result<std::vector<BackfillRequest>>> open_requests() override;
  Task<Result<void>> update_request(BackfillRequest const& request) override;
  Task<Result<void>> show_progress(std::vector<JobProgressRow> const& rows) override;
  Task<Result<void>> note_reload(RunId run, std::string const& problems) override;

  // Places that are on record now: of one holder, and of all.
  int held_by(std::string const& budget, std::string const& holder) const;
  int held(std::string const& budget) const;

  // Of every call: half of it passes before it takes effect.
  Milliseconds latency{0};
  // Asked before a call takes effect: an error makes it fail. In doubt: it takes effect nevertheless.
  std::function<std::optional<Error>()> fails = [] { return std::nullopt; };

  int claims = 0;  // that took effect
  // What a claimer must not do: tell more requests than it had on record, name no budget or holder, hold
  // places for no time or a negative number of them, or claim twice at the same time.
  std::vector<std::string> violations;
  std::map<std::string, int> learned;  // by budget

  std::vector<BackfillRequest> requests;
  std::vector<JobProgressRow> progress;
  std::vector<std::string> reloads;  // their problems

 private:
  struct Place {
    std::string holder;
    SteadyTime until;
    int places;
  };

  Task<Result<void>> take_time();
  BudgetGrant grant(BudgetClaim const& claim);
  void judge(BudgetClaim const& claim);

  Clock& clock_;
  std::map<std::string, std::vector<Place>> places_;  // by budget
  std::map<std::string, int> claiming_;               // by holder
  StopSign nobody_;
};

}  // namespace candled::test
