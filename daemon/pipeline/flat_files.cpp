#include "pipeline/flat_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "pipeline/flat_file_reader.hpp"
#include "pipeline/s3_files.hpp"

namespace candled {

namespace {

TimeRange day_of(Zone zone, Date date) {
  return {.from = zone.at(date, Milliseconds{0}), .to = zone.at(next_day(date), Milliseconds{0})};
}

// Empty: there is no such file.
std::string version_of(FlatFiles const& files, std::string const& key, std::chrono::year year,
                       Timeframe timeframe) {
  if (!files.bucket) return file_version(files.root + "/" + key);
  auto const folder = files.bucket->folders.find(*flat_file_folder(files.asset_class, timeframe, year));
  if (folder == files.bucket->folders.end()) return "";
  auto const version = folder->second.versions.find(key);
  return version == folder->second.versions.end() ? "" : version->second;
}

// Whether a bar of `wanted` can exist on the day. On a day that the calendar calls closed, whatever is wanted
// of it can: the file knows better.
bool wants(RangeSet const& wanted, TimeRange day, Calendar const& calendar, bool open) {
  return std::ranges::any_of(wanted.ranges(), [&](TimeRange range) {
    auto const part = intersection(range, day);
    return !part.empty() && (!open || calendar.trades_in(part));
  });
}

// Whether no market trades on that day, by rules that hold everywhere. What only the operator's overrides
// call closed is no such day: its file may still come.
bool is_closed_by_rule(Calendar const& calendar, TimeRange day) {
  return !calendar.trades_in(day) && !Calendar{calendar.kind()}.trades_in(day);
}

}  // namespace

std::vector<DayFile> day_files(FlatFiles const& files, Job const& job, RangeSet const& wanted, UtcTime now) {
  std::vector<DayFile> found;
  std::error_code failed;
  if (wanted.empty() || !flat_file_key(files.asset_class, job.timeframe, Date{}) ||
      (!files.bucket && !std::filesystem::is_directory(files.root, failed)))
    return found;
  auto const zone = job.calendar.zone();
  auto const last = wanted.ranges().back().to - Milliseconds{1};
  auto closed_since = UtcTime::max();  // of closed days without a file; max: the last day was none
  for (auto date = zone.date_at(wanted.ranges().front().from); zone.at(date, Milliseconds{0}) <= last;
       date = next_day(date)) {
    auto const day = day_of(zone, date);
    if (day.to > now) break;
    bool const open = job.calendar.trades_in(day);
    auto const key = *flat_file_key(files.asset_class, job.timeframe, date);
    auto version =
        wants(wanted, day, job.calendar, open) ? version_of(files, key, date.year(), job.timeframe) : "";
    if (!version.empty())
      found.push_back({.key = key,
                       .day = day,
                       .proves = {.from = std::min(closed_since, day.from), .to = day.to},
                       .version = std::move(version)});
    bool const has_file = !found.empty() && found.back().day == day;
    bool const nothing_to_know = !has_file && is_closed_by_rule(job.calendar, day);
    closed_since = nothing_to_know ? std::min(closed_since, day.from) : UtcTime::max();
  }
  return found;
}

std::string file_version(std::string const& path) {
  int const file = open(path.c_str(), O_RDONLY | O_CLOEXEC);  // NOLINT(cppcoreguidelines-pro-type-vararg): C
  if (file < 0) return "";
  std::string version;
  struct stat status{};
  std::array<unsigned char, 8> end{};  // RFC 1952: CRC-32 and length
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
    auto const length = static_cast<off_t>(end.size());
    if (pread(file, end.data(), end.size(), std::max<off_t>(0, status.st_size - length)) >= 0) {
      version = fmt::format("{}-{}.{:09}-", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
      for (auto const byte : end) version += fmt::format("{:02x}", byte);
    }
  }
  close(file);
  return version;
}

RangeSet ranges_of(std::vector<Window> const& windows) {
  RangeSet ranges;
  for (auto const& window : windows) ranges.add(window.range);
  return ranges;
}

}  // namespace candled
