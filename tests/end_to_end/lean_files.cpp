#include "end_to_end/lean_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/time.hpp"

namespace candled::test {

std::string const real_data = CANDLED_SOURCE_DIR "/../shared/data/real";

namespace {

std::vector<std::vector<std::string>> lines_of(std::filesystem::path const& path) {
  std::vector<std::vector<std::string>> lines;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> cells;
    std::istringstream in{line};
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    if (!cells.empty()) lines.push_back(std::move(cells));
  }
  return lines;
}

// "20140402" -> 2014-04-02
std::chrono::sys_days day(std::string const& text) {
  return parse_date(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2)).value();
}

}  // namespace

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string iso(std::chrono::sys_days date) {
  return to_string(Date{date});
}

namespace {

// A map file names the last day of each ticker; its first line is the first day of all.
std::string names_of(std::filesystem::path const& map_file) {
  std::string csv;
  auto const lines = lines_of(map_file);
  auto first = day(lines[0][0]);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto const& line = lines[i];
    bool const is_open = line[0] == "20501231";
    csv += fmt::format("{},{},{},{},{}\n", map_file.stem().string(), upper(line[1]), iso(first),
                       is_open ? "" : iso(day(line[0])), line.size() > 2 ? line[2] : "");
    first = day(line[0]) + std::chrono::days{1};
  }
  return csv;
}

}  // namespace

std::string write(World const& world, std::string const& name, std::string const& text) {
  auto const path = (std::filesystem::path{world.dir().path()} / name).string();
  std::ofstream{path} << text;
  return path;
}

std::string all_names() {
  std::string csv = "instrument,ticker,first_date,last_date,exchange\n";
  for (auto const& entry : std::filesystem::directory_iterator(real_data + "/ticker_history"))
    csv += names_of(entry.path());
  return csv;
}

std::vector<Factor> factors_of(std::string const& instrument) {
  std::vector<Factor> factors;
  for (auto const& line : lines_of(real_data + "/corporate_actions/" + instrument + ".csv"))
    factors.push_back({day(line[0]), std::stod(line[1]), std::stod(line[2]), std::stod(line[3])});
  return factors;
}

std::string actions_of(std::string const& instrument, World const& world) {
  std::string csv;
  auto const factors = factors_of(instrument);
  for (std::size_t i = 1; i + 1 < factors.size(); ++i) {
    auto const& before = factors[i];
    auto const& after = factors[i + 1];
    auto const ex_date = iso(before.last + std::chrono::days{1});
    auto const ticker = value(
        world.url(), fmt::format("SELECT ticker FROM candled.instrument_ticker JOIN candled.instrument USING "
                                 "(instrument_id) WHERE identifier = '{}' AND valid @> '{}'::date",
                                 instrument, ex_date));
    auto const ratio = after.splits / before.splits;
    if (ratio != 1) csv += fmt::format("{},split,{},{:.17g},\n", ticker, ex_date, ratio);
    // A dividend on the day of a split is a new share's.
    auto const amount = before.reference * (1 - before.dividends / after.dividends) / ratio;
    if (amount != 0) csv += fmt::format("{},dividend,{},{:.17g},USD\n", ticker, ex_date, amount);
  }
  return csv;
}

}  // namespace candled::test
