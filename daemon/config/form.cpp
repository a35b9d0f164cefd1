#include "config/form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "config/address.hpp"
#include "core/size.hpp"

namespace candled {

namespace {

using namespace std::chrono_literals;

// "1.5 hours" -> {"1.5", "hours"}.
std::pair<std::string, std::string> number_and_unit(std::string_view text) {
  auto const end = std::min(text.find_first_not_of("0123456789"), text.size());
  auto const unit = std::min(text.find_first_not_of(' ', end), text.size());
  return {std::string{text.substr(0, end)}, std::string{text.substr(unit)}};
}

struct OtherSpelling {
  std::string_view theirs;
  std::string_view ours;
};

constexpr std::array duration_spellings{
    OtherSpelling{"ms", "ms"},    OtherSpelling{"msec", "ms"},   OtherSpelling{"millis", "ms"},
    OtherSpelling{"s", "s"},      OtherSpelling{"sec", "s"},     OtherSpelling{"secs", "s"},
    OtherSpelling{"second", "s"}, OtherSpelling{"seconds", "s"}, OtherSpelling{"S", "s"},
    OtherSpelling{"m", "m"},      OtherSpelling{"min", "m"},     OtherSpelling{"mins", "m"},
    OtherSpelling{"minute", "m"}, OtherSpelling{"minutes", "m"}, OtherSpelling{"M", "m"},
    OtherSpelling{"h", "h"},      OtherSpelling{"hr", "h"},      OtherSpelling{"hour", "h"},
    OtherSpelling{"hours", "h"},  OtherSpelling{"H", "h"},       OtherSpelling{"d", "d"},
    OtherSpelling{"day", "d"},    OtherSpelling{"days", "d"},    OtherSpelling{"D", "d"}};

constexpr std::array size_spellings{
    OtherSpelling{"K", "KiB"},   OtherSpelling{"k", "KiB"},   OtherSpelling{"kb", "KB"},
    OtherSpelling{"kB", "KB"},   OtherSpelling{"kib", "KiB"}, OtherSpelling{"M", "MiB"},
    OtherSpelling{"m", "MiB"},   OtherSpelling{"mb", "MB"},   OtherSpelling{"mib", "MiB"},
    OtherSpelling{"Mib", "MiB"}, OtherSpelling{"G", "GiB"},   OtherSpelling{"g", "GiB"},
    OtherSpelling{"gb", "GB"},   OtherSpelling{"gib", "GiB"}, OtherSpelling{"MiB", "MiB"},
    OtherSpelling{"KiB", "KiB"}, OtherSpelling{"MB", "MB"},   OtherSpelling{"GiB", "GiB"},
    OtherSpelling{"GB", "GB"}};

// "5 minutes" -> "write 5m". Empty when the text is no other spelling of a value.
std::string respelled(std::string_view text, auto const& spellings) {
  auto const [number, unit] = number_and_unit(text);
  auto const known = std::ranges::find(spellings, unit, &OtherSpelling::theirs);
  if (number.empty() || known == spellings.end()) return "";
  return fmt::format("write {}{}", number, known->ours);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string duration_hint(std::string const& text) {
  if (is_number(text)) return fmt::format("add a unit: {}s, or another of ms s m h d", text);
  if (auto hint = respelled(text, duration_spellings); !hint.empty()) return hint;
  return "write a whole number and one unit of ms s m h d";
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_short_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; });
}

std::string symbol_hint(std::string_view text) {
  if (text.find_first_of(", ") != std::string_view::npos) return "write each symbol as an item of its own";
  if (text.size() > 32) return "it is too long";
  return "";
}

Refusal bad_base_url(std::string hint) {
  // The URL is not repeated: people paste it with their key in it.
  return {.message = "expected https://host or https://host:port and nothing more, found something else",
          .hint = std::move(hint)};
}

Refusal unsafe_base_url() {
  return {.message = "expected https://, found http:// to a host that is not a loopback address",
          .hint = "write https://: over http anyone on the way could read the key"};
}

std::string base_url_hint(std::string_view rest) {
  if (rest.find('@') != std::string_view::npos) return "leave out the user; the key belongs in api_key";
  if (rest.find('?') != std::string_view::npos)
    return "leave out what follows '?'; the key belongs in api_key";
  if (rest.ends_with('/')) return "leave out the '/' at the end";
  if (rest.find('/') != std::string_view::npos)
    return "leave out the path; candled knows the provider's paths";
  return "";
}

}  // namespace

std::string quoted(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  std::string shown{text.substr(0, shown_max)};
  // Half a UTF-8 character at the end would garble a terminal.
  if (text.size() > shown_max)
    while (!shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xC0U) == 0x80)
      shown.pop_back();
  std::ranges::replace_if(shown, is_control, ' ');
  return fmt::format("'{}{}'", shown, text.size() > shown_max ? "…" : "");
}

Form<int> whole_number(int min, int max) {
  return {.expected = fmt::format("a whole number from {} to {}", min, max),
          .read = [min, max](std::string const& text) -> Reading<int> {
            int value = 0;
            auto const* const end = text.data() + text.size();
            auto const [stop, error] = std::from_chars(text.data(), end, value);
            if (error != std::errc{} || stop != end || value < min || value > max) return refuse();
            return value;
          }};
}

Form<Milliseconds> duration(Milliseconds min, Milliseconds max) {
  return {.expected = fmt::format("a duration from {} to {}, such as {}", min == 0s ? "0s" : to_string(min),
                                  to_string(max), to_string(std::clamp(Milliseconds{30s}, min, max))),
          .read = [min, max](std::string const& text) -> Reading<Milliseconds> {
            auto const value = parse_duration(text);
            if (!value) return refuse(duration_hint(text));
            if (*value < min || *value > max) return refuse();
            return *value;
          }};
}

Form<int> whole_years() {
  return {.expected = "a number of years from 1y to 100y, such as 5y",
          .read = [](std::string const& text) -> Reading<int> {
            auto const [number, unit] = number_and_unit(text);
            int years = 0;
            auto const [end, error] = std::from_chars(number.data(), number.data() + number.size(), years);
            bool const good = error == std::errc{} && years >= 1 && years <= 100 && text == number + "y";
            if (good) return years;
            if (is_number(text)) return refuse(fmt::format("add the unit: {}y", text));
            return refuse("bars are dropped a year at a time: write whole years");
          },
          .write = [](int years) { return years == 0 ? std::string{} : fmt::format("{}y", years); }};
}

Form<std::int64_t> size_from(std::int64_t min) {
  return {
      .expected = fmt::format("a size of at least {}, such as 64MiB", size_to_string(min)),
      .read = [min](std::string const& text) -> Reading<std::int64_t> {
        auto const value = parse_size(text);
        if (!value) {
          auto const hint = respelled(text, size_spellings);
          return refuse(hint.empty() ? "write a whole number and one unit of KiB MiB GiB KB MB GB" : hint);
        }
        if (*value < min) return refuse(is_number(text) ? "a number without a unit is bytes" : "");
        return *value;
      }};
}

Form<Date> past_date(Date today) {
  return {.expected = "a date from 1970-01-01 to today, such as 2024-01-01",
          .read = [today](std::string const& text) -> Reading<Date> {
            auto const date = parse_date(text);
            if (!date) return refuse("write year-month-day, with all digits");
            if (*date < Date{std::chrono::year{1970} / 1 / 1} || *date > today) return refuse();
            return *date;
          }};
}

Form<Milliseconds> wall_clock() {
  return {.expected = R"(a time of day from "00:00" to "23:59")",
          .read = [](std::string const& text) -> Reading<Milliseconds> {
            bool const shaped = text.size() == 5 && text[2] == ':' && is_number(text.substr(0, 2)) &&
                                is_number(text.substr(3));
            if (!shaped) return refuse("write hours and minutes with two digits each: \"09:05\"");
            auto const hours = std::stoi(text.substr(0, 2));
            auto const minutes = std::stoi(text.substr(3));
            if (hours > 23 || minutes > 59) return refuse();
            return std::chrono::hours{hours} + std::chrono::minutes{minutes};
          }};
}

Form<Zone> zone_name() {
  return {.expected = "a time zone of this system, such as America/New_York",
          .read = [](std::string const& text) -> Reading<Zone> {
            auto const zone = Zone::find(text);
            if (!zone) return refuse("`timedatectl list-timezones` prints them all");
            return *zone;
          }};
}

Form<std::string> short_name() {
  return {.expected = "a name of 1 to 63 of a-z 0-9 _ - that starts with a letter or digit",
          .read = [](std::string const& text) -> Reading<std::string> {
            if (!is_short_name(text)) return refuse();
            return text;
          }};
}

Form<std::string> ticker_symbol() {
  return {.expected = R"(a symbol of 1 to 32 visible ASCII characters, none of them / \ ? # % or a comma)",
          .read = [](std::string const& text) -> Reading<std::string> {
            auto const allowed = [](char c) {
              return c > ' ' && c <= '~' && std::string_view{R"(/\?#%,)"}.find(c) == std::string_view::npos;
            };
            if (text.empty() || text.size() > 32 || !std::ranges::all_of(text, allowed))
              return refuse(symbol_hint(text));
            return text;
          }};
}

Form<std::string> file_path() {
  return {.expected = "the path of a file", .read = [](std::string const& text) -> Reading<std::string> {
            if (text.empty() || text.ends_with('/') || std::ranges::any_of(text, is_control)) return refuse();
            return text;
          }};
}

Form<std::string> files_root() {
  return {.expected = "the path of a folder, or s3://BUCKET/FOLDER",
          .read = [](std::string const& text) -> Reading<std::string> {
            if (text.starts_with("s3://")) {
              auto const rest = text.substr(5);
              // What needs no encoding in a URL: it is a part of what is signed.
              bool const plain = std::ranges::all_of(rest, [](char c) {
                return is_alphanumeric(c) || (c >= 'A' && c <= 'Z') || std::string_view{"-._~/"}.contains(c);
              });
              if (plain && !rest.empty() && rest.front() != '/' && !rest.contains("//")) return text;
              return refuse("s3://flatfiles, or s3://BUCKET/FOLDER of letters, digits and - . _ ~");
            }
            if (text.contains("://")) return refuse("a folder of this machine, or s3://BUCKET");
            if (text.empty() || std::ranges::any_of(text, is_control)) return refuse();
            return text;
          }};
}

Form<std::string> region_name() {
  return {.expected = "a region such as us-east-1",
          .read = [](std::string const& text) -> Reading<std::string> {
            if (text.empty() || text.size() > 32 ||
                !std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; }))
              return refuse();
            return text;
          }};
}

Form<std::string> base_url() {
  auto const read = [](std::string const& text) -> Reading<std::string> {
    std::string_view rest = text;
    bool const encrypted = rest.starts_with("https://");
    if (!encrypted && !rest.starts_with("http://"))
      return std::unexpected(std::vector{bad_base_url("start with https://")});
    rest.remove_prefix(rest.find("//") + 2);
    auto const address = parse_host_port(rest);
    if (!address || address->port == 0)
      return std::unexpected(std::vector{bad_base_url(base_url_hint(rest))});
    if (!encrypted && !is_loopback(address->host)) return std::unexpected(std::vector{unsafe_base_url()});
    return text;
  };
  return {.expected = "https://host or https://host:port", .read = read};
}

Form<std::string> listen_address() {
  return {.expected = "HOST:PORT, such as 127.0.0.1:8787",
          .read = [](std::string const& text) -> Reading<std::string> {
            auto const address = parse_host_port(text);
            if (!address) return refuse("an IPv6 address is written [::1]:8787");
            if (!address->port) return refuse(fmt::format("add a port: {}:8787", text));
            return text;
          }};
}

Form<std::string> host_name() {
  return {.expected = "a name such as candled.example.com, or a name with a port",
          .read = [](std::string const& text) -> Reading<std::string> {
            if (!parse_host_port(text)) return refuse("leave out http:// and the path");
            return text;
          }};
}

Form<std::string> sha256_hex() {
  return {.expected = "the 64 hexadecimal digits of a SHA-256",
          .read = [](std::string const& text) -> Reading<std::string> {
            std::string digits;
            for (char const c : text) digits += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
            if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
              return refuse("printf %s \"$TOKEN\" | sha256sum prints them");
            return digits;
          }};
}

}  // namespace candled
