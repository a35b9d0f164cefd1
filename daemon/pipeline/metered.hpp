// The three seams to the world, each with a meter on it: they do what the real one does, and count.
#pragma once

#include <memory>
#include <utility>

#include "core/meters.hpp"
#include "http/http_client.hpp"
#include "pipeline/clock.hpp"
#include "store/bar_store.hpp"
#include "store/ledger.hpp"

namespace candled {

// `meter` and `clock` must outlive each of them.

class MeteredHttp final : public HttpClient {
 public:
  MeteredHttp(std::unique_ptr<HttpClient> client, RequestMeter& meter, Clock const& clock)
      : client_(std::move(client)), meter_(meter), clock_(clock) {}

  Task<Result<HttpResponse>> get(HttpRequest request) override;
  void stop() override { client_->stop(); }

 private:
  void note(Result<HttpResponse> const& response);

  std::unique_ptr<HttpClient> client_;
  RequestMeter& meter_;
  Clock const& clock_;
};

class MeteredStore final : public BarStore {
 public:
  MeteredStore(std::unique_ptr<BarStore> store, Meters& meters, Clock const& clock)
      : store_(std::move(store)), meters_(meters), clock_(clock) {}

  void collect(Collection collection) override { store_->collect(std::move(collection)); }
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
  void note_proven(Load const& load);

  std::unique_ptr<BarStore> store_;
  Meters& meters_;
  Clock const& clock_;
  int opening_ = 0;  // calls of open_series that have not answered
  std::vector<std::pair<SeriesId, RangeSet>> proven_meanwhile_;  // which their answers may not know of
};

class MeteredLedger final : public Ledger {
 public:
  MeteredLedger(std::unique_ptr<Ledger> ledger, DatabaseMeter& meter, Clock const& clock)
      : ledger_(std::move(ledger)), meter_(meter), clock_(clock) {}

  Task<Result<BudgetGrant>> claim(BudgetClaim const& claim) override;
  Task<Result<std::vector<BackfillRequest>>> open_requests() override;
  Task<Result<void>> update_request(BackfillRequest const& request) override;
  Task<Result<void>> show_progress(std::vector<JobProgressRow> const& rows) override;
  Task<Result<void>> note_reload(RunId run, std::string const& problems) override;

 private:
  std::unique_ptr<Ledger> ledger_;
  DatabaseMeter& meter_;
  Clock const& clock_;
};

}  // namespace candled
