// The store that an operator runs: PostgreSQL.
#pragma once

#include <memory>

#include "core/secret.hpp"
#include "store/bar_store.hpp"

namespace candled {

// libpqxx blocks, so each call is done by one of `writers` threads, and the caller is resumed on its own
// executor. A thread has one connection, made when it is first needed and made anew after it broke. A call
// whose thread is busy waits for one; a cancelled caller waits for its call to end. Destroy the store before
// the executors that its callers run on: it waits for calls that run, and drops those that have not begun.
class PgBarStore : public BarStore {
 public:
  PgBarStore(Secret url, int writers);
  ~PgBarStore() override;

  void collect(Collection collection) override;
  Task<Result<void>> follow_collection(UtcTime now) override;
  Task<Result<std::vector<Series>>> open_series(SeriesQuery const& query) override;
  Task<Result<LoadReport>> load(Load const& load) override;
  Task<Result<void>> park(std::vector<FailedWindow> const& windows) override;
  Task<Result<std::vector<SeriesId>>> with_bars(std::vector<SeriesId> const& series) override;
  Task<Result<RunId>> begin_run(std::string const& command, std::string const& version) override;
  Task<Result<void>> end_run(RunId run, int exit_code) override;
  Task<Result<std::vector<FlatFileRecord>>> flat_files(std::string const& job) override;
  Task<Result<void>> begin_flat_files(std::string const& job,
                                      std::vector<FlatFileRecord> const& files) override;
  Task<Result<void>> end_flat_files(std::string const& job,
                                    std::vector<FlatFileRecord> const& files) override;
  Task<Result<BatchId>> record_batch(BatchRecord const& record) override;
  Task<Result<std::vector<DroppedYear>>> drop_expired() override;

 private:
  class Writers;
  std::unique_ptr<Writers> writers_;
  std::string run_key_;
  std::shared_ptr<Collection const> collection_;  // null: nobody has said
  bool follows_ = true;                           // the database: collection_
};

}  // namespace candled
