#include "exchange/answer.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

namespace candled {

namespace {

constexpr std::size_t odd_every = 5;

struct RefusalText {
  int status;
  std::string_view status_word;
  std::string_view key;  // the provider puts its words into "error" or "message"
  std::string_view words;
};

RefusalText text_of(ExchangeRefusal why) {
  switch (why) {
    case ExchangeRefusal::no_key: return {401, "ERROR", "error", "API Key was not provided"};
    case ExchangeRefusal::unknown_key: return {401, "ERROR", "error", "Unknown API Key"};
    case ExchangeRefusal::not_entitled:
      return {403, "NOT_AUTHORIZED", "message",
              "You are not entitled to this data. Please upgrade your plan at https://massive.com/pricing"};
    case ExchangeRefusal::timeframe:
      return {403, "NOT_AUTHORIZED", "message",
              "Your plan doesn't include this data timeframe. Please upgrade your plan at "
              "https://polygon.io/pricing"};
    case ExchangeRefusal::today:
      return {403, "NOT_AUTHORIZED", "message",
              "Attempted to request today's data before end of day. Please upgrade your plan at "
              "https://polygon.io/pricing"};
    case ExchangeRefusal::too_many_requests:
      return {429, "ERROR", "error",
              "You've exceeded the maximum requests per minute, please wait or upgrade your subscription to "
              "continue. "
              "https://polygon.io/pricing"};
    case ExchangeRefusal::bad_from:
      return {400, "ERROR", "error",
              "Could not parse the time parameter: 'from'. Use YYYY-MM-DD or Unix MS Timestamps"};
    case ExchangeRefusal::bad_to:
      return {400, "ERROR", "error",
              "Could not parse the time parameter: 'to'. Use YYYY-MM-DD or Unix MS Timestamps"};
    case ExchangeRefusal::to_before_from:
      return {400, "ERROR", "error", "The parameter 'to' cannot be a time that occurs before 'from'"};
    case ExchangeRefusal::bad_parameter: return {400, "ERROR", "error", "A parameter is not valid"};
    case ExchangeRefusal::no_such_path: return {404, "NOT_FOUND", "message", "Page not found."};
    case ExchangeRefusal::bad_method: return {405, "ERROR", "error", "Method not allowed"};
  }
  return {};
}

void append_field(std::string& text, std::string_view key, double value, NumberForm form) {
  if (std::isnan(value)) return;
  text += key;
  append_number(text, value, form);
}

void append_bar(std::string& text, Bar const& bar, NumberForm form, OddFields odd) {
  text += R"({"v":)";
  append_number(text, bar.volume, form);
  if (odd == OddFields::null) text += R"(,"vw":null)";
  if (odd != OddFields::null) append_field(text, R"(,"vw":)", bar.vwap, form);
  append_field(text, odd == OddFields::unreadable ? R"(,"o":"none)" : R"(,"o":)", bar.open, form);
  if (odd == OddFields::unreadable) text += '"';
  append_field(text, R"(,"c":)", bar.close, form);
  append_field(text, R"(,"h":)", bar.high, form);
  append_field(text, R"(,"l":)", bar.low, form);
  fmt::format_to(std::back_inserter(text), R"(,"t":{})", bar.start.time_since_epoch().count());
  if (odd == OddFields::spelled_otherwise) text += ".0";
  if (odd == OddFields::null)
    text += R"(,"n":null)";
  else if (bar.trade_count >= 0 && odd == OddFields::spelled_otherwise)
    fmt::format_to(std::back_inserter(text), R"(,"n":{}0e-1)", bar.trade_count);
  else if (bar.trade_count >= 0)
    fmt::format_to(std::back_inserter(text), R"(,"n":{})", bar.trade_count);
  text += '}';
}

void append_results(std::string& text, AggregatesPage const& page) {
  if (page.results.empty()) {
    if (page.empty_form == EmptyForm::null) text += R"("results":null,)";
    return;
  }
  auto const form = page.status == "DELAYED" ? NumberForm::plain : NumberForm::scientific;
  text.reserve(text.size() + page.results.size() * 120);
  text += R"("results":[)";
  for (std::size_t i = 0; i < page.results.size(); ++i) {
    append_bar(text, page.results[i], form, i % odd_every == 0 ? page.odd_fields : OddFields::none);
    text += ',';
  }
  text.back() = ']';
  text += ',';
}

}  // namespace

void append_number(std::string& text, double value, NumberForm form) {
  std::array<char, 400> digits{};  // the longest plain double has 309 digits before its point
  auto const format = form == NumberForm::plain ? std::chars_format::fixed : std::chars_format::general;
  auto const [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value, format);
  text.append(digits.data(), end);
}

std::string to_json(AggregatesPage const& page, std::string_view request_id) {
  auto text = fmt::format(R"({{"ticker":"{}",)", page.ticker);
  if (page.query_count) text += fmt::format(R"("queryCount":{},)", *page.query_count);
  auto const results = page.results_said.value_or(page.results.size());
  if (page.counted) text += fmt::format(R"("resultsCount":{},)", results);
  text += fmt::format(R"("adjusted":{},)", page.adjusted);
  append_results(text, page);
  text += fmt::format(R"("status":"{}","request_id":"{}")", page.status, request_id);
  if (page.counted && results > 0) text += fmt::format(R"(,"count":{})", results);
  if (!page.error.empty()) text += fmt::format(R"(,"error":"{}")", page.error);
  if (!page.next_url.empty()) text += fmt::format(R"(,"next_url":"{}")", page.next_url);
  return text + '}';
}

Answer refusal(ExchangeRefusal why, std::string_view request_id) {
  auto const text = text_of(why);
  return {.status = text.status,
          .body = fmt::format(R"({{"status":"{}","request_id":"{}","{}":"{}"}})", text.status_word,
                              request_id, text.key, text.words)};
}

Answer gateway_page(int status) {
  auto const title = fmt::format("{} {}", status, reason_phrase(status));
  return {.status = status,
          .content_type = "text/html",
          .body = fmt::format(
              "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
              "<hr><center>nginx/1.19.2</center>\r\n</body>\r\n</html>\r\n",
              title)};
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Temporarily Unavailable";
    case 504: return "Gateway Time-out";
    default: return "Unknown";
  }
}

}  // namespace candled
