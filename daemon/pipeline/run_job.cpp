#include "pipeline/run_job.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "core/failpoint.hpp"
#include "pipeline/keep_trying.hpp"
#include "pipeline/run_batch.hpp"
#include "pipeline/run_files.hpp"
#include "pipeline/s3_files.hpp"

namespace candled {

namespace {

// A bar that cannot be true may be a passing fault of the provider: it is asked for again at once, but not
// for ever.
constexpr int passes_max = 3;

// Files that are loaded, and put on record, together: a month's.
constexpr std::size_t files_at_once = 31;

// Files may have been published again: looked for this often, as it reads the end of each.
constexpr Milliseconds compare_files_every = std::chrono::hours{1};

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
  // What would be dropped again.
  void leave_expired(Order& order) const;
  Task<Result<std::vector<Window>>> plan(Order const& order);
  void look_at(std::vector<Series> const& series, Order const& order);
  // A live lane's order, beside which another lane has the history.
  bool is_live_only(Order const& order) const;
  bool is_new(Series const& series, Order const& order) const;
  // Until nothing is rejected any more, or it is parked.
  Task<void> run_passes(std::vector<Window> windows);
  void begin_pass(std::vector<Window> const& windows);
  // The times of this pass's rejected bars.
  Task<std::vector<FailedWindow>> run_pass(std::vector<Window> windows);
  // What the day files have of `windows`; of a settling order: files that were published again.
  Task<void> read_files(Order const& order, std::vector<Window> const& windows);
  // What is asked of the bucket, if the files are in one. False: the job ends.
  Task<bool> list_files(RangeSet const& wanted);
  bool may_compare(std::vector<FlatFileRecord> const& known);
  std::vector<DayFile> files_again(Order const& order, std::vector<FlatFileRecord> const& known);
  Task<void> read_files(std::vector<DayFile> const& files, Take take,
                        std::vector<FlatFileRecord> const& known);
  Task<void> finish_batch(BatchResult result);
  Task<void> park(std::vector<FailedWindow> const& windows);
  // Takes those with bars in the database out of those without.
  Task<void> note_without_bars();

  Ports& ports_;
  Job const& job_;
  Run run_;
  Milliseconds planning_{0};
  UtcTime planned_at_{};
  std::vector<Series> series_;                    // as planned
  std::optional<Learned> fresh_;                  // what a person's order learns
  std::map<SeriesId, std::string> without_bars_;  // never asked for before, and no bar so far
  JobResult result_;
};

Task<JobResult> JobRun::run(Order order) {
  leave_expired(order);
  if (order.parked == ParkedWindows::ask) {
    fresh_.emplace();
    if (job_.source->files && job_.source->files->bucket) job_.source->files->bucket->refusal.reset();
  }
  auto planned = co_await plan(order);
  if (planned && job_.source->files && order.work != Work::gaps) {
    co_await read_files(order, *planned);
    if (result_.ended_by) co_return result_;
    if (result_.files > 0) planned = co_await plan(order);  // less is due
  }
  if (!planned) {
    result_.ended_by = planned.error();
    co_return result_;
  }
  co_await run_passes(*std::move(planned));
  if (!result_.ended_by && !without_bars_.empty()) co_await note_without_bars();
  co_return result_;
}

Task<void> JobRun::run_passes(std::vector<Window> windows) {
  for (int pass = 1; !windows.empty(); ++pass) {
    begin_pass(windows);
    auto const rejected = co_await run_pass(windows);
    if (rejected.empty() || result_.ended_by) co_return;
    if (pass == passes_max) {
      result_.failed += static_cast<std::int64_t>(rejected.size());
      co_return co_await park(rejected);
    }
    windows = windows_again(job_, windows, rejected);
  }
}

// Only a person asks for it: all that is due is kept.
void JobRun::leave_expired(Order& order) const {
  auto const kept = kept_from(job_, ports_.clock.now());
  if (!kept || order.wanted.from >= *kept) return;
  log_warn("{}: nothing before {} is asked for: it would not be kept (retention: {}y)", job_.name,
           to_rfc3339(*kept), job_.retention_years);
  order.wanted.from = std::min(*kept, order.wanted.to);
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
  planned_at_ = now;
  auto const query = series_query(job_, now);
  auto const series =
      co_await keep_trying(ports_, job_.name, [&] { return ports_.store.open_series(query); });
  if (!series) co_return std::unexpected(series.error());
  if (series_.empty()) look_at(*series, order);
  series_ = *series;
  auto windows = windows_due(job_, *series, order, now);
  planning_ = std::chrono::duration_cast<Milliseconds>(ports_.clock.ticks() - started);
  co_return windows;
}

bool JobRun::is_live_only(Order const& order) const {
  return ports_.lane == Lane::live &&
         everything_due(job_, ports_.clock.now()).wanted.from < order.wanted.from;
}

// Whether a ticker of which nothing comes now is wrong, rather than without a trade today. History tells,
// when there is any.
bool JobRun::is_new(Series const& series, Order const& order) const {
  if (is_live_only(order)) return false;
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
    bool const leaves_some = order.parked == ParkedWindows::leave && due(one.parked) != all;
    if (leaves_some) ++result_.parked;
    bool const has_failed = leaves_some || due(one.again) != all;
    if (is_new(one, order) && !has_failed && !all.empty()) without_bars_.emplace(one.id, one.ticker);
  }
}

Task<std::vector<FailedWindow>> JobRun::run_pass(std::vector<Window> windows) {
  std::vector<FailedWindow> rejected;
  auto const batches = group_into_batches(job_.name, job_.source->name, job_.timeframe, std::move(windows),
                                          job_.batch_symbols);
  for (auto const& batch : batches) {
    set_stage(ports_, Stage::fetching);
    auto result = co_await run_batch(ports_, job_, batch, planned_at_, fresh_ ? &*fresh_ : nullptr);
    rejected.insert(rejected.end(), result.rejected.begin(), result.rejected.end());
    co_await finish_batch(std::move(result));
    if (result_.ended_by) break;
  }
  co_return rejected;
}

Task<void> JobRun::read_files(Order const& order, std::vector<Window> const& windows) {
  auto& files = *job_.source->files;
  // A bucket may be slow, or away: nobody who waits for today's bars waits for it.
  if (files.bucket && is_live_only(order)) co_return;
  std::vector<DayFile> found;
  if (order.work == Work::uncovered) {
    auto const wanted = ranges_of(windows);
    if (!co_await list_files(wanted)) co_return;
    found = day_files(files, job_, wanted, planned_at_);
    if (found.empty()) co_return;
  }
  auto const known =
      co_await keep_trying(ports_, job_.name, [&] { return ports_.store.flat_files(job_.name); });
  if (!known) {
    result_.ended_by = known.error();
    co_return;
  }
  if (order.work == Work::settle) {
    if (!may_compare(*known) || !co_await list_files(RangeSet{order.wanted})) co_return;
    found = files_again(order, *known);
  }
  std::erase_if(found, [&](DayFile const& file) {
    auto const broken = files.broken.find(file.key);
    return broken != files.broken.end() && broken->second == file.version;
  });
  co_await read_files(found, order.work == Work::settle ? Take::everything : Take::lacking, *known);
}

Task<bool> JobRun::list_files(RangeSet const& wanted) {
  set_stage(ports_, Stage::fetching);
  if (auto const listed = co_await list_day_files(ports_, *job_.source->files, job_, wanted, planned_at_);
      !listed)
    result_.ended_by = listed.error();
  co_return !result_.ended_by;
}

bool JobRun::may_compare(std::vector<FlatFileRecord> const& known) {
  auto& compared = job_.source->files->compared;
  auto const last = compared.find(job_.name);
  auto const now = ports_.clock.ticks();
  if (known.empty() || (last != compared.end() && now < last->second + compare_files_every)) return false;
  compared[job_.name] = now;
  return true;
}

std::vector<DayFile> JobRun::files_again(Order const& order, std::vector<FlatFileRecord> const& known) {
  auto all = day_files(*job_.source->files, job_, {order.wanted}, planned_at_);
  std::erase_if(all, [&](DayFile const& file) {
    auto const record = std::ranges::lower_bound(known, file.key, {}, &FlatFileRecord::key);
    return record == known.end() || record->key != file.key || record->version == file.version;
  });
  return all;
}

Task<void> JobRun::read_files(std::vector<DayFile> const& files, Take take,
                              std::vector<FlatFileRecord> const& known) {
  set_stage(ports_, Stage::fetching);
  for (std::size_t first = 0; first < files.size() && !result_.ended_by; first += files_at_once) {
    auto const some = std::span{files}.subspan(first, std::min(files_at_once, files.size() - first));
    std::vector<FlatFileRecord> begun;
    for (auto const& file : some) begun.push_back({.key = file.key, .version = file.version});
    // First: a kill leaves no bar of a file that is not on record.
    auto const noted = co_await keep_trying(ports_, job_.name,
                                            [&] { return ports_.store.begin_flat_files(job_.name, begun); });
    if (!noted) {
      result_.ended_by = noted.error();
      co_return;
    }
    auto result = co_await run_files(ports_, job_, series_, some, take);
    result_.files += static_cast<std::int64_t>(result.read.size());
    result_.files_broken += static_cast<std::int64_t>(result.broken);
    co_await finish_batch(std::move(result.batch));
    // Read in part, and published again since: it stays on record as it was, and so due for the others.
    if (take == Take::lacking)
      std::erase_if(result.read, [&](FlatFileRecord const& read) {
        auto const record = std::ranges::lower_bound(known, read.key, {}, &FlatFileRecord::key);
        return record != known.end() && record->key == read.key && record->version != read.version;
      });
    if (result.read.empty()) continue;
    auto const ended = co_await keep_trying(
        ports_, job_.name, [&] { return ports_.store.end_flat_files(job_.name, result.read); });
    if (!ended && !result_.ended_by) result_.ended_by = ended.error();
  }
}

Task<void> JobRun::finish_batch(BatchResult result) {
  auto& record = result.record;
  record.run = run_.id;
  record.plan = std::exchange(planning_, Milliseconds{0});  // planned once, for all batches: the first one's
  result_.failed += static_cast<std::int64_t>(result.failed.size()) + result.refused_bars;
  result_.unproven += static_cast<std::int64_t>(result.unproven.size());
  result_.bars += record.bars;
  result_.inserted += record.inserted;
  result_.changed += record.changed;
  result_.requests += record.requests;
  result_.ended_by = result.ended_by;
  for (auto const series : result.with_bars) without_bars_.erase(series);
  for (auto const series : result.kept_back) without_bars_.erase(series);
  for (auto const& window : result.failed) without_bars_.erase(window.series);
  if (!result.unproven.empty()) without_bars_.clear();  // an answer by a wrong clock says nothing of a ticker
  log_batch(record);
  co_await park(result.failed);
  auto const id = co_await keep_trying(ports_, job_.name, [&] { return ports_.store.record_batch(record); });
  if (!id) log_warn("{}: the batch is not recorded: {}", job_.name, id.error().what);
  failpoint("batch_recorded");
  bool const wrote_before = !run_.timings.fails();
  if (auto const written = run_.timings.append(record, id.value_or(BatchId{})); !written && wrote_before)
    log_warn("timings are not written, ingestion goes on: {}", written.error().what);
}

Task<void> JobRun::note_without_bars() {
  std::vector<SeriesId> series;
  series.reserve(without_bars_.size());
  for (auto const& [id, ticker] : without_bars_) series.push_back(id);
  auto const found = co_await keep_trying(ports_, job_.name, [&] { return ports_.store.with_bars(series); });
  if (!found) co_return;  // whoever cannot know does not ask
  for (auto const id : *found) without_bars_.erase(id);
  for (auto const& [id, ticker] : without_bars_) result_.without_bars.push_back(ticker);
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
