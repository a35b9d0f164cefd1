#include "core/csv_lines.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace candled {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr auto blanks = " \t\r";
  auto const first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  for (;;) {
    auto const comma = line.find(',');
    cells.emplace_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

// The place of each column of the file in the cells of a CsvLine.
std::expected<std::vector<std::size_t>, std::string> places_of(std::vector<std::string> const& header,
                                                               CsvColumns const& columns) {
  auto all = columns.required;
  all.insert(all.end(), columns.optional.begin(), columns.optional.end());
  std::vector<std::size_t> places;
  for (auto const& name : header) {
    auto const found = std::ranges::find(all, name);
    if (found == all.end())
      return std::unexpected(fmt::format("unknown column '{}': there are {}", name, fmt::join(all, ", ")));
    auto const place = static_cast<std::size_t>(found - all.begin());
    if (std::ranges::find(places, place) != places.end())
      return std::unexpected(fmt::format("the column '{}' is there twice", name));
    places.push_back(place);
  }
  for (auto const& name : columns.required)
    if (std::ranges::find(header, name) == header.end())
      return std::unexpected(
          fmt::format("the column '{}' is missing: the first line names the columns", name));
  return places;
}

std::expected<CsvLine, LineProblem> row_of(int number, std::string_view line, CsvColumns const& columns,
                                           std::vector<std::size_t> const& places) {
  auto const problem = [&](std::string what) {
    return std::unexpected(LineProblem{number, std::move(what)});
  };
  if (line.contains('"')) return problem("quotes are not for this file: write the values as they are");
  auto cells = cells_of(line);
  if (cells.size() != places.size())
    return problem(
        fmt::format("{} values, but the first line names {} columns", cells.size(), places.size()));
  CsvLine row{.line = number, .cells = {}};
  row.cells.resize(columns.required.size() + columns.optional.size());
  for (std::size_t i = 0; i < cells.size(); ++i) row.cells[places[i]] = std::move(cells[i]);
  return row;
}

}  // namespace

std::expected<std::vector<CsvLine>, std::vector<LineProblem>> read_csv(std::string_view text,
                                                                       CsvColumns const& columns) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark, as spreadsheets write it
  std::vector<CsvLine> lines;
  std::vector<LineProblem> problems;
  std::optional<std::vector<std::size_t>> places;
  for (int number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (!places) {
      auto found = places_of(cells_of(line), columns);
      if (!found) return std::unexpected(std::vector{LineProblem{number, found.error()}});
      places = std::move(*found);
    } else if (auto row = row_of(number, line, columns, *places)) {
      lines.push_back(*std::move(row));
    } else {
      problems.push_back(row.error());
    }
  }
  if (!places) problems.push_back({1, "the file is empty: its first line names the columns"});
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return lines;
}

}  // namespace candled
