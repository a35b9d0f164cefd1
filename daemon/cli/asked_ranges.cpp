#include "cli/asked_ranges.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/work.hpp"

namespace candled {

namespace {

// Two dates include both days; two times are half-open; without them it is all that is due. Never beyond what
// is final.
TimeRange range_of(Job const& job, Options const& options, UtcTime now) {
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

std::expected<std::vector<AskedRange>, std::string> ranges_of(std::vector<Job const*> const& named,
                                                              Options const& options, UtcTime now) {
  std::vector<Job> jobs;
  for (auto const* const job : named) {
    auto chosen = *job;
    chosen.symbols = chosen_symbols(*job, options.symbols);
    if (!chosen.symbols.empty()) jobs.push_back(std::move(chosen));
  }
  auto const unknown = unknown_symbols(jobs, options.symbols);
  if (!unknown.empty())
    return std::unexpected(fmt::format(
        "no job has the symbols {}: add them to a job's symbols, or mend the spelling (case matters)",
        fmt::join(unknown, ", ")));
  std::vector<AskedRange> asked;
  for (auto& job : jobs) {
    auto const range = range_of(job, options, now);
    if (range.empty())
      return std::unexpected(fmt::format("{}: no bar from {} on is closed yet: let the range begin earlier",
                                         job.name, to_rfc3339(range.from)));
    asked.push_back({.job = std::move(job), .range = range});
  }
  return asked;
}

std::vector<AskedRange> asked_of(std::vector<Job> const& all, Options const& options, UtcTime now) {
  auto const named = chosen_jobs(all, options.job);
  if (named.empty()) return {};
  auto asked = ranges_of(named, options, now);
  if (asked) return std::move(*asked);
  print_error(asked.error());
  return {};
}

}  // namespace candled
