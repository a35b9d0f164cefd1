#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "control/metrics.hpp"

namespace candled {

namespace {

double seconds(timeval const& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// The second number of statm, in pages (proc(5)). The kernel makes these files while they are read: no disk.
std::int64_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::int64_t all = 0;
  std::int64_t resident = 0;
  statm >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::int64_t open_files() {
  std::error_code failure;
  std::filesystem::directory_iterator const files{"/proc/self/fd", failure};
  if (failure) return 0;
  return std::distance(begin(files), end(files)) - 1;  // without the one that looks
}

}  // namespace

ProcessNumbers read_process_numbers() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
          .resident_bytes = resident_bytes(),
          .open_files = open_files()};
}

}  // namespace candled
