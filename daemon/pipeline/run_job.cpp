#include "pipeline/run_job.hpp"

#include "core/failpoint.hpp"
#include "pipeline/keep_trying.hpp"
#include "pipeline/run_batch.hpp"

#include <map>
#include <utility>

namespace candled {

namespace {

// A bar that cannot be true may be a passing fault of the provider: it is asked for again at once, but not
// for ever.
constexpr int passes_max = 3;

void log_batch(BatchRecord const& record) {
  auto const seconds = [](Milliseconds time) { return static_cast<double>(time.count()) / 1000.0; };
  log_info(
      "{} {}: {}: {} symbols, {} bars ({} new, {} changed, {} rejected), {} requests ({} retries, {} times "
      "429) "
      "in {:.1f} s; lanes waited {:.1f} s for the budget, fetched {:.1f} s; loaded {:.1f} s",
      record.job, to_string(record.timeframe), record.outcome, record.symbols, record.bars, record.inserted,
      record.changed, record.rejected, record.requests, record.retries, record.rate_limited,
      seconds(record.total), seconds(record.wait), seconds(record.fetch),
      seconds(record.merge + record.copy + record.commit));
}

class JobRun {
 public:
  JobRun(Ports& ports, Job const& job, Run run) : ports_(ports), job_(job), run_(run) {}

  Task<JobResult> run(Order order);

 private:
  Task<Result<std::vector<Window>>> plan(Order const& order);
  void look_at(std::vector<Series> const& series, Order const& order);
  bool is_new(Series const& series, Order const& order) const;
  void begin_pass(std::vector<Window> const& windows);
  // The times of this pass's rejected bars.
  Task<std::vector<FailedWindow>> run_pass(std::vector<Window> windows);
  Task<void> finish_batch(BatchResult result);
  Task<void> park(std::vector<FailedWindow> const& windows);

  Ports& ports_;
  Job const& job_;
  Run run_;
  Milliseconds planning_{0};
  std::map<SeriesId, std::string> without_bars_;  // never asked for before, and no bar so far
  JobResult result_;
};

Task<JobResult> JobRun::run(Order order) {
  auto const planned = co_await plan(order);
  if (!planned) {
    result_.ended_by = planned.error();
    co_return result_;
  }
  auto windows = *planned;
  for (int pass = 1; !windows.empty(); ++pass) {
    begin_pass(windows);
    auto const rejected = co_await run_pass(windows);
    if (rejected.empty() || result_.ended_by) break;
    if (pass == passes_max) {
      result_.failed += static_cast<std::int64_t>(rejected.size());
      co_await park(rejected);
      break;
    }
    windows = windows_again(job_, windows, rejected);
  }
  if (!result_.ended_by)
    for (auto const& [id, ticker] : without_bars_) result_.without_bars.push_back(ticker);
  co_return result_;
}

void JobRun::begin_pass(std::vector<Window> const& windows) {
  ports_.progress.windows += static_cast<std::int64_t>(windows.size());
  ports_.progress.pages_planned += pages_at_most(job_, windows);
  result_.windows += static_cast<std::int64_t>(windows.size());
  ports_.progress.provider = job_.source->name;
  ports_.told();
}

Task<Result<std::vector<Window>>> JobRun::plan(Order const& order) {
  set_stage(ports_, Stage::planning);
  auto const started = ports_.clock.ticks();
  auto const now = ports_.clock.now();
  auto const query = series_query(job_, now);
  auto const series =
      co_await keep_trying(ports_, job_.name, [&] { return ports_.store.open_series(query); });
  if (!series) co_return std::unexpected(series.error());
  look_at(*series, order);
  auto windows = windows_due(job_, *series, order, now);
  planning_ = std::chrono::duration_cast<Milliseconds>(ports_.clock.ticks() - started);
  co_return windows;
}

// Whether a ticker of which nothing comes now is wrong, rather than without a trade today. History tells,
// when there is any.
bool JobRun::is_new(Series const& series, Order const& order) const {
  if (ports_.lane == Lane::live && everything_due(job_, ports_.clock.now()).wanted.from < order.wanted.from)
    return false;
  RangeSet unknown{order.wanted};
  unknown.remove(series.covered);
  return unknown == RangeSet{order.wanted};
}

// Before the first pass, while the series are as the last run left them.
void JobRun::look_at(std::vector<Series> const& series, Order const& order) {
  if (order.work != Work::uncovered) return;
  for (auto const& one : series) {
    auto const due = [&](RangeSet const& parked) {
      return ranges_due(job_.calendar, job_.timeframe, order.wanted, one.covered, parked);
    };
    auto const all = due({});
    if (order.parked == ParkedWindows::leave && due(one.parked) != all) ++result_.parked;
    if (is_new(one, order) && !all.empty()) without_bars_.emplace(one.id, one.ticker);
  }
}

Task<std::vector<FailedWindow>> JobRun::run_pass(std::vector<Window> windows) {
  std::vector<FailedWindow> rejected;
  auto const batches = group_into_batches(job_.name, job_.source->name, job_.timeframe, std::move(windows),
                                          job_.batch_symbols);
  for (auto const& batch : batches) {
    set_stage(ports_, Stage::fetching);
    auto result = co_await run_batch(ports_, job_, batch);
    rejected.insert(rejected.end(), result.rejected.begin(), result.rejected.end());
    co_await finish_batch(std::move(result));
    if (result_.ended_by) break;
  }
  co_return rejected;
}

Task<void> JobRun::finish_batch(BatchResult result) {
  auto& record = result.record;
  record.run = run_.id;
  record.plan = std::exchange(planning_, Milliseconds{0});  // planned once, for all batches: the first one's
  result_.failed += static_cast<std::int64_t>(result.failed.size());
  result_.bars += record.bars;
  result_.inserted += record.inserted;
  result_.changed += record.changed;
  result_.requests += record.requests;
  result_.ended_by = result.ended_by;
  for (auto const series : result.with_bars) without_bars_.erase(series);
  for (auto const& window : result.failed) without_bars_.erase(window.series);
  log_batch(record);
  co_await park(result.failed);
  auto const id = co_await keep_trying(ports_, job_.name, [&] { return ports_.store.record_batch(record); });
  if (!id) log_warn("{}: the batch is not recorded: {}", job_.name, id.error().what);
  failpoint("batch_recorded");
  bool const wrote_before = !run_.timings.fails();
  if (auto const written = run_.timings.append(record, id.value_or(BatchId{})); !written && wrote_before)
    log_warn("timings are not written, ingestion goes on: {}", written.error().what);
}

Task<void> JobRun::park(std::vector<FailedWindow> const& windows) {
  if (windows.empty()) co_return;
  auto const parked = co_await keep_trying(ports_, job_.name, [&] { return ports_.store.park(windows); });
  if (!parked && !result_.ended_by) result_.ended_by = parked.error();
}

}  // namespace

Task<JobResult> run_job(Ports& ports, Job const& job, Order order, Run run) {
  JobRun job_run{ports, job, run};
  co_return co_await job_run.run(order);
}

}  // namespace candled
