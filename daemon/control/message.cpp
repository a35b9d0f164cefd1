#include "control/message.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace candled {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// %41 and + undone. What is no such code stays as it is.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    bool const coded =
        text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3;
    char const literal = text[i] == '+' ? ' ' : text[i];
    result += coded ? static_cast<char>(value) : literal;
    if (coded) i += 2;
  }
  return result;
}

// Calls `take` with the name and the value of each parameter, not decoded, until it says true.
template <class Take>
void for_each_parameter(std::string_view target, Take const& take) {
  auto const mark = target.find('?');
  if (mark == std::string_view::npos) return;
  auto rest = target.substr(mark + 1);
  while (!rest.empty()) {
    auto const part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    auto const equals = std::min(part.find('='), part.size());
    if (take(part.substr(0, equals), part.substr(std::min(equals + 1, part.size())))) return;
  }
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string const* ControlRequest::header(std::string_view name) const {
  auto const found =
      std::ranges::find_if(headers, [&](auto const& one) { return same_name(one.first, name); });
  return found == headers.end() ? nullptr : &found->second;
}

std::size_t ControlRequest::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(headers, [&](auto const& one) { return same_name(one.first, name); }));
}

std::string_view ControlRequest::path() const {
  return std::string_view{target}.substr(0, target.find('?'));
}

std::string ControlRequest::parameter(std::string_view name) const {
  std::string value;
  for_each_parameter(target, [&](std::string_view key, std::string_view text) {
    if (decoded(key) != name) return false;
    value = decoded(text);
    return true;
  });
  return value;
}

std::vector<std::string> ControlRequest::parameters() const {
  std::vector<std::string> names;
  for_each_parameter(target, [&](std::string_view key, std::string_view) {
    names.push_back(decoded(key));
    return false;
  });
  return names;
}

std::string_view status_title(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "";
  }
}

ControlAnswer problem(ControlRequest const& request, int status, std::string_view code,
                      std::string_view detail) {
  nlohmann::ordered_json const body{{"type", "about:blank"}, {"title", status_title(status)},
                                    {"status", status},      {"code", code},
                                    {"detail", detail},      {"request_id", request.id}};
  return {.status = status, .type = "application/problem+json", .body = body.dump(2) + "\n"};
}

}  // namespace candled
