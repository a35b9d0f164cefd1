#include "sim/world/day_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "pipeline/flat_file_reader.hpp"
#include "support/gzip.hpp"

namespace candled::sim {

namespace {

constexpr auto asset_class = "us_stocks_sip";

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string line(std::string const& ticker, Bar const& bar) {
  return fmt::format("{},{},{},{},{},{},{},{}\n", ticker, bar.volume, bar.open, bar.close, bar.high, bar.low,
                     bar.start.time_since_epoch().count() * 1'000'000, bar.trade_count);
}

}  // namespace

DayFiles::DayFiles(World& world, Scenario const& scenario, Market const& market, Safety& safety)
    : world_(world), market_(market), safety_(safety), draw_(scenario.seed, "day files") {
  if (!scenario.day_files) return;
  folder_ = std::make_unique<test::TempDir>();
  auto const zone = market.calendar().zone();
  for (auto const& job : scenario.jobs) {
    if (!flat_file_folder(asset_class, job.timeframe, job.history.year())) continue;
    for (auto date = job.history; zone.at(next_day(date), Milliseconds{0}) <= scenario.begins;
         date = next_day(date))
      if (!draw_.chance(0.1)) write(job, date);
  }
}

std::shared_ptr<FlatFiles> DayFiles::opened() const {
  if (!folder_) return nullptr;
  return std::make_shared<FlatFiles>(
      FlatFiles{.name = "model-files", .root = folder_->path(), .asset_class = asset_class});
}

// The windows of each symbol that the file speaks for, whether or not they have a bar; without symbols that
// got lost.
std::vector<std::vector<DayFiles::Row>> DayFiles::rows_of(JobPlan const& job, TimeRange day) {
  auto symbols = job.symbols;
  std::ranges::sort(symbols);
  std::vector<std::vector<Row>> all;
  for (auto const& ticker : symbols) {
    if (draw_.chance(0.1)) continue;
    SeriesKey const series{.ticker = ticker, .timeframe = job.timeframe};
    std::vector<Row> rows;
    for (auto const& place : market_.places(job.timeframe, day))
      rows.push_back({series, place, market_.content_at(series, place, world_.true_time())});
    if (std::ranges::any_of(rows, [](Row const& row) { return row.content != Content::absent; }))
      all.push_back(std::move(rows));
  }
  return all;
}

void DayFiles::write(JobPlan const& job, Date date) {
  auto const zone = market_.calendar().zone();
  auto symbols =
      rows_of(job, {.from = zone.at(date, Milliseconds{0}), .to = zone.at(next_day(date), Milliseconds{0})});
  if (symbols.empty()) return;
  auto lie = draw_.chance(0.7) ? Lie::none : static_cast<Lie>(draw_.between(1, 3));
  if (symbols.size() < 2 && lie == Lie::cut) lie = Lie::none;
  if (lie == Lie::cut) {
    // Within a symbol, and before the last bar of the one before it: a cut that nobody could see is no test.
    auto const last = static_cast<std::size_t>(draw_.between(1, std::ssize(symbols) - 1));
    symbols.resize(last + 1);
    auto const& before = symbols[last - 1];
    auto const ends = std::ranges::find_if(before.rbegin(), before.rend(),
                                           [](Row const& row) { return row.content != Content::absent; });
    auto& cut = symbols[last];
    std::erase_if(cut, [&](Row const& row) { return row.place.start >= ends->place.start; });
    cut.resize(cut.size() * static_cast<std::size_t>(draw_.between(0, 9)) / 10);
    while (!cut.empty() && cut.back().content == Content::absent) cut.pop_back();
  }
  std::string text = "ticker,volume,open,close,high,low,window_start,transactions\n";
  for (auto const& rows : symbols)
    for (auto const& [series, place, content] : rows) {
      if (lie == Lie::none || lie == Lie::cut) safety_.answered(series, place, content);
      auto const ticker = lie == Lie::lower_case ? lower_case(series.ticker)
                          : lie == Lie::quoted   ? fmt::format("\"{}\"", series.ticker)
                                                 : series.ticker;
      if (content != Content::absent) text += line(ticker, market_.bar(series, place.start, content));
    }
  auto const path = std::filesystem::path{*folder_ / *flat_file_key(asset_class, job.timeframe, date)};
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << test::gzipped(text);
}

}  // namespace candled::sim
