#include "store/pg_ledger.hpp"

#include <utility>

#include "store/budget_claim.hpp"
#include "store/job_progress.hpp"
#include "store/pg_connection.hpp"
#include "store/pg_workers.hpp"
#include "store/request_queue.hpp"
#include "store/run_log.hpp"

namespace candled {

namespace {

struct Clerk {
  std::unique_ptr<PgConnection> connection;  // null: none yet, or it broke
};

}  // namespace

class PgLedger::Worker : public PgWorkers<Clerk> {
 public:
  explicit Worker(Secret url) : PgWorkers(std::move(url), 1) {}

  // `work` in a transaction of its own.
  template <class Work>
  auto transact(Work work) -> Task<Result<std::invoke_result_t<Work&, pqxx::work&>>> {
    return run([work = std::move(work)](Clerk& clerk) mutable {
      pqxx::work transaction{clerk.connection->session()};
      if constexpr (std::is_void_v<std::invoke_result_t<Work&, pqxx::work&>>) {
        work(transaction);
        transaction.commit();
      } else {
        auto answer = work(transaction);
        transaction.commit();
        return answer;
      }
    });
  }
};

PgLedger::PgLedger(Secret url, double clock_speed)
    : worker_(std::make_unique<Worker>(std::move(url))), clock_speed_(clock_speed) {}

PgLedger::~PgLedger() = default;

Task<Result<BudgetGrant>> PgLedger::claim(BudgetClaim const& claim) {
  return worker_->transact(
      [&claim, speed = clock_speed_](pqxx::work& work) { return claim_budget(work, claim, speed); });
}

Task<Result<std::vector<BackfillRequest>>> PgLedger::open_requests() {
  return worker_->transact([](pqxx::work& work) { return candled::open_requests(work); });
}

Task<Result<void>> PgLedger::update_request(BackfillRequest const& request) {
  return worker_->transact([&request](pqxx::work& work) { candled::update_request(work, request); });
}

Task<Result<void>> PgLedger::show_progress(std::vector<JobProgressRow> const& rows) {
  return worker_->transact([&rows](pqxx::work& work) { candled::show_progress(work, rows); });
}

Task<Result<void>> PgLedger::note_reload(RunId run, std::string const& problems) {
  return worker_->transact([run, &problems](pqxx::work& work) { candled::note_reload(work, run, problems); });
}

}  // namespace candled
