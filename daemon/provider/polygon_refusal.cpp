#include "provider/polygon_refusal.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cctype>

namespace candled {

namespace {

constexpr std::size_t quoted_bytes_max = 200;
constexpr std::size_t refusal_bytes_max = 64 * 1024;  // recorded ones have 200 bytes

struct Refusal {
  std::string status;
  std::string text;
};

std::string member(simdjson::dom::object const& object, char const* name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string{text} : std::string{};
}

// Empty strings where the body is no JSON object or lacks the keys.
Refusal read_refusal(std::string const& body) {
  if (body.size() > refusal_bytes_max) return {};
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body).get(object) != simdjson::SUCCESS) return {};
  auto text = member(object, "error");
  return {.status = member(object, "status"),
          .text = text.empty() ? member(object, "message") : std::move(text)};
}

bool is_html(HttpResponse const& response) {
  auto const start = response.body.find_first_not_of(" \t\r\n");
  return response.content_type.starts_with("text/html") ||
         (start != std::string::npos && response.body[start] == '<');
}

// "answered 403 ('You are not entitled …')"
std::string said(std::string_view answer, std::string_view text, Secret const& key) {
  return text.empty() ? fmt::format("answered {}", answer)
                      : fmt::format("answered {} ('{}')", answer, quote(text, key));
}

Error refused(std::string_view meaning, std::string_view said, std::string_view remedy,
              ErrorKind kind = ErrorKind::remote_refused) {
  return {.kind = kind, .what = fmt::format("{}: {}; {}", meaning, said, remedy)};
}

Error key_refused(std::string_view said) {
  return refused("the key was refused", said, "check the provider's api_key", ErrorKind::key_refused);
}

// Three refusals share 403, each with a remedy of its own; one that says nothing of a plan may come from
// something in between, and is no reason to give a symbol up for a day.
Error plan_refused(std::string_view said, std::string_view text) {
  if (text.contains("timeframe"))
    return refused("the plan does not reach back this far", said,
                   "let the job's history begin later, or upgrade the plan", ErrorKind::beyond_horizon);
  if (text.contains("today's data"))
    return refused("the plan gives a day's data only after its end", said,
                   "let the job's schedule ask later, or upgrade the plan", ErrorKind::not_today);
  return refused("the plan does not cover this symbol and timeframe", said,
                 "take the symbol out of the job, or upgrade the plan",
                 text.contains("entitled") ? ErrorKind::not_entitled : ErrorKind::remote_refused);
}

Error request_refused(std::string_view said) {
  return refused("the request was refused", said, "check the ticker's spelling and the provider's base_url");
}

std::optional<Error> classify_ok(HttpResponse const& response) {
  if (response.body.empty())
    return Error{.kind = ErrorKind::remote_failed,
                 .what = "answered 200 with nothing in it; asking again may help"};
  if (is_html(response))
    return Error{
        .kind = ErrorKind::remote_failed,
        .what = "answered 200 with HTML instead of JSON; if it stays so, check the provider's base_url"};
  return std::nullopt;
}

bool may_pass(int status) {
  return status == 408 || status == 425 || status == 499 || status >= 500;
}

void hide_parameter(std::string& text, std::string_view name) {
  auto const same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  auto found = text.begin();
  while ((found = std::search(found, text.end(), name.begin(), name.end(), same)) != text.end()) {
    auto const value = found + static_cast<std::ptrdiff_t>(name.size());
    auto const end = std::find_if(value, text.end(), [](char c) { return c == '&' || c == ' ' || c == '"'; });
    auto const offset = value - text.begin();
    text.replace(value, end, "(hidden)");
    found = text.begin() + offset;
  }
}

}  // namespace

std::optional<Error> classify(HttpResponse const& response, Secret const& key) {
  if (response.status == 200) return classify_ok(response);
  auto const [status, text] = read_refusal(response.body);
  auto const answer = said(std::to_string(response.status), text, key);
  if (response.status == 429)
    return Error{
        .kind = ErrorKind::rate_limited,
        .what = fmt::format("too many requests: {}; lower the provider's rate_limit to its plan", answer),
        .retry_after = response.retry_after};
  if (may_pass(response.status))
    return Error{.kind = ErrorKind::remote_failed,
                 .what = fmt::format("the provider failed: {}; asking again may help", answer),
                 .retry_after = response.retry_after};
  if (response.status == 401) return key_refused(answer);
  if (response.status == 403) return plan_refused(answer, text);
  if (response.status >= 400) return request_refused(answer);
  if (response.status >= 300)
    return refused("a redirect, and none is followed", answer, "check the provider's base_url");
  return Error{.kind = ErrorKind::malformed, .what = fmt::format("{}, which means nothing here", answer)};
}

std::optional<Error> classify_status(std::string_view status, std::string_view text, Secret const& key) {
  if (status == "OK" || status == "DELAYED") return std::nullopt;
  auto const answer = said(fmt::format("200 with status {}", quote(status, key)), text, key);
  if (status == "NOT_AUTHORIZED") return plan_refused(answer, text);
  if (status == "NOT_FOUND") return request_refused(answer);
  if (status != "ERROR")
    return Error{.kind = ErrorKind::malformed, .what = fmt::format("{}, which is unknown here", answer)};
  if (text.contains("API Key")) return key_refused(answer);
  if (text.contains("exceeded the maximum requests"))
    return Error{
        .kind = ErrorKind::rate_limited,
        .what = fmt::format("too many requests: {}; lower the provider's rate_limit to its plan", answer)};
  return request_refused(answer);
}

std::string quote(std::string_view text, Secret const& key) {
  std::string quoted{text};
  constexpr std::string_view stand_in = "(key)";
  for (auto found = quoted.find(key.reveal()); !key.empty() && found != std::string::npos;
       found =
           quoted.find(key.reveal(), found + stand_in.size()))  // the key may be a part of what stands for it
    quoted.replace(found, key.reveal().size(), stand_in);
  hide_parameter(quoted, "apikey=");
  std::erase_if(quoted, [](unsigned char c) { return c < 0x20 || c >= 0x7f; });
  if (quoted.size() > quoted_bytes_max) quoted.resize(quoted_bytes_max);
  return quoted;
}

}  // namespace candled
