#include "db/sql_document.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

namespace candled::test {

namespace {

using Json = nlohmann::json;

constexpr std::string_view marker_start = "<!-- test: ";
constexpr std::string_view marker_end = " -->";
constexpr std::string_view fence = "```";

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The marker's name, or nothing.
std::string marked(std::string const& line) {
  if (!line.starts_with(marker_start) || !line.ends_with(marker_end)) return {};
  return line.substr(marker_start.size(), line.size() - marker_start.size() - marker_end.size());
}

std::vector<std::string> columns_of(std::string const& line) {
  std::vector<std::string> columns;
  for (std::size_t from = 0;;) {
    auto const bar = line.find('|', from);
    columns.push_back(line.substr(from, bar - from));
    if (bar == std::string::npos) return columns;
    from = bar + 1;
  }
}

bool is_a_table_of_bars(std::string const& relation) {
  return relation == "bar" || relation == "bar_revision" ||
         (relation.starts_with("bar_") && relation.find_first_not_of("0123456789", 4) == std::string::npos);
}

// The condition by which a scan finds its rows, wherever the kind of scan has it.
std::string condition_of(Json const& node) {
  for (auto const* const name : {"Index Cond", "Recheck Cond"})
    if (node.contains(name)) return node.at(name).get<std::string>();
  return {};
}

void look_at(Json const& node, std::vector<std::string>& problems, int& scans) {
  auto const relation = node.value("Relation Name", "");
  if (is_a_table_of_bars(relation)) {
    ++scans;
    auto const condition = condition_of(node);
    // The key of bars begins with the series; changes are found by when they were seen, too.
    bool const by_key = condition.contains("series_id =") || condition.contains("seen_at >");
    if (!by_key)
      problems.push_back(node.at("Node Type").get<std::string>() + " on " + relation + " by (" + condition +
                         ")");
  }
  for (auto const& child : node.value("Plans", Json::array())) look_at(child, problems, scans);
}

}  // namespace

std::vector<Question> read_questions(std::string const& markdown) {
  std::vector<Question> questions;
  auto const lines = lines_of(markdown);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    auto const name = marked(lines[i]);
    if (name.empty() || !lines[i + 1].starts_with(fence)) continue;
    Question question{.name = name, .language = lines[i + 1].substr(fence.size()), .text = {}};
    for (i += 2; i < lines.size() && !lines[i].starts_with(fence); ++i) question.text += lines[i] + "\n";
    questions.push_back(question);
  }
  return questions;
}

std::vector<std::string> loose_ends(std::string const& markdown) {
  std::vector<std::string> loose;
  auto const lines = lines_of(markdown);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto const name = marked(lines[i]);
    bool const opens = lines[i] == "```sql" || lines[i] == "```python";
    if (!name.empty() && (i + 1 == lines.size() || !lines[i + 1].starts_with(fence))) loose.push_back(name);
    if (opens && (i == 0 || marked(lines[i - 1]).empty())) loose.push_back("line " + std::to_string(i + 1));
  }
  return loose;
}

std::map<std::string, Rows> read_answers(std::string const& text) {
  std::map<std::string, Rows> answers;
  Rows* rows = nullptr;
  for (auto const& line : lines_of(text)) {
    if (line.starts_with("## "))
      rows = &answers[line.substr(3)];
    else if (rows != nullptr)
      rows->push_back(columns_of(line));
  }
  return answers;
}

bool matches(Rows const& answered, Rows const& expected) {
  if (answered.size() != expected.size()) return false;
  for (std::size_t row = 0; row < answered.size(); ++row) {
    if (answered[row].size() != expected[row].size()) return false;
    for (std::size_t column = 0; column < answered[row].size(); ++column)
      if (expected[row][column] != "*" && expected[row][column] != answered[row][column]) return false;
  }
  return true;
}

std::string to_text(Rows const& rows) {
  std::string text;
  for (auto const& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i];
    text += "\n";
  }
  return text;
}

std::vector<std::string> plan_problems(std::string const& explained, int& scans) {
  std::vector<std::string> problems;
  for (auto const& plan : Json::parse(explained)) look_at(plan.at("Plan"), problems, scans);
  return problems;
}

}  // namespace candled::test
