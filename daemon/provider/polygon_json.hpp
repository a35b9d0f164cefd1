// What reading the provider's JSON needs in more than one place. For polygon_*.cpp only: it brings all of
// simdjson.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace candled::polygon_json {

namespace json = simdjson::ondemand;

// simdjson's words, in the form of ours.
inline std::string words(simdjson::error_code error) {
  std::string_view const text = simdjson::error_message(error);
  return fmt::format("JSON: {}", text.substr(0, text.find_last_not_of('.') + 1));
}

// The text of a value that nothing has been read of; of an object or array its first character.
inline std::string_view token(json::value value) {
  auto const text = value.raw_json_token();
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

// The same for a person: at most 60 bytes of printable ASCII.
inline std::string shown(json::value value) {
  constexpr std::size_t bytes_max = 60;
  auto const text = token(value);
  if (text.starts_with('{')) return "an object";
  if (text.starts_with('[')) return "an array";
  std::string result;
  for (char const c : text.substr(0, bytes_max)) result += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > bytes_max ? result + "..." : result;
}

inline bool is_null(json::value value) {
  return token(value) == "null";
}

// Between two values there is something else: then nothing that follows is what it seems to be.
inline bool is_no_value(json::value value) {
  auto const text = token(value);
  return text.empty() || std::string_view{",:]}"}.contains(text.front());
}

enum class Whole { yes, too_large, no };

// By reference, as all that is called for each field: a copy of a value waits for what was just written of
// it, and made a page three times as slow. A whole number in any spelling: 5, 5.0, 1.2e+01. too_large: whole,
// but more than an int64 holds.
inline Whole read_spelled_otherwise(json::value& value, std::int64_t& number) {
  double any = 0;
  if (value.get(any) != simdjson::SUCCESS || std::trunc(any) != any) return Whole::no;
  constexpr double limit = 9'223'372'036'854'775'808.0;
  if (any < -limit || any >= limit) return Whole::too_large;
  number = static_cast<std::int64_t>(any);
  return Whole::yes;
}

[[gnu::always_inline]] inline Whole read_whole(json::value& value, std::int64_t& number) {
  if (value.get(number) == simdjson::SUCCESS) [[likely]]
    return Whole::yes;
  return read_spelled_otherwise(value, number);
}

}  // namespace candled::polygon_json
