#include "pipeline/metered.hpp"

#include <algorithm>
#include <boost/asio/awaitable.hpp>

namespace candled {

namespace {

// How a call on the database ended, noted in passing.
template <class T>
Result<T> noted(Result<T> outcome, DatabaseMeter& meter, Clock const& clock) {
  ++meter.calls;
  bool const away = !outcome && (outcome.error().kind == ErrorKind::db_unavailable ||
                                 outcome.error().kind == ErrorKind::db_in_doubt);
  if (!outcome) ++meter.errors[std::string{to_string(outcome.error().kind)}];
  meter.away_in_a_row = away ? meter.away_in_a_row + 1 : 0;
  if (!away) meter.last_answer_at = clock.now();
  return outcome;
}

void add(BatchMeter& meter, BatchRecord const& record, UtcTime now) {
  meter.provider = record.provider;
  meter.timeframe = to_string(record.timeframe);
  ++meter.batches[record.outcome];
  meter.retries += record.retries;
  meter.bars += record.bars;
  meter.inserted += record.inserted;
  meter.changed += record.changed;
  meter.unchanged += record.unchanged;
  meter.rejected += record.rejected;
  meter.phases["plan"] += record.plan;
  meter.phases["wait"] += record.wait;
  meter.phases["fetch"] += record.fetch;
  meter.phases["parse"] += record.parse;
  meter.phases["validate"] += record.validate;
  meter.phases["merge"] += record.merge;
  meter.phases["copy"] += record.copy;
  meter.phases["commit"] += record.commit;
  if (record.outcome == "stopped") return;
  meter.last_outcome = record.outcome;
  if (record.outcome == "ok") meter.last_ok_at = now;
}

// All that freshness needs of a series: a long history with holes is not copied.
SeriesMeter meter_of(SeriesQuery const& query, std::string const& ticker, Series const& series) {
  SeriesMeter meter{
      .provider = query.provider,
      .timeframe = query.timeframe,
      .ticker = ticker,
      .covered = {},
      .parked = {},
      .gaps = series.gaps,
      .reach = {
          .kind = kind_of(series.ticker), .given_from = std::nullopt, .refused_until = series.horizon_until}};
  if (series.covered.empty()) return meter;
  meter.reach.given_from = series.covered.ranges().front().from;
  auto const& last = series.covered.ranges().back();
  meter.covered.add(last);
  for (auto const& range : series.parked.ranges())
    if (range.to > last.to) meter.parked.add(range);
  return meter;
}

void extend(SeriesMeter& meter, RangeSet const& proven) {
  for (auto const& range : proven.ranges())
    if (meter.covered.empty() || range.to > meter.covered.ranges().front().from) meter.covered.add(range);
}

}  // namespace

Task<Result<HttpResponse>> MeteredHttp::get(HttpRequest request) {
  auto const began = clock_.ticks();
  ++meter_.in_flight;
  auto response = co_await client_->get(std::move(request));
  --meter_.in_flight;
  if (response || response.error().kind != ErrorKind::stopped) {
    meter_.took.add(clock_.ticks() - began);
    meter_.lengths.add(clock_.ticks() - began);
    note(response);
  }
  co_return response;
}

void MeteredHttp::note(Result<HttpResponse> const& response) {
  bool const server_failed = response && response->status >= 500;
  bool const unreachable = !response && response.error().kind == ErrorKind::transport;
  meter_.failures_in_a_row = server_failed || unreachable ? meter_.failures_in_a_row + 1 : 0;
  if (unreachable) {
    ++meter_.unreachable;
  } else if (server_failed) {
    ++meter_.failed;
  } else if (response && response->status == 429) {
    ++meter_.rate_limited;
  } else if (response && response->status >= 200 && response->status < 300) {
    ++meter_.ok;
  } else {
    ++meter_.refused;
  }
  if (!response) return;
  meter_.bytes += static_cast<std::int64_t>(response->wire_bytes);
  if (response->date) meter_.clock_ahead = clock_.now() - *response->date;
}

Task<Result<void>> MeteredStore::follow_collection(UtcTime now) {
  co_return noted(co_await store_->follow_collection(now), meters_.database, clock_);
}

Task<Result<std::vector<Series>>> MeteredStore::open_series(SeriesQuery const& query) {
  ++opening_;
  auto all = noted(co_await store_->open_series(query), meters_.database, clock_);
  --opening_;
  if (all) {
    for (std::size_t i = 0; i < all->size(); ++i)
      meters_.series[all->at(i).id] = meter_of(query, query.tickers.at(i), all->at(i));
    for (auto const& [id, proven] : proven_meanwhile_)
      if (std::ranges::find(*all, id, &Series::id) != all->end()) extend(meters_.series[id], proven);
  }
  if (opening_ == 0) proven_meanwhile_.clear();
  co_return all;
}

void MeteredStore::note_proven(Load const& load) {
  for (auto const& slice : load.slices) {
    if (auto const meter = meters_.series.find(slice.series); meter != meters_.series.end())
      extend(meter->second, slice.proven);
    if (opening_ > 0) proven_meanwhile_.emplace_back(slice.series, slice.proven);
  }
}

Task<Result<LoadReport>> MeteredStore::load(Load const& load) {
  auto const began = clock_.ticks();
  auto report = noted(co_await store_->load(load), meters_.database, clock_);
  if (report) {
    meters_.database.load_took.add(clock_.ticks() - began);
    meters_.database.bars += report->inserted + report->changed + report->unchanged;
    note_proven(load);
  }
  co_return report;
}

Task<Result<void>> MeteredStore::park(std::vector<FailedWindow> const& windows) {
  co_return noted(co_await store_->park(windows), meters_.database, clock_);
}

Task<Result<std::vector<SeriesId>>> MeteredStore::with_bars(std::vector<SeriesId> const& series) {
  co_return noted(co_await store_->with_bars(series), meters_.database, clock_);
}

Task<Result<RunId>> MeteredStore::begin_run(std::string const& command, std::string const& version) {
  co_return noted(co_await store_->begin_run(command, version), meters_.database, clock_);
}

Task<Result<void>> MeteredStore::end_run(RunId run, int exit_code) {
  co_return noted(co_await store_->end_run(run, exit_code), meters_.database, clock_);
}

Task<Result<std::vector<FlatFileRecord>>> MeteredStore::flat_files(std::string const& job) {
  co_return noted(co_await store_->flat_files(job), meters_.database, clock_);
}

Task<Result<void>> MeteredStore::begin_flat_files(std::string const& job,
                                                  std::vector<FlatFileRecord> const& files) {
  co_return noted(co_await store_->begin_flat_files(job, files), meters_.database, clock_);
}

Task<Result<void>> MeteredStore::end_flat_files(std::string const& job,
                                                std::vector<FlatFileRecord> const& files) {
  co_return noted(co_await store_->end_flat_files(job, files), meters_.database, clock_);
}

Task<Result<BatchId>> MeteredStore::record_batch(BatchRecord const& record) {
  auto batch = noted(co_await store_->record_batch(record), meters_.database, clock_);
  if (batch) add(meters_.jobs[record.job], record, clock_.now());
  co_return batch;
}

Task<Result<std::vector<DroppedYear>>> MeteredStore::drop_expired() {
  co_return noted(co_await store_->drop_expired(), meters_.database, clock_);
}

Task<Result<BudgetGrant>> MeteredLedger::claim(BudgetClaim const& claim) {
  co_return noted(co_await ledger_->claim(claim), meter_, clock_);
}

Task<Result<std::vector<BackfillRequest>>> MeteredLedger::open_requests() {
  co_return noted(co_await ledger_->open_requests(), meter_, clock_);
}

Task<Result<void>> MeteredLedger::update_request(BackfillRequest const& request) {
  co_return noted(co_await ledger_->update_request(request), meter_, clock_);
}

Task<Result<void>> MeteredLedger::show_progress(std::vector<JobProgressRow> const& rows) {
  co_return noted(co_await ledger_->show_progress(rows), meter_, clock_);
}

Task<Result<void>> MeteredLedger::note_reload(RunId run, std::string const& problems) {
  co_return noted(co_await ledger_->note_reload(run, problems), meter_, clock_);
}

}  // namespace candled
