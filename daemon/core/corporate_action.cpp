#include "core/corporate_action.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>

namespace candled {

namespace {

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

// "7:1" or "0.05"
std::optional<double> parse_ratio(std::string_view text) {
  auto const colon = text.find(':');
  auto const after = parse_number(text.substr(0, colon));
  auto const before =
      colon == std::string_view::npos ? std::optional{1.0} : parse_number(text.substr(colon + 1));
  if (!after || !before || *after <= 0 || *before <= 0) return std::nullopt;
  return *after / *before;
}

struct Reader {
  std::vector<LineProblem> problems;
  std::map<std::string, int> lines_by_id;
  std::map<std::string, int> times;  // an id was made

  CorporateAction action(CsvLine const& row) {
    auto const refuse = [&](std::string what) { problems.push_back({row.line, std::move(what)}); };
    CorporateAction action{
        .line = row.line, .ticker = row.cells[0], .currency = row.cells[4], .id = row.cells[5]};
    if (action.ticker.empty()) refuse("the ticker is missing");
    if (row.cells[1] == "dividend")
      action.kind = ActionKind::dividend;
    else if (row.cells[1] != "split")
      refuse(fmt::format("kind: expected split or dividend, got '{}'", row.cells[1]));
    if (auto const date = parse_date(row.cells[2]))
      action.ex_date = *date;
    else
      refuse(fmt::format("ex_date: expected a date such as 2020-08-31, got '{}'", row.cells[2]));
    bool const splits = action.kind == ActionKind::split;
    auto const value = splits ? parse_ratio(row.cells[3]) : parse_number(row.cells[3]);
    if (!value || *value < 0)
      refuse(fmt::format("value: expected {}, got '{}'",
                         splits ? "new:old shares such as 4:1 or 1:20" : "an amount of money such as 0.82",
                         row.cells[3]));
    action.value = value.value_or(0);
    if (action.id.empty()) action.id = made_id(action);
    auto const [known, is_new] = lines_by_id.emplace(action.id, row.line);
    if (!is_new) refuse(fmt::format("the id '{}' is that of line {} too", action.id, known->second));
    return action;
  }

  // Two dividends may have one day: the second one's ends with a 2.
  std::string made_id(CorporateAction const& action) {
    auto id = fmt::format("{} {} {}", action.ticker, to_string(action.kind), to_string(action.ex_date));
    auto const time = ++times[id];
    return time == 1 ? id : fmt::format("{} {}", id, time);
  }
};

}  // namespace

std::string_view to_string(ActionKind kind) {
  return kind == ActionKind::split ? "split" : "dividend";
}

std::expected<std::vector<CorporateAction>, std::vector<LineProblem>> parse_corporate_actions(
    std::string_view text) {
  auto const rows =
      read_csv(text, {.required = {"ticker", "kind", "ex_date", "value"}, .optional = {"currency", "id"}});
  if (!rows) return std::unexpected(rows.error());
  Reader reader;
  std::vector<CorporateAction> actions;
  actions.reserve(rows->size());
  for (auto const& row : *rows) actions.push_back(reader.action(row));
  if (!reader.problems.empty()) return std::unexpected(std::move(reader.problems));
  return actions;
}

}  // namespace candled
