#include "exchange/request_log.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace candled {

namespace {

// Only paths come from outside; what JSON cannot hold as it is becomes '?'.
std::string quoted(std::string_view text) {
  std::string safe = "\"";
  for (char const c : text) safe += c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c;
  return safe + '"';
}

std::string key_of(int status) {
  return std::to_string(status);
}
std::string_view key_of(std::string_view name) {
  return name;
}

template <class Counts>
std::string counts(Counts const& counts) {
  std::string text;
  for (auto const& [key, count] : counts)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", quoted(key_of(key)), count);
  return "{" + text + "}";
}

std::string credential(CredentialLog const& log) {
  auto const limit = log.limit ? std::to_string(log.limit->requests) : "null";
  return fmt::format(
      "    {}: {{\"requests\": {}, \"limit\": {}, \"window_ms\": {}, \"max_in_window\": {}, \"limited\": "
      "{},\n"
      "      \"by_status\": {}, \"by_fault\": {}}}",
      quoted(log.name), log.requests, limit, log.arrivals.length().count(), log.arrivals.most(), log.limited,
      counts(log.by_status), counts(log.by_fault));
}

}  // namespace

std::string to_json(RequestLog const& log, UtcTime now) {
  auto text = fmt::format("{{\n  \"now\": \"{}\",\n  \"credentials\": {{", to_rfc3339(now));
  char const* separator = "\n";
  for (auto const& one : log.credentials) {
    text += separator + credential(one);
    separator = ",\n";
  }
  text += "\n  },\n  \"paths\": {";
  separator = "\n";
  for (auto const& [path, seen] : log.paths) {
    fmt::format_to(std::back_inserter(text), R"({}    {}: {{"asks": {}, "pages": {}}})", separator,
                   quoted(path), seen.asks, seen.pages);
    separator = ",\n";
  }
  fmt::format_to(std::back_inserter(text),
                 "\n  }},\n  \"distinct_tickers\": {},\n  \"bytes_sent\": {},\n  \"connections\": {},\n"
                 "  \"concurrent_max\": {}\n}}\n",
                 log.tickers.size(), log.bytes_sent, log.connections, log.concurrent_max);
  return text;
}

}  // namespace candled
