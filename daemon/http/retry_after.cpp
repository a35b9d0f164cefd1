#include "http/retry_after.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <string>

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr Milliseconds longest_wait = 1h;
constexpr std::time_t end_of_year_9999 = 253'402'300'799;  // later dates do not fit into milliseconds

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Milliseconds seconds(std::string_view digits) {
  std::int64_t count = 0;
  auto const [_, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  auto const most = longest_wait / 1s;
  return std::chrono::seconds{error == std::errc{} ? std::min<std::int64_t>(count, most) : most};
}

}  // namespace

std::optional<Milliseconds> parse_retry_after(std::string_view text, UtcTime now) {
  text = trimmed(text);
  if (all_digits(text)) return seconds(text);
  if (text.starts_with('-') && all_digits(text.substr(1))) return 0ms;
  auto const date = parse_http_date(text);
  if (!date) return std::nullopt;
  return std::clamp<Milliseconds>(*date - now, 0ms, longest_wait);
}

std::optional<UtcTime> parse_http_date(std::string_view text) {
  // All three forms begin with the name of a day; curl alone would take half a date for one too.
  text = trimmed(text);
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text.front())) == 0) return std::nullopt;
  auto const seconds_since_epoch = curl_getdate(std::string{text}.c_str(), nullptr);
  if (seconds_since_epoch < 0 || seconds_since_epoch > end_of_year_9999) return std::nullopt;
  return UtcTime{std::chrono::seconds{seconds_since_epoch}};
}

}  // namespace candled
