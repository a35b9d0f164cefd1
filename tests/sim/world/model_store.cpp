#include "sim/world/model_store.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "sim/world/model_call.hpp"

namespace candled::sim {

using namespace std::chrono_literals;

bool same(std::vector<Series> const& a, std::vector<Series> const& b) {
  auto const same_settled = [](Settled const& one, Settled const& other) {
    return one.after == other.after && one.since == other.since && one.during == other.during;
  };
  return std::ranges::equal(a, b, [&](Series const& one, Series const& other) {
    return one.ticker == other.ticker && one.covered == other.covered && one.parked == other.parked &&
           one.again == other.again && one.gaps == other.gaps &&
           std::ranges::equal(one.settled, other.settled, same_settled);
  });
}

StoreServer::StoreServer(World& world, Scenario const& scenario, Safety& safety, Recording recording)
    : world_(world),
      safety_(safety),
      recording_(recording),
      on_this_host_(scenario.database_on_this_host),
      faults_(scenario.faults),
      draw_(scenario.seed, "store") {}

void StoreServer::calm_down() {
  faults_ = {};
  down_until_ = {};
}

std::vector<Series> StoreServer::open_series(SeriesQuery const& query) {
  auto series = tables_.open_series(query);
  // Each lane asks every minute: what is the same as before is not worth a replay.
  if (recording_ == Recording::on && !same(std::exchange(opened_[query.timeframe], series), series))
    applied_.push_back({.call = query, .series = series, .report = {}});
  return series;
}

LoadReport StoreServer::load(Load const& load) {
  for (auto const& slice : load.slices) {
    auto const& row = tables_.of(slice.series);
    for (auto const& bar : std::span{load.bars}.subspan(slice.first, slice.count))
      if (auto const stored = row.bars.find(bar.start); stored != row.bars.end())
        safety_.replaces(row.key, stored->second, bar);
  }
  auto const report = tables_.load(load);
  if (recording_ == Recording::on) applied_.push_back({.call = load, .series = {}, .report = report});
  for (auto const& slice : load.slices) {
    auto const& row = tables_.of(slice.series);
    world_.tell("commit: {} {}: {} bars, covered {} ranges until {}", row.key.ticker,
                to_string(row.key.timeframe), slice.count, row.covered.ranges().size(),
                row.covered.empty() ? "-" : to_rfc3339(row.covered.ranges().back().to));
    safety_.committed(row.key, row.bars, slice.proven, slice.settled);
  }
  return report;
}

void StoreServer::park(std::vector<FailedWindow> const& windows) {
  tables_.park(windows);
  if (recording_ == Recording::on) applied_.push_back({.call = windows, .series = {}, .report = {}});
  for (auto const& window : windows)
    world_.tell("parked: {} {} to {}: {}", tables_.of(window.series).key.ticker,
                to_rfc3339(window.range.from), to_rfc3339(window.range.to), window.detail);
}

StoreServer::Fate StoreServer::draw_fate() {
  Fate fate{.before = Milliseconds{draw_.between(0, 8)}, .after = Milliseconds{draw_.between(0, 4)}};
  if (draw_.chance(faults_.db_slow))
    (draw_.chance(0.5) ? fate.before : fate.after) += Milliseconds{draw_.between(500, 20'000)};
  if (draw_.chance(faults_.db_unavailable) || draw_.chance(faults_.db_deadlock)) {
    fate.applied = false;
    fate.error = ErrorKind::db_unavailable;
  } else if (draw_.chance(faults_.db_in_doubt)) {
    fate.applied = draw_.chance(0.5);
    fate.error = ErrorKind::db_in_doubt;
  }
  fate.kills_the_caller = draw_.chance(faults_.kill_at_commit);
  return fate;
}

void StoreServer::caller_was_killed() {
  for (auto const& [number, pending] : on_their_way)
    if (draw_.chance(0.3)) {
      world_.tell("the COMMIT of a killed load was on its way");
      load(*pending);
    }
  on_their_way.clear();
}

Task<Result<void>> ModelStore::follow_collection(UtcTime) {
  co_return Result<void>{};
}

Task<Result<std::vector<Series>>> ModelStore::open_series(SeriesQuery const& query) {
  co_return co_await model_call<std::vector<Series>>(server_, clock_, world_, "open_series",
                                                     [&] { return server_.open_series(query); });
}

Task<Result<LoadReport>> ModelStore::load(Load const& load) {
  auto const number = server_.next_number();
  server_.on_their_way.emplace(number, &load);
  auto report = co_await model_call<LoadReport>(server_, clock_, world_, "load", [&] {
    server_.on_their_way.erase(number);
    return server_.load(load);
  });
  server_.on_their_way.erase(number);
  co_return report;
}

Task<Result<void>> ModelStore::park(std::vector<FailedWindow> const& windows) {
  co_return co_await model_call<void>(server_, clock_, world_, "park", [&]() -> Result<void> {
    server_.park(windows);
    return {};
  });
}

Task<Result<std::vector<SeriesId>>> ModelStore::with_bars(std::vector<SeriesId> const& series) {
  co_return co_await model_call<std::vector<SeriesId>>(server_, clock_, world_, "with_bars", [&] {
    std::vector<SeriesId> found;
    for (auto const id : series)
      if (!server_.tables().of(id).bars.empty()) found.push_back(id);
    return found;
  });
}

Task<Result<RunId>> ModelStore::begin_run(std::string const&, std::string const&) {
  co_return co_await model_call<RunId>(server_, clock_, world_, "begin_run", [] { return RunId{1}; });
}

Task<Result<void>> ModelStore::end_run(RunId, int) {
  co_return co_await model_call<void>(server_, clock_, world_, "end_run", [] { return Result<void>{}; });
}

// Day files of the simulated provider never change, so that nobody needs to know which have been read.
Task<Result<std::vector<FlatFileRecord>>> ModelStore::flat_files(std::string const&) {
  co_return std::vector<FlatFileRecord>{};
}

Task<Result<void>> ModelStore::begin_flat_files(std::string const&, std::vector<FlatFileRecord> const&) {
  co_return Result<void>{};
}

Task<Result<void>> ModelStore::end_flat_files(std::string const&, std::vector<FlatFileRecord> const&) {
  co_return Result<void>{};
}

Task<Result<std::vector<DroppedYear>>> ModelStore::drop_expired() {
  co_return std::vector<DroppedYear>{};
}

Task<Result<BatchId>> ModelStore::record_batch(BatchRecord const& record) {
  world_.tell("batch of {}: {}, {} requests, {} bars", record.job, record.outcome, record.requests,
              record.bars);
  co_return co_await model_call<BatchId>(server_, clock_, world_, "record_batch", [] { return BatchId{1}; });
}

}  // namespace candled::sim
