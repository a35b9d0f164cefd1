// What goes wrong on purpose, when, and what it does to a page.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "exchange/aggregates.hpp"
#include "exchange/answer.hpp"

namespace candled {

enum class FaultKind {
  // another answer instead of the true one
  status_429,
  status_429_empty,
  status_500,
  status_502,
  status_503,
  status_504,
  html_200,
  refuse_200,
  not_entitled_403,
  timeframe_403,
  today_403,
  unknown_key_401,
  // the true answer, sent badly
  stall_before,
  stall_body,
  truncate,
  reset,
  slow_loris,
  wrong_date,
  date_years_ago,
  date_years_ahead,
  // a page that is not what it should be
  wrong_ticker,
  duplicate,
  conflicting_duplicate,
  unsorted,
  impossible,
  foreign_bar,
  changed,
  flip_adjusted,
  foreign_next_url,
  endless_next_url,
  missing_fields,
  missing_close,
  empty_results_null,
  empty_with_next_url,
  false_empty,
  cut_results,
  cut_at_limit,
  wrong_query_count,
  error_beside_ok,
  null_fields,
  whole_numbers,
  unreadable_field,
};

enum class FaultPage { any, first, next };

// One line of a faults file.
struct FaultRule {
  FaultKind kind;
  double rate = 1;          // of the asks that it could hit
  std::string ticker = {};  // empty: every ticker
  int times = 0;            // hits only the first N asks of a URL; 0: no end
  int after = 0;            // leaves the first N asks of a URL alone
  FaultPage page = FaultPage::any;
  std::optional<Milliseconds> retry_after = std::nullopt;  // 429 and 503
  std::optional<Milliseconds> hold = std::nullopt;         // stalls: how long, else until the client leaves
  Milliseconds pace{100};                                  // slow-loris: between two bytes
};

struct FaultRules {
  std::vector<FaultRule> rules;
  std::uint64_t seed = 1;
};

struct FaultAsk {
  std::string_view url;  // path and query, without the key
  std::string_view ticker;
  bool next_page;
  int number;  // how many times this credential has asked this URL, this one included
};

// As written in a faults file and in the report.
std::string_view to_string(FaultKind kind);

// Every problem, "line: what", or the rules.
std::expected<FaultRules, std::vector<std::string>> parse_faults(std::string_view text);

// The first rule that hits. The same ask gets the same decision, whatever else is asked and in which order.
FaultRule const* decide(FaultRules const& rules, FaultAsk const& ask);

// The answer that a fault gives instead of the true one; nullopt: it is not of that sort.
std::optional<Answer> answer_instead(FaultRule const& rule, std::string_view request_id);

// By how much a Date header is wrong with this fault; 0: it is right.
Milliseconds date_error(FaultKind kind);

// Changes the page when the fault is one of pages. `sent` is the request target as the client sent it,
// without the key.
void spoil(AggregatesPage& page, FaultKind kind, AggregatesAsk const& ask, std::string_view host,
           std::string_view sent);

}  // namespace candled
