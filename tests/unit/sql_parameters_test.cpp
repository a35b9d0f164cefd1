// Values reach the database as parameters only: our sources are read for SQL that is put together of anything
// but constants. arrows_test.cpp sees to it that nobody outside of store/ can speak to the database.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "support/temp_dir.hpp"

namespace candled {
namespace {

struct Finding {
  std::string path;  // daemon/store/x.cpp
  std::string code;  // what is odd
};

// What is put together of more than constants nevertheless, and why that is right.
struct Exception {
  std::string_view path;
  std::string_view code;
  std::string_view reason;
};

std::vector<Exception> const& exceptions() {
  static std::vector<Exception> const all{
      {"daemon/store/bar_copy.cpp", "series.text()", "COPY takes no parameters; numbers of series"},
      {"daemon/store/bar_copy.cpp", "from.text()", "COPY takes no parameters; times, written by pg_text"},
      {"daemon/store/bar_copy.cpp", "to.text()", "COPY takes no parameters; times, written by pg_text"},
      {"daemon/store/bar_copy.cpp", "pg_text(whole.from)", "COPY takes no parameters; a time"},
      {"daemon/store/bar_copy.cpp", "pg_text(whole.to)", "COPY takes no parameters; a time"},
      {"daemon/store/bar_copy.cpp", "sql.c_str()", "what is put together of the five above"},
      {"daemon/store/open_series.cpp", "to_string(reason)", "one of five constants"},
      {"daemon/store/open_series.cpp", "columns", "what is put together of these"},
      {"daemon/store/open_series.cpp", "counts", "what is put together of these"},
      {"daemon/store/series_state.cpp", "locking == Locking::rows ? \"FOR NO KEY UPDATE OF s\" : \"\"",
       "one of two constants"},
      {"daemon/store/reports.cpp", "pg_text(when_a_person_asks)", "a constant time"},
      {"daemon/store/bar_reports.cpp", "changes_of_series", "a constant, for two questions"},
      {"daemon/store/migrator.cpp", "std::string{migration.sql}", "our own migrations: part of the program"},
      {"daemon/store/migrator.cpp", "migration.name", "printed for people; part of the program"},
      {"daemon/store/migrator.cpp", "migration.sql", "printed for people; part of the program"},
      {"daemon/store/migrator.cpp", "migration.version", "printed for people; part of the program"},
      {"daemon/store/migrator.cpp", "migration.sha256", "printed for people; part of the program"}};
  return all;
}

// The end of the string literal that begins at `at`; `at` itself when there is none.
std::size_t literal_end(std::string_view code, std::size_t at) {
  if (code.substr(at).starts_with("R\"(")) return std::min(code.find(")\"", at), code.size() - 2) + 2;
  if (code[at] != '"' && (code[at] != '\'' || (at > 0 && std::isxdigit(code[at - 1]) != 0))) return at;
  auto const quote = code[at++];
  while (at < code.size() && code[at] != quote) at += code[at] == '\\' ? 2U : 1U;
  return std::min(at + 1, code.size());
}

std::string without_comments(std::string_view code) {
  std::string result;
  for (std::size_t at = 0; at < code.size();) {
    if (code.substr(at).starts_with("//")) at = std::min(code.find('\n', at), code.size());
    if (at == code.size()) break;
    auto const end = std::max(literal_end(code, at), at + 1);
    result += code.substr(at, end - at);
    at = end;
  }
  return result;
}

std::string trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \n");
  return first == std::string_view::npos
             ? std::string{}
             : std::string{text.substr(first, text.find_last_not_of(" \n") - first + 1)};
}

// Of the call whose '(' is at `open`.
std::vector<std::string> arguments_of(std::string_view code, std::size_t open) {
  std::vector<std::string> all(1);
  int depth = 1;
  for (auto at = open + 1; at < code.size();) {
    auto const end = std::max(literal_end(code, at), at + 1);
    auto const piece = code.substr(at, end - at);
    at = end;
    if (piece == "(" || piece == "{" || piece == "[") ++depth;
    if (piece == ")" || piece == "}" || piece == "]") --depth;
    if (depth == 0) break;
    if (piece == "," && depth == 1)
      all.emplace_back();
    else
      all.back() += piece;
  }
  std::ranges::transform(all, all.begin(), trimmed);
  return all;
}

bool matches(std::string const& text, char const* pattern) {
  return std::regex_match(text, std::regex{pattern});
}

bool is_literal(std::string const& text) {
  std::size_t at = 0;
  while (at < text.size()) {  // several behind each other are one
    auto const end = literal_end(text, at);
    if (end == at || text[at] == '\'') return false;
    at = std::min(text.find_first_not_of(" \n", end), text.size());
  }
  return !text.empty();
}

// Text of SQL, or the name of such.
bool is_sql(std::string const& text) {
  if (matches(text, R"((\w+::)*(\w*_)?sql)")) return true;
  return is_literal(text) &&
         std::regex_search(
             text,
             std::regex{R"(\b(SELECT|INSERT|UPDATE|DELETE|COPY|WHERE|FROM|VALUES|SET|LOCK)\b|::[a-z])"});
}

// Constants of ours: literals, NAME_sql, functions NAME_sql of such, the few that have other names.
bool is_constant(std::string const& text) {
  if (is_literal(text) || matches(text, R"((import_sql::\w+)|((\w+_)?sql))")) return true;
  if (matches(text, R"(by_length|column|take|request_columns\(\)|\w+_sql\((locking)?\))")) return true;
  if (!matches(text, R"((time_sql|ranges_sql)\([^]*\))")) return false;
  return std::ranges::all_of(arguments_of(text, text.find('(')), [](std::string const& argument) {
    return is_constant(argument) || argument.starts_with("fmt::format(");  // which is looked at by itself
  });
}

// What goes to the database as a statement.
void look_at_calls(std::string const& path, std::string const& code, std::vector<Finding>& findings) {
  static std::regex const call{
      R"(\b(exec|exec0|exec1|exec_n|exec_params|exec_params0|exec_params1|query|query_value|stream|prepare|PQexec|PQexecParams|PQsendQuery|PQsendQueryParams|PQprepare)\()"};
  for (auto at = std::sregex_iterator(code.begin(), code.end(), call); at != std::sregex_iterator{}; ++at) {
    auto const arguments = arguments_of(code, static_cast<std::size_t>(at->position() + at->length() - 1));
    auto const place = at->str().starts_with("PQ") && arguments.size() > 1 ? 1U : 0U;
    auto const& statement = arguments[place];
    if (!is_constant(statement) && !statement.starts_with("fmt::format("))
      findings.push_back({.path = path, .code = statement});
  }
}

// What is put into SQL by fmt.
void look_at_formats(std::string const& path, std::string const& code, std::vector<Finding>& findings) {
  constexpr std::string_view call = "fmt::format(";
  for (auto at = code.find(call); at != std::string::npos; at = code.find(call, at + 1)) {
    auto const arguments = arguments_of(code, at + call.size() - 1);
    if (!is_sql(arguments[0])) continue;
    for (auto const& argument : arguments)
      if (!is_constant(argument) && !argument.starts_with("fmt::format("))
        findings.push_back({.path = path, .code = argument});
  }
}

// What is put together by + and its kin; no SQL of ours is, so nothing of it is right.
void look_at_sums(std::string const& path, std::string const& code, std::vector<Finding>& findings) {
  static std::regex const sum{
      R"re((\b(\w*_)?sql\s*\+=?\s*[^=\s])|([^+]\+\s*(\w*_)?sql\b)|("[^"\n]*\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE)\b[^"\n]*"(s|sv)?\s*\+)|(\b(sql|query)\.(append|insert|replace|push_back)\())re"};
  for (auto at = std::sregex_iterator(code.begin(), code.end(), sum); at != std::sregex_iterator{}; ++at)
    if (!code.substr(static_cast<std::size_t>(at->position())).starts_with("sql += fmt::format("))
      findings.push_back({.path = path, .code = at->str()});
}

std::vector<Finding> findings_in(std::string const& path, std::string const& text) {
  std::vector<Finding> findings;
  auto const code = without_comments(text);
  look_at_calls(path, code, findings);
  look_at_formats(path, code, findings);
  look_at_sums(path, code, findings);
  return findings;
}

bool is_of(Exception const& exception, Finding const& finding) {
  return exception.path == finding.path && exception.code == finding.code;
}

TEST(SqlParameters, are_how_every_value_reaches_the_database) {
  std::vector<Finding> findings;
  std::filesystem::path const root{CANDLED_SOURCE_DIR};
  int statements = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{root / "daemon/store"}) {
    auto const text = test::read_file(entry.path());
    std::ranges::move(findings_in(entry.path().lexically_relative(root), text), std::back_inserter(findings));
    statements += text.contains(".exec") ? 1 : 0;
  }

  EXPECT_GT(statements, 20) << "the sources are not where this test looks";
  for (auto const& finding : findings)
    EXPECT_TRUE(
        std::ranges::any_of(exceptions(), [&](auto const& exception) { return is_of(exception, finding); }))
        << finding.path << ": " << finding.code << ": give it as a parameter";
  for (auto const& exception : exceptions())
    EXPECT_TRUE(std::ranges::any_of(findings, [&](auto const& finding) { return is_of(exception, finding); }))
        << exception.path << ": " << exception.code << " is no exception any more";
}

struct Planted {
  char const* code;
  bool found;
};

class SqlPlanted : public testing::TestWithParam<Planted> {};

TEST_P(SqlPlanted, sql_of_values_is_found_and_of_constants_is_not) {
  EXPECT_EQ(!findings_in("daemon/store/x.cpp", GetParam().code).empty(), GetParam().found) << GetParam().code;
}

INSTANTIATE_TEST_SUITE_P(
    All, SqlPlanted,
    testing::Values(
        Planted{R"(work.exec("SELECT 1");)", false}, Planted{R"(work.exec_params(read_sql, ticker);)", false},
        Planted{R"(work.exec_params(fmt::format("SELECT {} FROM t", time_sql("ts")), id);)", false},
        Planted{R"(// work.exec("SELECT " + ticker);)", false},
        Planted{R"(log(fmt::format("{} bars", count)); total = rows + added;)", false},
        Planted{R"(work.exec("SELECT * FROM t WHERE ticker = '" + ticker + "'");)", true},
        Planted{R"(work.exec(fmt::format("SELECT * FROM t WHERE ticker = '{}'", ticker));)", true},
        Planted{R"(work.exec(fmt::format(read_sql, ticker));)", true},
        Planted{R"(work.exec_params(fmt::format("SELECT {} FROM t", ranges_sql(ticker)), 1);)", true},
        Planted{R"(std::string sql = "SELECT"; sql += ticker; work.exec(sql);)", true},
        Planted{R"(auto sql = fmt::format(R"x(DELETE FROM t)x", 1); sql.append(ticker);)", true},
        Planted{R"(auto const text = begin_sql + ticker;)", true},
        Planted{R"(PQexec(raw, ("DROP TABLE " + ticker).c_str());)", true},
        Planted{R"(work.exec(ticker);)", true}));

}  // namespace
}  // namespace candled
