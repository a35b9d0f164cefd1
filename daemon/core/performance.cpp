#include "core/performance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include "core/size.hpp"

namespace candled {

namespace {

struct Column {
  std::string_view name;
  int decimals;
};

// By Figure.
constexpr std::array<Column, figure_count> columns{{{.name = "uptime_s", .decimals = 0},
                                                    {.name = "requests", .decimals = 0},
                                                    {.name = "succeeded", .decimals = 0},
                                                    {.name = "errors", .decimals = 0},
                                                    {.name = "rate_limited", .decimals = 0},
                                                    {.name = "retries", .decimals = 0},
                                                    {.name = "success_pct", .decimals = 2},
                                                    {.name = "error_pct", .decimals = 2},
                                                    {.name = "response_mean_ms", .decimals = 0},
                                                    {.name = "response_p95_ms", .decimals = 0},
                                                    {.name = "connections", .decimals = 0},
                                                    {.name = "bars", .decimals = 0},
                                                    {.name = "bars_per_s", .decimals = 2},
                                                    {.name = "freshness_lag_s", .decimals = 0},
                                                    {.name = "memory_bytes", .decimals = 0}}};

double seconds(Milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (;;) {
    auto const end = std::min(line.find(','), line.size());
    cells.push_back(line.substr(0, end));
    if (end == line.size()) return cells;
    line.remove_prefix(end + 1);
  }
}

// What each cell of a line is: an index of `columns`, one of these, or nothing that is known.
constexpr std::size_t from_cell = figure_count;
constexpr std::size_t to_cell = figure_count + 1;
constexpr std::size_t unknown_cell = figure_count + 2;

std::size_t meaning_of(std::string_view name) {
  if (name == "from") return from_cell;
  if (name == "to") return to_cell;
  auto const* const column = std::ranges::find(columns, name, &Column::name);
  return column == columns.end() ? unknown_cell : static_cast<std::size_t>(column - columns.begin());
}

std::optional<double> number_of(std::string_view cell) {
  double value = 0;
  auto const* const end = cell.data() + cell.size();
  auto const [stop, error] = std::from_chars(cell.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

// false: it cannot stand there.
bool read_cell(std::size_t meaning, std::string_view cell, PerformanceRow& row) {
  if (meaning == from_cell || meaning == to_cell) {
    auto const time = parse_rfc3339(cell);
    if (time) (meaning == from_cell ? row.during.from : row.during.to) = *time;
    return time.has_value();
  }
  if (meaning == unknown_cell || cell.empty()) return true;
  auto const value = number_of(cell);
  row.figures.at(meaning) = value;
  return value.has_value();
}

// nullopt: not such a row.
std::optional<PerformanceRow> row_of(std::string_view line, std::span<std::size_t const> meanings) {
  auto const cells = cells_of(line);
  if (cells.size() != meanings.size()) return std::nullopt;
  PerformanceRow row;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (!read_cell(meanings[i], cells[i], row)) return std::nullopt;
  if (row.during.empty()) return std::nullopt;
  return row;
}

}  // namespace

std::string_view to_string(Figure figure) {
  return columns.at(static_cast<std::size_t>(figure)).name;
}

PerformanceCounts performance_counts(Meters const& meters) {
  PerformanceCounts counts;
  for (auto const& [provider, meter] : meters.providers) {
    counts.succeeded += meter.ok;
    counts.rate_limited += meter.rate_limited;
    counts.errors += meter.refused + meter.failed + meter.unreachable;
    counts.took += meter.took.sum();
    counts.lengths.add(meter.lengths);
  }
  for (auto const& [job, meter] : meters.jobs) counts.retries += meter.retries;
  counts.bars = meters.database.bars;
  return counts;
}

PerformanceRow performance_row(TimeRange during, PerformanceCounts const& before,
                               PerformanceCounts const& after, PerformanceLook const& look,
                               Milliseconds uptime) {
  auto const succeeded = static_cast<double>(after.succeeded - before.succeeded);
  auto const rate_limited = static_cast<double>(after.rate_limited - before.rate_limited);
  auto const errors = static_cast<double>(after.errors - before.errors);
  auto const requests = succeeded + rate_limited + errors;
  auto const bars = static_cast<double>(after.bars - before.bars);

  PerformanceRow row{.during = during};
  row[Figure::uptime_s] = seconds(uptime);
  row[Figure::requests] = requests;
  row[Figure::succeeded] = succeeded;
  row[Figure::errors] = errors;
  row[Figure::rate_limited] = rate_limited;
  row[Figure::retries] = static_cast<double>(after.retries - before.retries);
  if (requests > 0) {
    row[Figure::success_pct] = 100.0 * succeeded / requests;
    row[Figure::error_pct] = 100.0 * errors / requests;
    row[Figure::response_mean_ms] = (after.took - before.took).count() * 1000.0 / requests;
  }
  if (auto const p95 = after.lengths.since(before.lengths).percentile(0.95))
    row[Figure::response_p95_ms] = static_cast<double>(p95->count());
  row[Figure::connections] = static_cast<double>(look.connections);
  row[Figure::bars] = bars;
  row[Figure::bars_per_s] = bars / seconds(during.to - during.from);
  if (look.freshness_lag) row[Figure::freshness_lag_s] = seconds(*look.freshness_lag);
  row[Figure::memory_bytes] = static_cast<double>(look.memory_bytes);
  return row;
}

std::string performance_header() {
  std::string line = "from,to";
  for (auto const& column : columns) line += fmt::format(",{}", column.name);
  return line + "\n";
}

std::string performance_line(PerformanceRow const& row) {
  auto line = fmt::format("{},{}", to_rfc3339(row.during.from), to_rfc3339(row.during.to));
  for (std::size_t i = 0; i < figure_count; ++i) {
    line += ",";
    if (auto const& value = row.figures.at(i)) line += fmt::format("{:.{}f}", *value, columns.at(i).decimals);
  }
  return line + "\n";
}

PerformanceRecord read_performance(std::string_view text) {
  PerformanceRecord record;
  std::vector<std::size_t> meanings;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.starts_with("from,")) {
      meanings.clear();
      for (auto const name : cells_of(line)) meanings.push_back(meaning_of(name));
    } else if (auto const row = row_of(line, meanings)) {
      record.rows.push_back(*row);
    } else {
      ++record.unreadable_lines;
    }
  }
  return record;
}

std::string figure_in_words(Figure figure, double value) {
  switch (figure) {
    case Figure::success_pct:
    case Figure::error_pct: return fmt::format("{:.1f} %", value);
    case Figure::response_mean_ms:
    case Figure::response_p95_ms:
      return value < 1000 ? fmt::format("{:.0f} ms", value) : fmt::format("{:.1f} s", value / 1000);
    case Figure::uptime_s:
    case Figure::freshness_lag_s:
      return value < 1 ? "0 s" : in_words(std::chrono::seconds{std::llround(value)});
    case Figure::bars_per_s: return fmt::format("{:.1f} bars/s", value);
    case Figure::memory_bytes: return size_in_words(std::llround(value));
    default: return fmt::format("{:.0f}", value);
  }
}

}  // namespace candled
