#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_set>

#include "cli/commands.hpp"
#include "cli/live_status.hpp"
#include "cli/report_json.hpp"
#include "cli/shown_notes.hpp"
#include "cli/table.hpp"
#include "cli/work.hpp"
#include "core/gap_reason.hpp"
#include "core/horizon.hpp"
#include "store/reports.hpp"

namespace candled {

namespace {

constexpr int batches_shown = 10;

// A job's series in one line: what a person looks at first.
struct JobStatus {
  JobConfig const* job;
  std::int64_t covered = 0;              // series that reach as far as the job's best one
  std::optional<UtcTime> covered_until;  // of the series that lags most; nullopt: one has nothing yet
  std::optional<UtcTime> last_bar_at;    // newest of all
  std::int64_t rejected = 0;
  std::int64_t revisions = 0;
  std::int64_t gaps = 0;
  UtcTime due_until{};  // where coverage should be by now
  // Those that were refused history which another of their provider, timeframe and class was given.
  std::vector<std::string> short_of_history = {};
};

struct Account {
  std::vector<CoverageRow> coverage;
  std::vector<GapRow> gaps;
  std::vector<BatchRow> batches;
  std::vector<RunRow> run;  // the daemon's last start, if any
  LiveStatus live;
};

Result<Account> read_account(Secret const& url) {
  auto coverage = read_coverage(url);
  if (!coverage) return std::unexpected(coverage.error());
  auto gaps = read_open_gaps(url);
  if (!gaps) return std::unexpected(gaps.error());
  auto batches = read_last_batches(url, batches_shown);
  if (!batches) return std::unexpected(batches.error());
  auto run = read_last_run(url);
  if (!run) return std::unexpected(run.error());
  auto live = read_live_status(url);
  if (!live) return std::unexpected(live.error());
  return Account{.coverage = std::move(*coverage),
                 .gaps = std::move(*gaps),
                 .batches = std::move(*batches),
                 .run = std::move(*run),
                 .live = std::move(*live)};
}

// The job's symbols whose history is shorter than that of others like them, of all jobs with its provider and
// timeframe.
std::vector<std::string> short_of_history(JobConfig const& config, Account const& account) {
  auto const is_alike = [&, timeframe = to_string(config.timeframe)](auto const& row) {
    return row.provider == config.provider && row.timeframe == timeframe;
  };
  std::map<std::string_view, UtcTime> refused_until;
  for (auto const& gap : account.gaps)
    if (is_alike(gap) && gap.reason == to_string(GapReason::horizon))
      refused_until[gap.ticker] = std::max(refused_until[gap.ticker], gap.range.to);
  std::vector<std::string> tickers;
  std::vector<Reach> reaches;
  for (auto const& row : account.coverage) {
    if (!is_alike(row)) continue;
    Reach reach{.kind = kind_of(row.ticker)};
    if (!row.covered.empty()) reach.given_from = row.covered.ranges().front().from;
    if (auto const found = refused_until.find(row.ticker); found != refused_until.end())
      reach.refused_until = found->second;
    tickers.push_back(row.ticker);
    reaches.push_back(reach);
  }
  std::unordered_set<std::string_view> const symbols{config.symbols.begin(), config.symbols.end()};
  std::vector<std::string> found;
  for (auto const place : shorter_than_others(reaches))
    if (symbols.contains(tickers[place])) found.push_back(tickers[place]);
  return found;
}

JobStatus status_of(Job const& job, JobConfig const& config, ProviderConfig const& provider,
                    Account const& account, UtcTime now) {
  JobStatus status{.job = &config, .due_until = everything_due(job, now).wanted.to};
  std::unordered_set<std::string_view> const symbols{config.symbols.begin(), config.symbols.end()};
  auto const belongs = [&, names = provider.names(),
                        timeframe = to_string(config.timeframe)](auto const& row) {
    return std::ranges::find(names, row.provider) != names.end() && row.timeframe == timeframe &&
           symbols.contains(row.ticker);
  };
  std::int64_t with_coverage = 0;
  for (auto const& row : account.coverage) {
    if (!belongs(row)) continue;
    status.rejected += row.rejected;
    status.revisions += row.revisions;
    status.last_bar_at = std::max(status.last_bar_at, row.last_bar_at);
    if (row.covered.empty()) continue;
    ++with_coverage;
    auto const until = row.covered.ranges().back().to;
    if (until >= status.due_until) ++status.covered;
    status.covered_until = std::min(status.covered_until.value_or(until), until);
  }
  if (with_coverage < static_cast<std::int64_t>(config.symbols.size())) status.covered_until.reset();
  status.gaps = std::ranges::count_if(account.gaps, belongs);
  status.short_of_history = short_of_history(config, account);
  return status;
}

std::string text_of(std::optional<UtcTime> time) {
  return time ? to_rfc3339(*time) : "-";
}

// What configuration the daemon works with. A daemon that has ended works with none.
std::string text_of(std::vector<RunRow> const& runs) {
  if (runs.empty() || runs.front().ended_at) return "";
  auto const& run = runs.front();
  auto text = fmt::format("\nthe daemon's configuration is of {}\n",
                          to_rfc3339(run.config_loaded_at.value_or(run.started_at)));
  if (!run.config_error.empty()) text += fmt::format("it could not be loaded again:\n{}\n", run.config_error);
  return text;
}

void print_text(std::vector<JobStatus> const& jobs, Account const& account,
                std::vector<std::string> const& notes) {
  std::vector<std::vector<std::string>> rows{{"JOB", "BARS", "SYMBOLS", "UP TO DATE", "ALL COVERED UNTIL",
                                              "DUE UNTIL", "NEWEST BAR", "GAPS", "REJECTED", "REVISED"}};
  for (auto const& one : jobs)
    rows.push_back({one.job->name, std::string{to_string(one.job->timeframe)},
                    std::to_string(one.job->symbols.size()), std::to_string(one.covered),
                    text_of(one.covered_until), to_rfc3339(one.due_until), text_of(one.last_bar_at),
                    std::to_string(one.gaps), std::to_string(one.rejected), std::to_string(one.revisions)});
  fmt::print("{}", table(rows));
  for (auto const& one : jobs)
    if (auto const& symbols = one.short_of_history; !symbols.empty())
      fmt::print(
          "\n{}: {} was refused history that other symbols of {} were given: `candled gaps` says from when "
          "on; "
          "`candled repair --job {} --symbols {}` asks again\n",
          one.job->name, some_of(symbols), one.job->provider, one.job->name, symbols.front());
  fmt::print("{}{}", text_of(account.run), text_of(account.live));
  for (auto const& note : notes) fmt::print("note: {}\n", note);
  if (account.batches.empty()) return;
  rows = {{"LAST BATCHES", "JOB", "BARS", "SYMBOLS", "REQUESTS", "RECEIVED", "NEW", "CHANGED", "TOOK",
           "OUTCOME"}};
  for (auto const& batch : account.batches)
    rows.push_back({to_rfc3339(batch.started_at), batch.job, batch.timeframe, std::to_string(batch.symbols),
                    std::to_string(batch.requests), std::to_string(batch.bars),
                    std::to_string(batch.inserted), std::to_string(batch.changed), in_words(batch.total),
                    batch.outcome});
  fmt::print("\n{}", table(rows));
}

void print_json(std::vector<JobStatus> const& jobs, Account const& account,
                std::vector<std::string> const& notes) {
  auto out = nlohmann::json{{"jobs", nlohmann::json::array()}, {"batches", nlohmann::json::array()}};
  for (auto const& one : jobs)
    out["jobs"].push_back({{"job", one.job->name},
                           {"timeframe", to_string(one.job->timeframe)},
                           {"symbols", one.job->symbols.size()},
                           {"up_to_date", one.covered},
                           {"covered_until", json_of(one.covered_until)},
                           {"due_until", to_rfc3339(one.due_until)},
                           {"last_bar_at", json_of(one.last_bar_at)},
                           {"gaps", one.gaps},
                           {"rejected", one.rejected},
                           {"revisions", one.revisions},
                           {"short_of_history", one.short_of_history}});
  for (auto const& batch : account.batches) out["batches"].push_back(json_of(batch));
  out["daemon"] = nlohmann::json();
  if (!account.run.empty()) out["daemon"] = json_of(account.run.front());
  out["notes"] = notes;
  add_json(out, account.live);
  fmt::print("{}\n", out.dump(2));
}

}  // namespace

ExitCode status_command(Config const& config, Options const& options, UtcTime now) {
  auto const jobs = make_jobs(config);
  auto const chosen = chosen_jobs(jobs, options.job);
  if (chosen.empty()) return ExitCode::usage;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  auto const account = read_account(config.database.url);
  if (!account) {
    print_error(account.error().what);
    return exit_code_of(account.error().kind);
  }
  std::vector<JobStatus> statuses;
  statuses.reserve(chosen.size());
  for (auto const* const job : chosen) {
    auto const& of = config.jobs[static_cast<std::size_t>(job - jobs.data())];
    statuses.push_back(status_of(*job, of, config.provider(of.provider), *account, now));
  }
  auto const notes = notes_on_shown(config, account->coverage);
  options.output == OutputFormat::json ? print_json(statuses, *account, notes)
                                       : print_text(statuses, *account, notes);
  return ExitCode::done;
}

}  // namespace candled
