#include "pipeline/s3_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <system_error>

#include "core/retry.hpp"
#include "pipeline/async.hpp"
#include "pipeline/flat_file_reader.hpp"
#include "pipeline/log.hpp"
#include "provider/s3_bucket.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr Milliseconds list_is_good_for = 5min;
constexpr Milliseconds refusal_stands_for = 15min;
// A year has 366 files, and a page 1,000: more pages than this do not come to an end.
constexpr int pages_max = 100;
// A day of minutes of all US shares has 30 MB.
constexpr std::size_t file_bytes_max = std::size_t{1} << 30U;

std::unexpected<Error> park(Ports& ports, S3Bucket& bucket, Error error) {
  log_error("{}; not asked again for {}: until then what these files would fill is left as it is", error.what,
            in_words(refusal_stands_for));
  bucket.refusal = {.error = error, .until = ports.clock.ticks() + refusal_stands_for};
  return std::unexpected(std::move(error));
}

// Says that the request failed, and sleeps until it may be made again; without another try, the error.
Task<Result<void>> wait_for_retry(Ports& ports, S3Bucket const& bucket, Error error, Tries tries) {
  if (!may_try_again(bucket.retry, error.kind, tries)) co_return std::unexpected(std::move(error));
  auto const delay = delay_before_retry(bucket.retry, error, tries.all - 1, ports.random.next());
  log_warn("{}: asks again in {}", error.what, in_words(delay));
  ++ports.progress.retries;
  ports.told();
  co_return co_await ports.clock.sleep_until(ports.clock.ticks() + delay, ports.sign);
}

// Asks until an answer is good, as the retry policy has it. `request` is made anew for each try; all
// arguments must outlive the task.
Task<Result<HttpResponse>> ask(Ports& ports, FlatFiles& files, std::function<HttpRequest()> const& request) {
  auto& bucket = *files.bucket;
  if (bucket.refusal && ports.clock.ticks() < bucket.refusal->until)
    co_return std::unexpected(bucket.refusal->error);
  for (Tries tries;;) {
    auto response = co_await bucket.http->get(request());
    auto error = response ? s3_refusal(bucket.place, *response) : std::optional{response.error()};
    if (!error) co_return response;
    error->what = fmt::format("{}: {}", files.name, error->what);
    ++tries.all;
    if (error->kind == ErrorKind::malformed) ++tries.malformed;
    if (error->kind == ErrorKind::key_refused || error->kind == ErrorKind::remote_refused)
      co_return park(ports, bucket, *error);
    if (auto const slept = co_await wait_for_retry(ports, bucket, *std::move(error), tries); !slept)
      co_return std::unexpected(slept.error());
  }
}

Task<Result<void>> list(Ports& ports, FlatFiles& files, std::string const& folder) {
  auto& bucket = *files.bucket;
  auto const known = bucket.folders.find(folder);
  if (known != bucket.folders.end() && ports.clock.ticks() < known->second.listed_at + list_is_good_for)
    co_return Result<void>{};
  S3Bucket::Folder found{.versions = {}, .listed_at = ports.clock.ticks()};
  std::string cursor;
  for (int page_count = 0; page_count < pages_max; ++page_count) {
    std::function<HttpRequest()> const request = [&] {
      return s3_list_request(bucket.place, folder, cursor);
    };
    auto const response = co_await ask(ports, files, request);
    if (!response && response.error().kind == ErrorKind::not_entitled)
      co_return park(ports, bucket, response.error());
    if (!response) co_return std::unexpected(response.error());
    auto page = parse_s3_list(bucket.place, response->body);
    if (!page) co_return fail(page.error().kind, fmt::format("{}: {}", files.name, page.error().what));
    found.versions.merge(page->versions);
    cursor = std::move(page->cursor);
    if (cursor.empty()) {
      bucket.folders[folder] = std::move(found);
      co_return Result<void>{};
    }
  }
  co_return fail(ErrorKind::malformed,
                 fmt::format("{}: the list of {} does not come to an end", files.name, folder));
}

// Where the system keeps what is short-lived. Without a name: whatever ends us, nothing is left behind.
Result<DayFileContent> temporary_file() {
  std::error_code failed;
  auto const folder = std::filesystem::temp_directory_path(failed);
  auto path = (failed ? std::filesystem::path{"/tmp"} : folder) / "candled-XXXXXX";
  auto name = path.string();
  int const descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) {
    std::error_code const why{errno, std::generic_category()};
    return fail(ErrorKind::transport,
                fmt::format("no temporary file can be made in {}: {}; set TMPDIR to a folder "
                            "with room",
                            path.parent_path().string(), why.message()));
  }
  unlink(name.c_str());
  return DayFileContent{fdopen(descriptor, "w+"), &std::fclose};
}

Task<Result<DayFileContent>> download(Ports& ports, FlatFiles& files, DayFile const& file) {
  auto content = temporary_file();
  if (!content) co_return content;
  auto* const target = content->get();
  std::size_t size = 0;
  bool whole = true;
  bool kept = true;
  auto const take = [&](std::string_view bytes) {
    size += bytes.size();
    whole = size <= file_bytes_max;
    kept = kept && std::fwrite(bytes.data(), 1, bytes.size(), target) == bytes.size();
    return whole && kept && !ports.stopping();
  };
  std::function<HttpRequest()> const request = [&] {
    kept = kept && std::fseek(target, 0, SEEK_SET) == 0;
    size = 0;
    auto made = s3_object_request(files.bucket->place, file.key);
    made.take_body = take;
    return made;
  };
  auto const response = co_await ask(ports, files, request);
  auto const named = [&](ErrorKind kind, std::string_view what) {
    return fail(kind, fmt::format("{}/{}: {}", files.root, file.key, what));
  };
  if (!whole) co_return named(ErrorKind::malformed, fmt::format("larger than {} bytes", file_bytes_max));
  // The list showed it. What a plan does not reach back to is in the list, too.
  if (!response && response.error().kind == ErrorKind::not_entitled)
    co_return named(ErrorKind::malformed, response.error().what);
  if (!response && kept) co_return std::unexpected(response.error());
  // A try before may have brought more.
  if (!kept || std::fflush(target) != 0 || ftruncate(fileno(target), static_cast<off_t>(size)) != 0)
    co_return named(ErrorKind::transport,
                    "cannot be kept in the temporary folder; set TMPDIR to one with room");
  co_return content;
}

}  // namespace

Task<Result<void>> list_day_files(Ports& ports, FlatFiles& files, Job const& job, RangeSet const& wanted,
                                  UtcTime now) {
  if (!files.bucket) co_return Result<void>{};
  std::set<std::string> folders;
  auto const zone = job.calendar.zone();
  for (auto const& range : wanted.ranges()) {
    auto const last = zone.date_at(std::min(range.to, now) - Milliseconds{1});
    for (auto year = zone.date_at(range.from).year(); year <= last.year(); ++year)
      if (auto const folder = flat_file_folder(files.asset_class, job.timeframe, year))
        folders.insert(*folder);
  }
  for (auto const& folder : folders)
    if (auto const listed = co_await list(ports, files, folder); !listed) co_return listed;
  co_return Result<void>{};
}

Task<Result<DayFileContent>> open_day_file(Ports& ports, FlatFiles& files, DayFile const& file) {
  if (files.bucket) co_return co_await download(ports, files, file);
  auto const path = files.root + "/" + file.key;
  DayFileContent content{std::fopen(path.c_str(), "rbe"), &std::fclose};
  if (!content) co_return fail(ErrorKind::malformed, fmt::format("{}: cannot be read", path));
  co_return content;
}

}  // namespace candled
