#include "cli/performance_look.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "control/metrics.hpp"
#include "pipeline/freshness.hpp"

namespace candled {

namespace {

// proc(5): the link of a socket reads socket:[INODE].
bool is_socket(std::filesystem::directory_entry const& file) {
  std::error_code gone;
  return std::filesystem::read_symlink(file.path(), gone).string().starts_with("socket:");
}

std::int64_t open_sockets() {
  std::error_code failure;
  std::filesystem::directory_iterator const files{"/proc/self/fd", failure};
  return failure ? 0 : std::count_if(begin(files), end(files), is_socket);
}

}  // namespace

PerformanceLook performance_look(Engine const& engine, std::vector<JobSetup> const& jobs) {
  return {.connections = open_sockets(),
          .memory_bytes = read_process_numbers().resident_bytes,
          .freshness_lag = freshness_lag(engine.meters, jobs, engine.clock->now())};
}

}  // namespace candled
