// The text of a faults file: "KIND [option=value …]" a line, "seed=N", "# comments".
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>

#include "exchange/faults.hpp"

namespace candled {

namespace {

struct KindName {
  FaultKind kind;
  std::string_view name;
};

constexpr std::array kind_names{
    KindName{FaultKind::status_429, "429"},
    KindName{FaultKind::status_429_empty, "429-empty"},
    KindName{FaultKind::status_500, "500"},
    KindName{FaultKind::status_502, "502"},
    KindName{FaultKind::status_503, "503"},
    KindName{FaultKind::status_504, "504"},
    KindName{FaultKind::html_200, "html-200"},
    KindName{FaultKind::refuse_200, "refuse-200"},
    KindName{FaultKind::not_entitled_403, "403-not-entitled"},
    KindName{FaultKind::timeframe_403, "403-timeframe"},
    KindName{FaultKind::today_403, "403-today"},
    KindName{FaultKind::unknown_key_401, "401"},
    KindName{FaultKind::stall_before, "stall-before"},
    KindName{FaultKind::stall_body, "stall-body"},
    KindName{FaultKind::truncate, "truncate"},
    KindName{FaultKind::reset, "reset"},
    KindName{FaultKind::slow_loris, "slow-loris"},
    KindName{FaultKind::wrong_date, "wrong-date"},
    KindName{FaultKind::date_years_ago, "date-years-ago"},
    KindName{FaultKind::date_years_ahead, "date-years-ahead"},
    KindName{FaultKind::wrong_ticker, "wrong-ticker"},
    KindName{FaultKind::duplicate, "duplicate"},
    KindName{FaultKind::conflicting_duplicate, "conflicting-duplicate"},
    KindName{FaultKind::unsorted, "unsorted"},
    KindName{FaultKind::impossible, "impossible"},
    KindName{FaultKind::foreign_bar, "foreign-bar"},
    KindName{FaultKind::changed, "changed"},
    KindName{FaultKind::flip_adjusted, "flip-adjusted"},
    KindName{FaultKind::foreign_next_url, "foreign-next-url"},
    KindName{FaultKind::endless_next_url, "endless-next-url"},
    KindName{FaultKind::missing_fields, "missing-fields"},
    KindName{FaultKind::missing_close, "missing-close"},
    KindName{FaultKind::empty_results_null, "empty-results-null"},
    KindName{FaultKind::empty_with_next_url, "empty-with-next-url"},
    KindName{FaultKind::false_empty, "false-empty"},
    KindName{FaultKind::cut_results, "cut-results"},
    KindName{FaultKind::cut_at_limit, "cut-at-limit"},
    KindName{FaultKind::wrong_query_count, "wrong-query-count"},
    KindName{FaultKind::error_beside_ok, "error-beside-ok"},
    KindName{FaultKind::null_fields, "null-fields"},
    KindName{FaultKind::whole_numbers, "whole-numbers"},
    KindName{FaultKind::unreadable_field, "unreadable-field"},
};

constexpr std::array<std::string_view, 8> option_names{"rate", "ticker",      "times", "after",
                                                       "page", "retry-after", "for",   "every"};

// Levenshtein's: the single-character changes between two words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const changed = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

template <class Names>
std::string suggestion(std::string_view word, Names const& names) {
  auto const near =
      std::ranges::min_element(names, {}, [&](std::string_view name) { return distance(word, name); });
  if (distance(word, *near) <= std::max<std::size_t>(2, word.size() / 3))
    return fmt::format("; did you mean {}?", *near);
  return fmt::format("; known are {}", fmt::join(names, " "));
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  constexpr std::string_view blank = " \t\r";
  while (true) {
    auto const start = line.find_first_not_of(blank);
    if (start == std::string_view::npos || line[start] == '#') return found;
    auto const end = std::min(line.find_first_of(blank, start), line.size());
    found.push_back(line.substr(start, end - start));
    line.remove_prefix(end);
  }
}

template <class Number>
bool parse(std::string_view text, Number& into) {
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && stop == end;
}

// What was expected; empty: the option is set. So too below.
std::string_view set_duration(FaultRule& rule, std::string_view name, std::string_view value) {
  auto const duration = parse_duration(value);
  if (!duration) return "a duration such as 500ms, 2s or 1m";
  if (name == "retry-after") rule.retry_after = duration;
  if (name == "for") rule.hold = duration;
  if (name == "every") rule.pace = *duration;
  return "";
}

std::string_view set_option(FaultRule& rule, std::string_view name, std::string_view value) {
  auto const expect = [](bool fits, std::string_view what) { return fits ? std::string_view{} : what; };
  if (name == "rate")
    return expect(parse(value, rule.rate) && rule.rate >= 0 && rule.rate <= 1, "a number from 0 to 1");
  if (name == "times") return expect(parse(value, rule.times) && rule.times > 0, "a whole number above 0");
  if (name == "after") return expect(parse(value, rule.after) && rule.after >= 0, "a whole number");
  if (name == "ticker") {
    rule.ticker = value;
    return expect(!value.empty(), "a ticker");
  }
  if (name == "page") {
    rule.page = value == "first" ? FaultPage::first : FaultPage::next;
    return expect(value == "first" || value == "next", "first or next");
  }
  return set_duration(rule, name, value);
}

class FaultFile {
 public:
  void read(std::string_view line, int number) {
    number_ = number;
    auto const found = words(line);
    if (found.empty()) return;
    if (found.front().starts_with("seed=")) {
      if (!parse(found.front().substr(5), rules.seed)) problem("seed: expected a whole number");
      if (found.size() > 1) problem(fmt::format("{}: nothing follows a seed", found[1]));
      return;
    }
    auto const names = std::views::transform(kind_names, &KindName::name);
    auto const kind = std::ranges::find(kind_names, found.front(), &KindName::name);
    if (kind == kind_names.end())
      return problem(fmt::format("{}: no such fault{}", found.front(), suggestion(found.front(), names)));
    FaultRule rule{.kind = kind->kind};
    for (auto const word : found | std::views::drop(1)) read_option(rule, word);
    rules.rules.push_back(std::move(rule));
  }

  FaultRules rules;
  std::vector<std::string> problems;

 private:
  void read_option(FaultRule& rule, std::string_view word) {
    auto const equals = std::min(word.find('='), word.size());
    auto const name = word.substr(0, equals);
    if (std::ranges::find(option_names, name) == option_names.end())
      return problem(fmt::format("{}: no such option{}", name, suggestion(name, option_names)));
    auto const value = word.substr(std::min(equals + 1, word.size()));
    auto const expected = set_option(rule, name, value);
    if (!expected.empty())
      problem(fmt::format("{}: expected {}, found {}", name, expected, value.empty() ? "nothing" : value));
  }
  void problem(std::string_view what) { problems.push_back(fmt::format("{}: {}", number_, what)); }

  int number_ = 0;
};

}  // namespace

std::string_view to_string(FaultKind kind) {
  return std::ranges::find(kind_names, kind, &KindName::kind)->name;
}

std::expected<FaultRules, std::vector<std::string>> parse_faults(std::string_view text) {
  FaultFile file;
  for (int number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find('\n'), text.size());
    file.read(text.substr(0, end), number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!file.problems.empty()) return std::unexpected(std::move(file.problems));
  return std::move(file.rules);
}

}  // namespace candled
