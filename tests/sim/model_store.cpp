#include "sim/model_store.hpp"

#include "pipeline/async.hpp"

namespace candled::sim {

using namespace std::chrono_literals;

StoreServer::StoreServer(World& world, Scenario const& scenario, Safety& safety, Recording recording)
    : world_(world),
      safety_(safety),
      recording_(recording),
      faults_(scenario.faults),
      draw_(scenario.seed, "store") {}

void StoreServer::calm_down() {
  faults_ = {};
  down_until_ = {};
}

std::vector<Series> StoreServer::open_series(SeriesQuery const& query) {
  auto series = tables_.open_series(query);
  if (recording_ == Recording::on) applied_.push_back({.call = query, .series = series, .report = {}});
  return series;
}

LoadReport StoreServer::load(Load const& load) {
  auto const report = tables_.load(load);
  if (recording_ == Recording::on) applied_.push_back({.call = load, .series = {}, .report = report});
  for (auto const& slice : load.slices) {
    auto const& row = tables_.of(slice.series);
    world_.tell("commit: {} {}: {} bars, covered {} ranges until {}", row.key.ticker, to_string(row.key.timeframe),
                slice.count, row.covered.ranges().size(),
                row.covered.empty() ? "-" : to_rfc3339(row.covered.ranges().back().to));
    safety_.committed(row.key, row.bars, slice.proven, slice.settled);
  }
  return report;
}

void StoreServer::park(std::vector<FailedWindow> const& windows) {
  tables_.park(windows);
  if (recording_ == Recording::on) applied_.push_back({.call = windows, .series = {}, .report = {}});
  for (auto const& window : windows)
    world_.tell("parked: {} {} to {}: {}", tables_.of(window.series).key.ticker, to_rfc3339(window.range.from),
                to_rfc3339(window.range.to), window.detail);
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

template <class Value, class Apply>
Task<Result<Value>> ModelStore::call(std::string_view name, Apply apply) {
  auto const fate = server_.draw_fate();
  co_await clock_.pass(fate.before);
  if (server_.down()) co_return fail(ErrorKind::db_unavailable, "the database is down");
  Result<Value> reply = fail(ErrorKind::db_unavailable, "deadlock detected");
  if (fate.applied) reply = apply();
  if (fate.kills_the_caller) server_.kill_the_caller();
  co_await clock_.pass(fate.after);
  if (fate.error) {
    world_.tell("the database's reply to {}: {}, {}", name, to_string(*fate.error),
                fate.applied ? "done" : "not done");
    co_return fail(*fate.error, fmt::format("{} by the model", to_string(*fate.error)));
  }
  co_return reply;
}

Task<Result<std::vector<Series>>> ModelStore::open_series(SeriesQuery const& query) {
  co_return co_await call<std::vector<Series>>("open_series", [&] { return server_.open_series(query); });
}

Task<Result<LoadReport>> ModelStore::load(Load const& load) {
  auto const number = server_.next_number();
  server_.on_their_way.emplace(number, &load);
  auto report = co_await call<LoadReport>("load", [&] {
    server_.on_their_way.erase(number);
    return server_.load(load);
  });
  server_.on_their_way.erase(number);
  co_return report;
}

Task<Result<void>> ModelStore::park(std::vector<FailedWindow> const& windows) {
  co_return co_await call<void>("park", [&]() -> Result<void> {
    server_.park(windows);
    return {};
  });
}

Task<Result<RunId>> ModelStore::begin_run(std::string const&, std::string const&) {
  co_return co_await call<RunId>("begin_run", [] { return RunId{1}; });
}

Task<Result<void>> ModelStore::end_run(RunId, int) {
  co_return co_await call<void>("end_run", [] { return Result<void>{}; });
}

Task<Result<BatchId>> ModelStore::record_batch(BatchRecord const& record) {
  world_.tell("batch of {}: {}, {} requests, {} bars", record.job, record.outcome, record.requests, record.bars);
  co_return co_await call<BatchId>("record_batch", [] { return BatchId{1}; });
}

}  // namespace candled::sim
