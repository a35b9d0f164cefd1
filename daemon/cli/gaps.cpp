#include "cli/gaps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "cli/commands.hpp"
#include "cli/report_json.hpp"
#include "cli/reported_series.hpp"
#include "cli/shown_notes.hpp"
#include "cli/table.hpp"
#include "cli/work.hpp"
#include "store/reports.hpp"

namespace candled {

namespace {

// The gaps of the chosen jobs' series, and, for series that are not as far as they should be by now, what was
// never asked: the database cannot know how far a job has to reach, its calendar and history do.
std::vector<GapRow> gaps_of(JobOfProvider const& of, std::vector<CoverageRow> const& coverage,
                            std::vector<GapRow> const& known, UtcTime now) {
  auto const& [job, names] = of;
  ReportedSeries const reported{names, job.timeframe, coverage, known};
  std::vector<GapRow> gaps;
  for (auto const& ticker : job.symbols) {
    auto series = reported.of(ticker);
    for (auto& gap : reported.gaps_of(series)) {
      if (gap.reason == "never_asked") continue;
      series.parked.add(gap.range);
      gaps.push_back(std::move(gap));
    }
    for (auto const& window : windows_due(job, {series}, everything_due(job, now), now))
      gaps.push_back({.ticker = ticker,
                      .timeframe = std::string{to_string(job.timeframe)},
                      .provider = names.front(),
                      .range = window.range,
                      .reason = "never_asked",
                      .detail = "not asked yet"});
  }
  return gaps;
}

std::string text_of(std::optional<UtcTime> time) {
  return time ? to_rfc3339(*time) : "-";
}

// Never asked: with the job's next run.
std::string next_try_of(GapRow const& gap) {
  if (gap.next_try_at == when_a_person_asks) return "when a person asks";
  return gap.next_try_at ? to_rfc3339(*gap.next_try_at) : "with the next run";
}

void print_text(std::vector<GapRow> const& gaps, Options const& options) {
  if (gaps.empty()) {
    fmt::print("no gaps{}\n", options.reason.empty() ? ": everything that is due is covered"
                                                     : " of the reason " + options.reason);
    return;
  }
  std::vector<std::vector<std::string>> rows{{"TICKER", "BARS", "PROVIDER", "FROM", "UNTIL", "REASON",
                                              "FIRST SEEN", "ATTEMPTS", "NEXT TRY", "DETAIL"}};
  for (auto const& gap : gaps)
    rows.push_back({gap.ticker, gap.timeframe, gap.provider, to_rfc3339(gap.range.from),
                    to_rfc3339(gap.range.to), gap.reason, text_of(gap.first_seen),
                    std::to_string(gap.attempts), next_try_of(gap), gap.detail});
  fmt::print(
      "{}\n`candled once` asks for what was never asked and for what may be tried again; `candled repair` "
      "works "
      "all other gaps now\n",
      table(rows));
}

void print_json(std::vector<GapRow> const& gaps) {
  auto out = nlohmann::json::array();
  for (auto const& gap : gaps) out.push_back(json_of(gap));
  fmt::print("{}\n", out.dump(2));
}

}  // namespace

Result<std::vector<GapRow>> read_gaps(Secret const& url, std::vector<JobOfProvider> const& jobs,
                                      UtcTime now) {
  auto const coverage = read_coverage(url);
  if (!coverage) return std::unexpected(coverage.error());
  auto const known = read_open_gaps(url);
  if (!known) return std::unexpected(known.error());
  std::vector<GapRow> gaps;
  for (auto const& job : jobs) {
    auto const own = gaps_of(job, *coverage, *known, now);
    gaps.insert(gaps.end(), own.begin(), own.end());
  }
  std::ranges::sort(gaps, [](GapRow const& a, GapRow const& b) {
    return std::tie(a.ticker, a.provider, a.range.from, a.range.to) <
           std::tie(b.ticker, b.provider, b.range.from, b.range.to);
  });
  return gaps;
}

ExitCode gaps_command(Config const& config, Options const& options, UtcTime now) {
  auto const jobs = make_jobs(config);
  auto const chosen = chosen_jobs(jobs, options.job);
  if (chosen.empty()) return ExitCode::usage;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  std::vector<JobOfProvider> of;
  of.reserve(chosen.size());
  for (auto const* const job : chosen)
    of.push_back(
        {.job = *job,
         .provider_names =
             config.provider(config.jobs[static_cast<std::size_t>(job - jobs.data())].provider).names()});
  auto gaps = read_gaps(config.database.url, of, now);
  if (!gaps) {
    print_error(gaps.error().what);
    return exit_code_of(gaps.error().kind);
  }
  if (!options.reason.empty())
    std::erase_if(*gaps, [&](GapRow const& gap) { return gap.reason != options.reason; });
  options.output == OutputFormat::json ? print_json(*gaps) : print_text(*gaps, options);
  if (options.output != OutputFormat::json)
    if (auto const coverage = read_coverage(config.database.url))
      for (auto const& note : notes_on_shown(config, *coverage)) fmt::print("note: {}\n", note);
  return ExitCode::done;
}

}  // namespace candled
