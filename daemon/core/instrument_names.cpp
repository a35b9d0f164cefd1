#include "core/instrument_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <tuple>

namespace candled {

namespace {

std::string day_text(std::optional<Date> day) {
  return day ? to_string(*day) : "...";
}

std::string span_of(InstrumentName const& name) {
  return fmt::format("{} to {}", day_text(name.first), day_text(name.last));
}

// An open start is before, an open end after all days.
bool begins_before(InstrumentName const& a, InstrumentName const& b) {
  if (!a.first || !b.first) return !a.first && b.first;
  return *a.first < *b.first;
}

// `before` begins no later than `after`.
bool runs_into(InstrumentName const& before, InstrumentName const& after) {
  return !before.last || !after.first || *after.first <= *before.last;
}

using Member = std::string InstrumentName::*;

// Of those that agree in `same`, in the order of their days, each with the one before.
void find_overlaps(std::vector<InstrumentName> const& names, Member same, std::string_view why,
                   std::vector<LineProblem>& problems) {
  std::vector<std::reference_wrapper<InstrumentName const>> sorted{names.begin(), names.end()};
  std::ranges::sort(sorted, [&](InstrumentName const& a, InstrumentName const& b) {
    if (a.*same != b.*same) return a.*same < b.*same;
    return a.first != b.first ? begins_before(a, b) : a.line < b.line;
  });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    InstrumentName const& before = sorted[i - 1];
    InstrumentName const& after = sorted[i];
    if (before.*same != after.*same || !runs_into(before, after)) continue;
    auto const& later = std::max(before.line, after.line) == after.line ? after : before;
    auto const& earlier = &later == &after ? before : after;
    problems.push_back({later.line, fmt::format("{} of {}, {}, overlaps line {}, {} of {}, {}: {}",
                                                later.ticker, later.instrument, span_of(later), earlier.line,
                                                earlier.ticker, earlier.instrument, span_of(earlier), why)});
  }
}

struct Reader {
  std::vector<LineProblem> problems;

  std::optional<Date> day(int line, std::string_view column, std::string const& text) {
    if (text.empty()) return std::nullopt;
    auto const date = parse_date(text);
    if (!date)
      problems.push_back(
          {line, fmt::format("{}: expected a date such as 2014-04-02, or nothing, got '{}'", column, text)});
    return date;
  }

  InstrumentName name(CsvLine const& row) {
    InstrumentName name{.line = row.line,
                        .instrument = row.cells[0],
                        .ticker = row.cells[1],
                        .first = day(row.line, "first_date", row.cells[2]),
                        .last = day(row.line, "last_date", row.cells[3]),
                        .exchange = row.cells[4]};
    if (name.instrument.empty()) problems.push_back({row.line, "the instrument is missing"});
    if (name.ticker.empty()) problems.push_back({row.line, "the ticker is missing"});
    if (name.first && name.last && *name.last < *name.first)
      problems.push_back({row.line, fmt::format("last_date {} is before first_date {}", to_string(*name.last),
                                                to_string(*name.first))});
    return name;
  }
};

}  // namespace

std::vector<LineProblem> overlaps(std::vector<InstrumentName> const& names) {
  std::vector<LineProblem> problems;
  find_overlaps(names, &InstrumentName::ticker, "a ticker names one instrument at a time", problems);
  find_overlaps(names, &InstrumentName::instrument, "an instrument has one ticker at a time", problems);
  std::ranges::sort(problems, {},
                    [](LineProblem const& problem) { return std::tie(problem.line, problem.what); });
  return problems;
}

std::expected<std::vector<InstrumentName>, std::vector<LineProblem>> parse_instrument_names(
    std::string_view text) {
  auto const rows = read_csv(
      text, {.required = {"instrument", "ticker"}, .optional = {"first_date", "last_date", "exchange"}});
  if (!rows) return std::unexpected(rows.error());
  Reader reader;
  std::vector<InstrumentName> names;
  names.reserve(rows->size());
  for (auto const& row : *rows) names.push_back(reader.name(row));
  if (reader.problems.empty()) reader.problems = overlaps(names);
  if (!reader.problems.empty()) return std::unexpected(std::move(reader.problems));
  return names;
}

}  // namespace candled
