#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "config/describe.hpp"
#include "config/estimate.hpp"

namespace candled {

namespace {

void print_text(Config const& config, MemoryBound const& memory,
                std::vector<RequestEstimate> const& requests) {
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
  fmt::print("the configuration is good\n");
}

void print_json(MemoryBound const& memory, std::vector<RequestEstimate> const& requests) {
  nlohmann::json out{{"memory_bytes_at_most", memory.bytes}, {"providers", nlohmann::json::array()}};
  for (auto const& one : requests)
    out["providers"].push_back({{"provider", one.provider},
                                {"requests_a_day", one.per_day},
                                {"allowed_a_day", one.allowed_per_day},
                                {"share_when_open", one.share_when_open}});
  fmt::print("{}\n", out.dump(2));
}

}  // namespace

ExitCode check_command(Config const& config, Options const& options) {
  auto const memory = memory_bound(config);
  auto const requests = requests_per_day(config);
  options.output == OutputFormat::json ? print_json(memory, requests) : print_text(config, memory, requests);
  return ExitCode::done;
}

}  // namespace candled
