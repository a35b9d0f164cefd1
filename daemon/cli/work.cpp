#include "cli/work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/show_progress.hpp"
#include "pipeline/async.hpp"
#include "pipeline/flat_files.hpp"
#include "pipeline/log.hpp"
#include "store/migrator.hpp"

namespace candled {

namespace {

void add_to(JobResult& total, JobResult const& part) {
  total.windows += part.windows;
  total.failed += part.failed;
  total.unproven += part.unproven;
  total.bars += part.bars;
  total.inserted += part.inserted;
  total.changed += part.changed;
  total.requests += part.requests;
  total.files += part.files;
  total.files_broken += part.files_broken;
  total.parked = std::max(total.parked, part.parked);  // symbols: those of two lanes are mostly the same
  for (auto const& ticker : part.without_bars)
    if (std::ranges::find(total.without_bars, ticker) == total.without_bars.end())
      total.without_bars.push_back(ticker);
  total.ended_by = part.ended_by;
}

Task<void> work_on_one(Ports ports, JobOrder order, Run run, JobResult& result) {
  for (auto const& one : order.lanes) {
    ports.lane = one.lane;
    ports.progress.lane = one.lane;
    add_to(result, co_await run_job(ports, *order.job, one.order, run));
    if (result.ended_by) break;
  }
  if (result.ended_by && result.ended_by->kind != ErrorKind::stopped)
    log_error("{}: {}", order.job->name, result.ended_by->what);
}

ExitCode worst(std::vector<JobResult> const& results) {
  auto code = ExitCode::done;
  for (auto const& result : results) {
    if (result.failed > 0 || result.parked > 0 || result.unproven > 0)
      code = std::max(code, ExitCode::some_failed);
    if (result.ended_by) code = std::max(code, exit_code_of(result.ended_by->kind));
  }
  return code;
}

}  // namespace

std::string some_of(std::vector<std::string> const& names) {
  constexpr std::size_t named_max = 20;
  auto const shown = std::min(names.size(), named_max);
  auto text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return names.size() > shown ? fmt::format("{} and {} more", text, names.size() - shown) : text;
}

void print_notes(Job const& job, JobResult const& result) {
  if (result.files > 0)
    fmt::print("note: {} day files of {} were read; {} was asked for the rest only\n", result.files,
               job.source->files->name, job.source->name);
  if (result.files_broken > 0)
    fmt::print(
        "note: {} day files of {} are broken and were left out: the log says what is wrong with each\n",
        result.files_broken, job.source->files->name);
  if (result.unproven > 0)
    fmt::print(
        "note: {} answers of {} prove less than they should, for its clock is behind this machine's, which "
        "was "
        "perhaps set: see to the clock (NTP); what is missing is asked for again\n",
        result.unproven, job.source->name);
  if (!result.without_bars.empty())
    fmt::print("note: {} has no bars of {} in this range: is the ticker right?\n", job.source->name,
               some_of(result.without_bars));
  if (result.parked > 0)
    fmt::print(
        "note: {} of {}'s symbols have ranges that failed before and are not asked for again yet: `candled "
        "gaps` "
        "says why and until when\n",
        result.parked, job.name);
}

void print_ranges(WorkResult const& work, std::vector<JobOrder> const& orders) {
  bool stopped = false;
  for (std::size_t i = 0; i < work.jobs.size(); ++i) {
    auto const& result = work.jobs[i];
    auto const& range = orders[i].lanes.front().order.wanted;
    fmt::print("{}: {} to {}: {} windows, {} bars ({} new, {} changed), {} requests, {} windows failed\n",
               orders[i].job->name, to_rfc3339(range.from), to_rfc3339(range.to), result.windows, result.bars,
               result.inserted, result.changed, result.requests, result.failed);
    print_notes(*orders[i].job, result);
    stopped |= result.ended_by && result.ended_by->kind == ErrorKind::stopped;
  }
  if (stopped) {
    fmt::print("stopped before the end: what is committed stays; the same command goes on from here\n");
  } else if (work.exit_code != ExitCode::done) {
    fmt::print(
        "not all is covered: `candled gaps` says what is missing and why; the same command tries it again\n");
  }
}

void print_error(std::string_view what) {
  static_cast<void>(std::fputs(fmt::format("candled: {}\n", what).c_str(), stderr));
}

ExitCode check_database(Config const& config) {
  auto const ready = check_schema(config.database.url);
  if (ready) return ExitCode::done;
  print_error(ready.error().what);
  return exit_code_of(ready.error().kind);
}

ExitCode check_timings(Engine const& engine) {
  auto const writable = engine.timings->check();
  if (writable) return ExitCode::done;
  print_error(fmt::format(
      "timings.csv cannot be written: {}; change timings.csv in the configuration, or the folder's "
      "permissions",
      writable.error().what));
  return ExitCode::secrets;
}

ExitCode check_performance(Engine const& engine) {
  auto const writable = engine.performance->check();
  if (writable) return ExitCode::done;
  print_error(fmt::format(
      "the record of performance cannot be written: {}; change timings.performance in the configuration, or "
      "the folder's permissions",
      writable.error().what));
  return ExitCode::secrets;
}

std::vector<Job const*> chosen_jobs(std::vector<Job> const& jobs, std::string const& name) {
  std::vector<Job const*> chosen;
  std::string known;
  for (auto const& job : jobs) {
    if (name.empty() || job.name == name) chosen.push_back(&job);
    known += (known.empty() ? "" : ", ") + job.name;
  }
  if (chosen.empty()) print_error(fmt::format("there is no job '{}'; the configuration has {}", name, known));
  return chosen;
}

Task<WorkResult> work_on(Engine& engine, std::string command, std::vector<JobOrder> orders) {
  auto ports = engine.ports();
  auto const run_id = co_await engine.store->begin_run(command, CANDLED_VERSION);
  if (!run_id) {
    print_error(run_id.error().what);
    co_return WorkResult{.jobs = {}, .exit_code = exit_code_of(run_id.error().kind)};
  }
  Run const run{.id = *run_id, .timings = *engine.timings};
  WorkResult result{.jobs = std::vector<JobResult>(orders.size())};
  bool ended = false;
  TaskGroup display{ports.loop};
  display.spawn(show_progress(engine, command, orders, ended));
  TaskGroup group{ports.loop};
  for (std::size_t i = 0; i < orders.size(); ++i)
    group.spawn(work_on_one(ports, orders[i], run, result.jobs[i]));
  co_await group.wait_all();
  ended = true;          // NOLINT(clang-analyzer-deadcode.DeadStores): the display reads it
  engine.clock->stop();  // only the display sleeps now
  co_await display.wait_all();
  co_await engine.give_back_budgets();
  result.exit_code = worst(result.jobs);
  if (auto const recorded = co_await engine.store->end_run(*run_id, static_cast<int>(result.exit_code));
      !recorded)
    log_warn("the end of the run is not recorded: {}", recorded.error().what);
  co_return result;
}

}  // namespace candled
