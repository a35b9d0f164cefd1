#include "cli/asked_work.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace candled {

namespace {

// The symbols that were asked for, as this job has them. Empty: it has none of them.
std::vector<std::string> chosen_symbols(Job const& job, std::vector<std::string> const& asked) {
  if (asked.empty()) return job.symbols;
  std::vector<std::string> chosen;
  for (auto const& symbol : job.symbols)
    if (std::ranges::find(asked, symbol) != asked.end()) chosen.push_back(symbol);
  return chosen;
}

// Symbols that no chosen job has: a typo, or a symbol to add to the configuration.
std::vector<std::string> unknown_symbols(std::vector<Job> const& jobs,
                                         std::vector<std::string> const& asked) {
  auto unknown = asked;
  for (auto const& job : jobs)
    std::erase_if(unknown,
                  [&](auto const& one) { return std::ranges::find(job.symbols, one) != job.symbols.end(); });
  return unknown;
}

}  // namespace

std::expected<std::vector<Job>, ExitCode> asked_jobs(Engine const& engine, Options const& options) {
  auto const named = chosen_jobs(engine.jobs, options.job);
  if (named.empty()) return std::unexpected(ExitCode::usage);
  std::vector<Job> jobs;
  for (auto const* const job : named) {
    auto chosen = *job;
    chosen.symbols = chosen_symbols(*job, options.symbols);
    if (!chosen.symbols.empty()) jobs.push_back(std::move(chosen));
  }
  auto const unknown = unknown_symbols(jobs, options.symbols);
  if (!unknown.empty())
    print_error(fmt::format(
        "no job has the symbols {}: add them to a job's symbols, or mend the spelling (case matters)",
        fmt::join(unknown, ", ")));
  if (jobs.empty() || !unknown.empty()) return std::unexpected(ExitCode::usage);
  return jobs;
}

TimeRange asked_range(Job const& job, Options const& options, UtcTime now) {
  auto const due = everything_due(job, now).wanted;
  if (!options.from) return due;
  auto const zone = job.calendar.zone();
  TimeRange range{};
  if (auto const* const day = std::get_if<Date>(&*options.from)) {
    range = {.from = zone.at(*day, Milliseconds{0}),
             .to = zone.at(next_day(std::get<Date>(*options.to)), Milliseconds{0})};
  } else {
    range = {.from = std::get<UtcTime>(*options.from), .to = std::get<UtcTime>(*options.to)};
  }
  range.to = std::min(range.to, due.to);
  return range;
}

void print_asked_work(WorkResult const& work, std::vector<JobOrder> const& orders) {
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

}  // namespace candled
