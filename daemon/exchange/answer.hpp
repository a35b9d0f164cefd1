// What the exchange says: pages of bars and refusals, as the provider writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bar.hpp"

namespace candled {

// The provider's bodies write volumes in two ways: those of status OK like Go's %g (7.0790813e+07), those of
// status DELAYED plain (71763761). Every recorded body agrees; why is not known.
enum class NumberForm { scientific, plain };

enum class EmptyForm { no_key, null };

// How every fifth bar writes what it may, and may not: null for vw and n; whole numbers with a point or an
// exponent; its open as a text.
enum class OddFields { none, null, spelled_otherwise, unreadable };

// One page before it is text. An absent optional, a vwap or close of NaN and a trade count of -1 are left
// out.
struct AggregatesPage {
  std::string ticker;
  std::optional<std::size_t> query_count;  // base bars read for it
  bool adjusted;
  std::vector<Bar> results;
  bool counted = true;  // has resultsCount and count
  std::string status = "OK";
  std::string next_url;  // empty: the last page
  EmptyForm empty_form = EmptyForm::no_key;
  OddFields odd_fields = OddFields::none;
  std::optional<std::size_t> results_said = std::nullopt;  // instead of how many there are
  std::string error = {};                                  // beside the status, whatever that is
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::string> headers = {};  // "Name: value"
};

// Keys in the recorded order, compact (provider contract, 1.2).
std::string to_json(AggregatesPage const& page, std::string_view request_id);

// The shortest text that reads back as `value`.
void append_number(std::string& text, double value, NumberForm form);

// Every way in which the provider refuses, with its exact words (provider contract, 3.2).
enum class ExchangeRefusal {
  no_key,
  unknown_key,
  not_entitled,
  timeframe,
  today,
  too_many_requests,
  bad_from,
  bad_to,
  to_before_from,
  bad_parameter,  // our words: the provider's are not recorded
  no_such_path,   // our words
  bad_method,     // our words
};

Answer refusal(ExchangeRefusal why, std::string_view request_id);

// What the provider's front end says when its back end does not: nginx's page for 500, 502, 503 or 504.
Answer gateway_page(int status);

std::string_view reason_phrase(int status);

}  // namespace candled
