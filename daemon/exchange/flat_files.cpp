#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>

#include "exchange/stored_market.hpp"

namespace candled {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view header = "ticker,volume,open,close,high,low,window_start,transactions";

struct Row {
  std::string_view ticker;
  Bar bar;
};

using Fields = std::array<std::string_view, 8>;

std::optional<Fields> split(std::string_view line) {
  Fields fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto const comma = line.find(',');
    if ((comma == std::string_view::npos) != (i + 1 == fields.size())) return std::nullopt;
    fields[i] = line.substr(0, comma);
    line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
  }
  return fields;
}

template <class Number>
bool parse(std::string_view text, Number& into) {
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && stop == end;
}

std::optional<Row> parse_row(std::string_view line) {
  auto const fields = split(line);
  if (!fields) return std::nullopt;
  auto const [ticker, volume, open, close, high, low, start, trades] = *fields;
  std::int64_t nanoseconds = 0;
  Row row{.ticker = ticker, .bar = {}};
  bool const good = parse(volume, row.bar.volume) && parse(open, row.bar.open) &&
                    parse(close, row.bar.close) && parse(high, row.bar.high) && parse(low, row.bar.low) &&
                    parse(start, nanoseconds) && (trades.empty() || parse(trades, row.bar.trade_count));
  if (!good || ticker.empty()) return std::nullopt;
  row.bar.start = UtcTime{Milliseconds{nanoseconds / 1'000'000}};
  return row;
}

std::expected<std::string, std::string> unzipped(fs::path const& path) {
  std::unique_ptr<gzFile_s, decltype(&gzclose)> const file{gzopen(path.c_str(), "rb"), gzclose};
  if (!file) return std::unexpected(fmt::format("{}: cannot be opened", path.string()));
  std::string text;
  std::array<char, 65536> part{};
  int count = 0;
  while ((count = gzread(file.get(), part.data(), part.size())) > 0)
    text.append(part.data(), static_cast<std::size_t>(count));
  int error = Z_OK;
  gzerror(file.get(), &error);
  if (count < 0 || error != Z_OK)
    return std::unexpected(fmt::format("{}: is not a whole gzip file", path.string()));
  return text;
}

// nullopt: done; else what is wrong with which line.
std::optional<std::string> add_file(StoredMarket& market, Base base, fs::path const& path) {
  auto const text = unzipped(path);
  if (!text) return text.error();
  std::string_view rest = *text;
  for (int number = 1; !rest.empty(); ++number) {
    auto const end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number == 1) {
      if (line != header)
        return fmt::format("{}:1: expected the header {}, found {}", path.string(), header, line);
      continue;
    }
    auto const row = parse_row(line);
    if (!row) return fmt::format("{}:{}: is not a bar: {}", path.string(), number, line);
    market.add(row->ticker, base, row->bar);
  }
  return std::nullopt;
}

std::vector<fs::path> files_below(fs::path const& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (auto const& entry : fs::recursive_directory_iterator{folder, failed})
    if (entry.is_regular_file() && entry.path().native().ends_with(".csv.gz")) files.push_back(entry.path());
  std::ranges::sort(files);  // oldest first
  return files;
}

}  // namespace

std::expected<StoredMarket, std::string> load_flat_files(std::string const& folder) {
  StoredMarket market;
  std::error_code failed;
  fs::directory_iterator const classes{folder, failed};
  if (failed) return std::unexpected(fmt::format("{}: {}", folder, failed.message()));
  std::size_t files = 0;
  for (auto const& asset_class : classes) {
    for (auto const& [base, name] :
         {std::pair{Base::minute, "minute_aggs_v1"}, std::pair{Base::day, "day_aggs_v1"}}) {
      for (auto const& path : files_below(asset_class.path() / name)) {
        if (auto problem = add_file(market, base, path)) return std::unexpected(*std::move(problem));
        ++files;
      }
    }
  }
  if (files == 0)
    return std::unexpected(
        fmt::format("{}: no flat files; expected e.g. {}/us_stocks_sip/day_aggs_v1/2024/05/2024-05-01.csv.gz",
                    folder, folder));
  return market;
}

}  // namespace candled
