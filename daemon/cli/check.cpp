#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/engine.hpp"
#include "config/describe.hpp"
#include "config/estimate.hpp"

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

void print_text(Config const& config, MemoryBound const& memory, std::vector<RequestEstimate> const& requests,
                UtcTime now) {
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
  fmt::print("the configuration is good\n");
}

void print_json(Config const& config, MemoryBound const& memory, std::vector<RequestEstimate> const& requests,
                UtcTime now) {
  nlohmann::json out{{"memory_bytes_at_most", memory.bytes},
                     {"providers", nlohmann::json::array()},
                     {"kept_from", nlohmann::json::object()}};
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
  options.output == OutputFormat::json ? print_json(config, memory, requests, now)
                                       : print_text(config, memory, requests, now);
  return ExitCode::done;
}

}  // namespace candled
