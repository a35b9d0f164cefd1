#include "pipeline/run_files.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstdio>
#include <string>

#include "core/check_bars.hpp"
#include "core/failpoint.hpp"
#include "pipeline/async.hpp"
#include "pipeline/flat_file_reader.hpp"
#include "pipeline/loader.hpp"
#include "pipeline/log.hpp"
#include "pipeline/s3_files.hpp"

namespace candled {

namespace {

// About 5 ms of work: so long the loop waits.
constexpr std::size_t part_bytes = std::size_t{64} << 10U;
// Their bars of one file are in memory at once: 15 MiB at the most that trading hours allow. More symbols
// read the file again.
constexpr std::size_t series_at_once = 250;
// As with a page: more is not a bad day but a broken file.
constexpr std::size_t impossible_bars_max = 1'000;

// What a file is read for: a series, under the name that it had on the file's day.
struct Wanted {
  Series const* series;
  Name name;
};

class FilesRun {
 public:
  FilesRun(Ports& ports, Job const& job, std::vector<Series> const& series, Take take)
      : ports_(ports), job_(job), files_(*job.source->files), series_(series), take_(take), loader_(ports) {}

  Task<FilesResult> run(std::span<DayFile const> files);

 private:
  // Error: malformed, when the file is broken; else what ends the run.
  Task<Result<void>> read(DayFile const& file);
  Task<Result<void>> read(DayFile const& file, std::FILE& content, std::span<Wanted const> wanted);
  Task<Result<void>> decode(DayFile const& file, std::FILE& content, FlatFileReader& reader);
  Result<std::vector<CheckReport>> checked(DayFile const& file, std::span<std::string const> tickers,
                                           FlatFileReader& reader);
  Task<Result<void>> load(Wanted const& wanted, RangeSet proven, std::vector<Bar> bars,
                          std::vector<FailedBar> impossible);
  UtcTime end_of_last(std::vector<Bar> const& bars, TimeRange day) const;
  bool takes(Series const& series, UtcTime start) const;
  void fill_record(std::size_t files, SteadyTime started);

  Ports& ports_;
  Job const& job_;
  FlatFiles& files_;
  std::vector<Series> const& series_;
  Take take_;
  std::int64_t holes_ = 0;  // times of bars that cannot be true: the API is asked for them
  Loader loader_;
  std::chrono::nanoseconds parse_{0};
  std::chrono::nanoseconds validate_{0};
  FilesResult result_;
};

Task<FilesResult> FilesRun::run(std::span<DayFile const> files) {
  auto const started = ports_.clock.ticks();
  auto& batch = result_.batch;
  batch.record.started_at = ports_.clock.now();
  ports_.progress.windows += static_cast<std::int64_t>(files.size());
  for (auto const& file : files) {
    if (ports_.stopping()) break;
    auto const read_it = co_await read(file);
    ++ports_.progress.windows_done;
    ports_.told();
    failpoint("flat_file_taken");
    if (read_it) {
      result_.read.push_back({.key = file.key, .version = file.version});
    } else if (read_it.error().kind == ErrorKind::malformed) {
      ++result_.broken;
      files_.broken[file.key] = file.version;
      log_warn("{}: {}: left out, nothing of it is stored: {} is asked for this day instead", job_.name,
               read_it.error().what, job_.source->name);
    } else {
      batch.ended_by = read_it.error();
      break;
    }
  }
  set_stage(ports_, Stage::loading);
  if (auto const stored = co_await loader_.finish(); !stored) {
    if (!batch.ended_by) batch.ended_by = stored.error();
    result_.read.clear();  // which of them are wholly committed is not known
  }
  if (ports_.stopping() && !batch.ended_by)
    batch.ended_by = Error{.kind = ErrorKind::stopped, .what = "stopped"};
  fill_record(files.size(), started);
  co_return std::move(result_);
}

Task<Result<void>> FilesRun::read(DayFile const& file) {
  std::vector<Wanted> wanted;
  for (auto const& series : series_)
    if (take_ == Take::everything || !series.covered.contains(file.day))
      if (auto name = name_at(series, file.day.from)) wanted.push_back({&series, *std::move(name)});
  if (wanted.empty()) co_return Result<void>{};
  auto const content = co_await open_day_file(ports_, files_, file);
  if (!content) co_return std::unexpected(content.error());
  for (std::size_t first = 0; first < wanted.size(); first += series_at_once) {
    auto const count = std::min(series_at_once, wanted.size() - first);
    auto const done = co_await read(file, **content, std::span{wanted}.subspan(first, count));
    if (!done) co_return std::unexpected(done.error());
  }
  co_return Result<void>{};
}

Task<Result<void>> FilesRun::read(DayFile const& file, std::FILE& content, std::span<Wanted const> wanted) {
  std::vector<std::string> tickers;
  tickers.reserve(wanted.size());
  for (auto const& one : wanted) tickers.push_back(one.name.ticker);
  FlatFileReader reader{files_.root + "/" + file.key, tickers, file.day};
  if (auto const whole = co_await decode(file, content, reader); !whole)
    co_return std::unexpected(whole.error());
  auto reports = checked(file, tickers, reader);
  if (!reports) co_return std::unexpected(reports.error());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto& bars = reader.bars()[i];
    auto& impossible = (*reports)[i].rejected;
    if (bars.empty() && impossible.empty()) continue;
    RangeSet proven{intersection(file.proves, wanted[i].name.during)};
    if (tickers[i] == reader.may_be_cut())
      proven.remove({.from = end_of_last(bars, file.day), .to = file.day.to});
    if (auto const loaded =
            co_await load(wanted[i], std::move(proven), std::move(bars), std::move(impossible));
        !loaded)
      co_return std::unexpected(loaded.error());
  }
  co_return Result<void>{};
}

// Of a day that begins with a bar that cannot be true: its start.
UtcTime FilesRun::end_of_last(std::vector<Bar> const& bars, TimeRange day) const {
  return bars.empty() ? day.from : bar_end(job_.timeframe, job_.calendar.zone(), bars.back().start);
}

// Nothing is loaded before the file has come to its good end.
Task<Result<void>> FilesRun::decode(DayFile const& file, std::FILE& content, FlatFileReader& reader) {
  auto const unreadable = [&] {
    return fail(ErrorKind::malformed, fmt::format("{}/{}: cannot be read", files_.root, file.key));
  };
  if (std::fseek(&content, 0, SEEK_SET) != 0) co_return unreadable();
  std::string part(part_bytes, '\0');
  while (auto const count = std::fread(part.data(), 1, part.size(), &content)) {
    auto const started = ports_.clock.ticks();
    result_.batch.record.bytes += static_cast<std::int64_t>(count);
    auto const fed = reader.feed(std::string_view{part}.substr(0, count));
    parse_ += ports_.clock.ticks() - started;
    if (!fed) co_return fed;
    co_await boost::asio::post(ports_.loop, boost::asio::use_awaitable);
    if (ports_.stopping()) co_return fail(ErrorKind::stopped, "stopped");
  }
  if (std::ferror(&content) != 0) co_return unreadable();
  co_return reader.finish();
}

Result<std::vector<CheckReport>> FilesRun::checked(DayFile const& file, std::span<std::string const> tickers,
                                                   FlatFileReader& reader) {
  auto const started = ports_.clock.ticks();
  std::vector<CheckReport> reports;
  std::size_t impossible = 0;
  for (std::size_t i = 0; i < tickers.size(); ++i) {
    reports.push_back(check_bars(reader.bars()[i], 0,
                                 {.timeframe = job_.timeframe,
                                  .zone = job_.calendar.zone(),
                                  .range = file.day,
                                  .kind = kind_of(tickers[i])}));
    impossible += reports.back().rejected.size();
  }
  validate_ += ports_.clock.ticks() - started;
  if (impossible <= impossible_bars_max) return reports;
  return fail(ErrorKind::malformed,
              fmt::format("{}/{}: {} bars cannot be true", files_.root, file.key, impossible));
}

// What is covered was answered by somebody who knows more: files give no vwap.
bool FilesRun::takes(Series const& series, UtcTime start) const {
  return take_ == Take::everything ||
         !series.covered.contains({.from = start, .to = start + Milliseconds{1}});
}

Task<Result<void>> FilesRun::load(Wanted const& wanted, RangeSet proven, std::vector<Bar> bars,
                                  std::vector<FailedBar> impossible) {
  auto const& series = *wanted.series;
  std::erase_if(bars, [&](Bar const& bar) { return !takes(series, bar.start); });
  std::erase_if(impossible, [&](FailedBar const& one) { return !takes(series, one.bar.start); });
  auto& open = loader_.bars();
  LoadSlice slice{.series = series.id,
                  .ticker = wanted.name.ticker,
                  .first = open.size(),
                  .count = bars.size(),
                  .proven = std::move(proven)};
  std::vector<RejectedBar> rejected;
  for (auto const& [bar, reason] : impossible) {
    rejected.push_back({.series = series.id, .bar = bar, .reason = std::string{to_string(reason)}});
    auto const hole = whole_bars(job_.timeframe, job_.calendar.zone(),
                                 {.from = bar.start, .to = bar.start + Milliseconds{1}});
    // Not covered, and so the API is asked for it, unless a good one came beside it.
    if (std::ranges::binary_search(bars, hole.from, {}, &Bar::start)) continue;
    slice.proven.remove(hole);
    ++holes_;
  }
  auto& record = result_.batch.record;
  record.bars += static_cast<std::int64_t>(bars.size());
  record.rejected += static_cast<std::int64_t>(rejected.size());
  ports_.progress.bars += static_cast<std::int64_t>(bars.size());
  if (!bars.empty() || !rejected.empty()) result_.batch.with_bars.push_back(series.id);
  open.insert(open.end(), bars.begin(), bars.end());
  loader_.add(std::move(slice), std::move(rejected));
  co_return co_await loader_.make_room(Milliseconds{0});
}

void FilesRun::fill_record(std::size_t files, SteadyTime started) {
  auto const in_ms = [](auto busy) { return std::chrono::duration_cast<Milliseconds>(busy); };
  auto& record = result_.batch.record;
  auto const& stored = loader_.stored();
  record.job = job_.name;
  record.provider = files_.name;
  record.timeframe = job_.timeframe;
  record.symbols = static_cast<std::int64_t>(series_.size());
  record.inserted = stored.inserted;
  record.changed = stored.changed;
  record.unchanged = stored.unchanged;
  record.rejected += stored.refused;
  record.parse = in_ms(parse_);
  record.validate = in_ms(validate_);
  record.merge = stored.merge;
  record.copy = stored.copy;
  record.commit = stored.commit;
  record.total = in_ms(ports_.clock.ticks() - started);
  auto const& ended_by = result_.batch.ended_by;
  bool const all_there = result_.broken == 0 && holes_ == 0 && stored.refused == 0;
  record.outcome = all_there ? "ok" : "partial";
  if (ended_by || result_.broken == files) record.outcome = "failed";
  if (ended_by && ended_by->kind == ErrorKind::stopped) record.outcome = "stopped";
}

}  // namespace

Task<FilesResult> run_files(Ports& ports, Job const& job, std::vector<Series> const& series,
                            std::span<DayFile const> files, Take take) {
  FilesRun run{ports, job, series, take};
  co_return co_await run.run(files);
}

}  // namespace candled
