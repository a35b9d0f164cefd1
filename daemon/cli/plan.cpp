#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/loop.hpp"
#include "cli/reported_series.hpp"
#include "cli/work.hpp"
#include "core/token_bucket.hpp"
#include "pipeline/async.hpp"
#include "pipeline/s3_files.hpp"
#include "store/reports.hpp"

namespace candled {

namespace {

struct JobEstimate {
  JobConfig const* job;
  std::int64_t series = 0;
  FlatFilesConfig const* files = nullptr;  // of the provider; null: none are configured
  std::int64_t file_count = 0;             // day files that come first
  bool files_missing = false;              // no such folder
  std::int64_t windows = 0;
  std::int64_t requests = 0;  // at the most
  TimeRange range{};          // from the oldest window's start to the newest one's end
};

// What the database knows of the job's series, without registering new ones.
std::vector<Series> known_series(JobConfig const& job, ProviderConfig const& provider,
                                 std::vector<CoverageRow> const& coverage, std::vector<GapRow> const& gaps,
                                 UtcTime now) {
  ReportedSeries const reported{provider.names(), job.timeframe, coverage, gaps};
  std::vector<Series> all;
  for (auto const& ticker : job.symbols) {
    auto series = reported.of(ticker);
    series.id = SeriesId{static_cast<std::int32_t>(all.size())};
    for (auto const& gap : reported.gaps_of(series))
      if (gap.reason != "never_asked") (gap.next_try_at > now ? series.parked : series.again).add(gap.range);
    all.push_back(std::move(series));
  }
  return all;
}

// Without what is to be read again because it may have changed: only the database knows that.
std::vector<Window> windows_of(Job const& job, std::vector<Series> const& series, UtcTime now) {
  auto windows = windows_due(job, series, everything_due(job, now), now);
  auto const again = windows_due(job, series, order_of(Lane::repair, job, now), now);
  windows.insert(windows.end(), again.begin(), again.end());
  return windows;
}

// What the files hold is as good as covered: requests fetch the rest.
Task<Result<void>> count_files(Ports& ports, Job const& job, FlatFiles& files, std::vector<Series>& series,
                               JobEstimate& result) {
  auto const now = ports.clock.now();
  std::error_code failed;
  result.files_missing = !files.bucket && !std::filesystem::is_directory(files.root, failed);
  auto const wanted = ranges_of(windows_due(job, series, everything_due(job, now), now));
  if (auto const listed = co_await list_day_files(ports, files, job, wanted, now); !listed) co_return listed;
  for (auto const& file : day_files(files, job, wanted, now)) {
    ++result.file_count;
    for (auto& one : series) one.covered.add(file.proves);
  }
  co_return Result<void>{};
}

Task<Result<JobEstimate>> estimate(Ports& ports, Job const& job, JobConfig const& config,
                                   ProviderConfig const& provider, std::vector<CoverageRow> const& coverage,
                                   std::vector<GapRow> const& gaps) {
  auto const now = ports.clock.now();
  auto series = known_series(config, provider, coverage, gaps, now);
  JobEstimate result{.job = &config,
                     .series = static_cast<std::int64_t>(series.size()),
                     .files = provider.files ? &*provider.files : nullptr};
  if (job.source->files)
    if (auto const counted = co_await count_files(ports, job, *job.source->files, series, result); !counted)
      co_return std::unexpected(counted.error());
  auto const windows = windows_of(job, series, now);
  result.windows = static_cast<std::int64_t>(windows.size());
  result.requests = windows.empty() ? 0 : pages_at_most(job, windows);
  if (windows.empty()) co_return result;
  result.range = windows.front().range;
  for (auto const& window : windows) {
    result.range.from = std::min(result.range.from, window.range.from);
    result.range.to = std::max(result.range.to, window.range.to);
  }
  co_return result;
}

struct ProviderEstimate {
  ProviderConfig const* provider;
  std::int64_t requests = 0;
};

std::vector<ProviderEstimate> by_provider(Config const& config, std::vector<JobEstimate> const& jobs) {
  std::vector<ProviderEstimate> providers;
  for (auto const& provider : config.providers) {
    ProviderEstimate one{.provider = &provider};
    for (auto const& job : jobs)
      if (job.job->provider == provider.name) one.requests += job.requests;
    if (one.requests > 0) providers.push_back(one);
  }
  return providers;
}

void print_text(std::vector<JobEstimate> const& jobs, std::vector<ProviderEstimate> const& providers) {
  for (auto const& job : jobs) {
    if (job.files_missing)
      fmt::print("{}: there is no folder {}: without the files of {}, all is asked for\n", job.job->name,
                 job.files->root, job.files->name);
    if (job.file_count > 0)
      fmt::print("{}: {} day files of {} come first, without a request\n", job.job->name, job.file_count,
                 job.files->name);
    if (job.windows == 0) {
      fmt::print("{}: nothing {}is due\n", job.job->name, job.file_count > 0 ? "else " : "");
      continue;
    }
    fmt::print("{}: {} of {}: {} windows of {} symbols, {} to {}: at most {} requests\n", job.job->name,
               to_string(job.job->timeframe), job.job->provider, job.windows, job.series,
               to_rfc3339(job.range.from), to_rfc3339(job.range.to), job.requests);
  }
  for (auto const& one : providers) {
    auto const& limit = one.provider->rate_limit;
    fmt::print("{}: at most {} requests; at {} in {} with a burst of {} that is {}\n", one.provider->name,
               one.requests, limit.requests, to_string(limit.per), limit.burst,
               in_words(shortest_time(limit, one.requests)));
  }
  if (!providers.empty())
    fmt::print("a request brings up to 50,000 minutes or days; symbols that trade less take fewer\n");
}

void print_json(std::vector<JobEstimate> const& jobs, std::vector<ProviderEstimate> const& providers) {
  auto out = nlohmann::json{{"jobs", nlohmann::json::array()}, {"providers", nlohmann::json::array()}};
  for (auto const& job : jobs) {
    nlohmann::json one{{"job", job.job->name},
                       {"provider", job.job->provider},
                       {"timeframe", to_string(job.job->timeframe)},
                       {"symbols", job.series},
                       {"windows", job.windows},
                       {"files", job.file_count},
                       {"requests_at_most", job.requests}};
    if (job.windows > 0) one["from"] = to_rfc3339(job.range.from), one["to"] = to_rfc3339(job.range.to);
    out["jobs"].push_back(std::move(one));
  }
  for (auto const& one : providers)
    out["providers"].push_back(
        {{"provider", one.provider->name},
         {"requests_at_most", one.requests},
         {"milliseconds", shortest_time(one.provider->rate_limit, one.requests).count()}});
  fmt::print("{}\n", out.dump(2));
}

Task<ExitCode> plan(Engine& engine, Config const& config, Options const& options,
                    std::vector<Job const*> const& jobs) {
  auto ports = engine.ports();
  auto const coverage = read_coverage(config.database.url);
  auto const gaps = coverage ? read_open_gaps(config.database.url) : Result<std::vector<GapRow>>{};
  if (!coverage || !gaps) {
    auto const& error = coverage ? gaps.error() : coverage.error();
    print_error(error.what);
    co_return exit_code_of(error.kind);
  }
  std::vector<JobEstimate> estimates;
  for (auto const* const job : jobs) {
    auto const& of_job = config.jobs[static_cast<std::size_t>(job - engine.jobs.data())];
    auto estimated =
        co_await estimate(ports, *job, of_job, config.provider(of_job.provider), *coverage, *gaps);
    if (!estimated) {
      print_error(estimated.error().what);
      co_return exit_code_of(estimated.error().kind);
    }
    estimates.push_back(*estimated);
  }
  auto const providers = by_provider(config, estimates);
  options.output == OutputFormat::json ? print_json(estimates, providers) : print_text(estimates, providers);
  co_return ExitCode::done;
}

}  // namespace

// The budget is not touched: only a bucket of day files is asked, for its list.
ExitCode plan_command(Engine& engine, Config const& config, Options const& options) {
  auto const chosen = chosen_jobs(engine.jobs, options.job);
  if (chosen.empty()) return ExitCode::usage;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  return run_on_loop(engine, plan(engine, config, options, chosen));
}

}  // namespace candled
