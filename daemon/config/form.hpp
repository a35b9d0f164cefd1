// How one value is written: what is expected, in words, and how its text is read.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/suggest.hpp"
#include "core/secret.hpp"
#include "core/size.hpp"
#include "core/time.hpp"
#include "core/zone.hpp"

namespace candled {

// Why a text is not a value. An empty message stands for "expected EXPECTED, found 'TEXT'".
struct Refusal {
  std::string message;
  std::string hint;
  bool secret_or_permission = false;
};

template <class T>
using Reading = std::expected<T, std::vector<Refusal>>;

// A refusal with the usual message, and a hint or none.
inline std::unexpected<std::vector<Refusal>> refuse(std::string hint = "") {
  return std::unexpected(std::vector{Refusal{.hint = std::move(hint)}});
}

// May the text hold references such as ${env:NAME}? Where it may, it is never repeated in a message.
enum class References { refused, allowed };

template <class T>
struct Form {
  std::string expected;  // "a duration from 1s to 1d, such as 30s": follows "expected "
  std::function<Reading<T>(std::string const&)> read;
  References references = References::refused;
  std::function<std::string(T const&)> write = {};  // of words; numbers, times and texts write themselves
};

// A value as it would be written in the file.
inline std::string written(int value) {
  return std::to_string(value);
}
inline std::string written(std::int64_t bytes) {
  return size_to_string(bytes);
}
inline std::string written(Milliseconds time) {
  return time == Milliseconds{0} ? "0s" : to_string(time);
}
inline std::string written(std::string const& text) {
  return text;
}

// The pairs of a word and its meaning are the only values; a near miss gets "did you mean".
template <class T>
Form<T> one_of(std::vector<std::pair<std::string, T>> const& choices);

// Or the word `off`: nothing.
template <class T>
Form<std::optional<T>> or_off(Form<T> form);

Form<int> whole_number(int min, int max);
Form<Milliseconds> duration(Milliseconds min, Milliseconds max);
Form<std::int64_t> size_from(std::int64_t min);
// A day from 1970-01-01 to `today`.
Form<Date> past_date(Date today);
// "5y": whole years, 1 to 100, because bars are dropped a year at a time.
Form<int> whole_years();
// "17:30", since midnight.
Form<Milliseconds> wall_clock();
Form<Zone> zone_name();
// What operators call jobs and providers: [a-z0-9][a-z0-9_-]{0,62}, safe in SQL, CSV, metrics and file names.
Form<std::string> short_name();
// As the provider spells it: 1 to 32 visible ASCII characters, without those that would change a URL's or a
// list's meaning: no / \ ? # % and comma.
Form<std::string> ticker_symbol();
Form<std::string> file_path();
// The path of a folder, or s3://BUCKET/FOLDER.
Form<std::string> files_root();
// us-east-1
Form<std::string> region_name();
// https://host[:port]; http only to a loopback address, as the key would be readable on the way.
Form<std::string> base_url();
// HOST:PORT
Form<std::string> listen_address();
// A name or an address, with or without a port.
Form<std::string> host_name();
// 64 hexadecimal digits; given in small letters.
Form<std::string> sha256_hex();

// Writing a text of the operator's into a message: quoted, without control characters, 60 bytes at most.
std::string quoted(std::string_view text);

template <class T>
Form<std::optional<T>> or_off(Form<T> form) {
  auto const expected = form.expected + ", or off";
  return {.expected = expected,
          .read = [form = std::move(form)](std::string const& text) -> Reading<std::optional<T>> {
            if (text == "off") return std::optional<T>{};
            auto value = form.read(text);
            if (!value) return std::unexpected(std::move(value.error()));
            return std::optional<T>{*std::move(value)};
          }};
}

template <class T>
Form<T> one_of(std::vector<std::pair<std::string, T>> const& choices) {
  std::string expected = choices.size() > 1 ? "one of" : "";
  std::vector<std::string> words;
  for (auto const& [word, value] : choices) {
    expected += (expected.empty() ? "" : " ") + word;
    words.push_back(word);
  }
  auto const read = [choices, words](std::string const& text) -> Reading<T> {
    for (auto const& [word, value] : choices)
      if (word == text) return value;
    return refuse(did_you_mean(text, words));
  };
  auto const write = [choices](T const& value) -> std::string {
    for (auto const& [word, meant] : choices)
      if (meant == value) return word;
    return "";
  };
  return {.expected = expected, .read = read, .write = write};
}

}  // namespace candled
