#include <fmt/format.h>

#include <cerrno>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "cli/commands.hpp"
#include "cli/report_text.hpp"
#include "cli/work.hpp"
#include "core/performance_report.hpp"

namespace candled {

namespace {

constexpr int kept_files = 3;  // as CsvFile keeps them: FILE.1 is the newest

// Error: errno.
std::expected<PerformanceRecord, int> read_file(std::string const& path) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) return std::unexpected(EISDIR);
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::unexpected(errno);
  std::string const text{std::istreambuf_iterator<char>{file}, {}};
  return read_performance(text);
}

// With the files before it, as far back as `from`.
std::expected<PerformanceRecord, int> read_record(std::string const& path, UtcTime from) {
  auto record = read_file(path);
  for (int number = 1; record && number <= kept_files; ++number) {
    if (!record->rows.empty() && record->rows.front().during.from <= from) break;
    auto older = read_file(fmt::format("{}.{}", path, number));
    if (!older) break;
    older->rows.insert(older->rows.end(), record->rows.begin(), record->rows.end());
    older->unreadable_lines += record->unreadable_lines;
    record = std::move(older);
  }
  return record;
}

ExitCode refuse(std::string const& path, int code) {
  auto const what = std::generic_category().message(code);
  if (code == EACCES || code == EPERM) {
    print_error(fmt::format("{}: {}: call this as a user that may read it", path, what));
    return ExitCode::secrets;
  }
  print_error(
      fmt::format("{}: {}: `candled run` writes it, five minutes after its start for the first time; call "
                  "this in the folder in "
                  "which it runs, or name the file with --file",
                  path, what));
  return ExitCode::usage;
}

}  // namespace

ExitCode report_command(Config const& config, Options const& options, UtcTime now) {
  auto const& path = options.file.empty() ? config.timings.performance : options.file;
  if (path.empty()) {
    print_error("the configuration names no record: write timings: { csv: timings.csv }, or use --file");
    return ExitCode::usage;
  }
  TimeRange const during{.from = now - options.since, .to = now};
  auto record = read_record(path, during.from);
  if (!record) return refuse(path, record.error());
  auto const report = performance_report(std::move(*record), during, config.timings.warn);
  fmt::print("{}", options.output == OutputFormat::json ? report_json(report) : report_text(report));
  return ExitCode::done;
}

}  // namespace candled
