#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/engine.hpp"
#include "cli/shown_notes.hpp"
#include "config/describe.hpp"
#include "config/estimate.hpp"
#include "store/migrator.hpp"
#include "store/reports.hpp"

namespace candled {

namespace {

// What the retention of jobs will drop.
void print_retention(Config const& config, UtcTime now) {
  std::vector<std::string> for_ever;
  bool some = false;
  for (auto const& job : make_jobs(config)) {
    auto const kept = kept_from(job, now);
    if (!kept) {
      for_ever.push_back(job.name);
      continue;
    }
    some = true;
    fmt::print(
        "{}: bars before {} are dropped (retention: {}y): `once` and the daemon drop a year as a whole, once "
        "no "
        "series keeps a bar of it\n",
        job.name, to_string(job.calendar.zone().date_at(*kept)), job.retention_years);
  }
  if (some && !for_ever.empty())
    fmt::print("note: without a retention: {}; a year in which they have a bar stays whole\n",
               fmt::join(for_ever, ", "));
}

// What the configuration and the database say together, if that can be reached: nothing of it makes a
// configuration a bad one.
std::vector<std::string> notes_on(Config const& config) {
  auto notes = notes_on_jobs(config);
  auto const add = [&](std::vector<std::string> const& more) {
    notes.insert(notes.end(), more.begin(), more.end());
  };
  if (!check_schema(config.database.url)) {
    notes.emplace_back(
        "what the database holds was not compared: it is not there, or not as this candled needs it");
    return notes;
  }
  if (auto const providers = read_providers(config.database.url)) add(notes_on_providers(config, *providers));
  if (auto const coverage = read_coverage(config.database.url)) add(notes_on_shown(config, *coverage));
  return notes;
}

void print_text(Config const& config, MemoryBound const& memory, std::vector<RequestEstimate> const& requests,
                std::vector<std::string> const& notes, UtcTime now) {
  for (auto const& line : describe(config)) fmt::print("{}\n", line);
  fmt::print("\nmemory for bars: at most {:.0f} MiB: {}\n",
             static_cast<double>(memory.bytes) / (1024.0 * 1024.0), memory.explanation);
  for (auto const& one : requests) {
    fmt::print("{}: {} requests a day by schedule, {} allowed\n", one.provider, one.per_day,
               one.allowed_per_day);
    if (one.share_when_open > 1.0)
      fmt::print(
          "warning: {}: while the markets are open the schedules ask for {:.0f} % of what the limit allows: "
          "runs "
          "will fall behind; raise `every`, or have fewer symbols\n",
          one.provider, one.share_when_open * 100);
  }
  print_retention(config, now);
  for (auto const& note : notes) fmt::print("note: {}\n", note);
  fmt::print("the configuration is good\n");
}

void print_json(Config const& config, MemoryBound const& memory, std::vector<RequestEstimate> const& requests,
                std::vector<std::string> const& notes, UtcTime now) {
  nlohmann::json out{{"memory_bytes_at_most", memory.bytes},
                     {"providers", nlohmann::json::array()},
                     {"kept_from", nlohmann::json::object()},
                     {"notes", notes}};
  for (auto const& job : make_jobs(config))
    if (auto const kept = kept_from(job, now)) out["kept_from"][job.name] = to_rfc3339(*kept);
  for (auto const& one : requests)
    out["providers"].push_back({{"provider", one.provider},
                                {"requests_a_day", one.per_day},
                                {"allowed_a_day", one.allowed_per_day},
                                {"share_when_open", one.share_when_open}});
  fmt::print("{}\n", out.dump(2));
}

}  // namespace

ExitCode check_command(Config const& config, Options const& options, UtcTime now) {
  auto const memory = memory_bound(config);
  auto const requests = requests_per_day(config);
  auto const notes = notes_on(config);
  options.output == OutputFormat::json ? print_json(config, memory, requests, notes, now)
                                       : print_text(config, memory, requests, notes, now);
  return ExitCode::done;
}

}  // namespace candled
