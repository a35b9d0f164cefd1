#include "provider/polygon_cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <vector>

namespace candled {

namespace {

constexpr std::size_t url_bytes_max = 4096;  // recorded ones have 120

struct Url {
  std::string authority;  // lower case, without the port that the scheme implies
  std::string_view path;
  std::string_view query;
};

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// nullopt: not an absolute http or https URL in the characters of RFC 3986, or with a user or a fragment.
std::optional<Url> split_url(std::string_view url) {
  constexpr std::string_view never = "\"#<>@[\\]^`{|}";
  auto const odd = [&](unsigned char c) {
    return c <= 0x20 || c >= 0x7f || never.contains(static_cast<char>(c));
  };
  if (url.size() > url_bytes_max || std::ranges::any_of(url, odd)) return std::nullopt;
  bool const tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://")) return std::nullopt;
  url.remove_prefix(tls ? 8 : 7);
  auto const slash = url.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  auto authority = lower(url.substr(0, slash));
  auto const implied = tls ? std::string_view{":443"} : std::string_view{":80"};
  if (authority.ends_with(implied)) authority.resize(authority.size() - implied.size());
  url.remove_prefix(slash);
  auto const mark = url.find('?');
  auto const query = mark == std::string_view::npos ? std::string_view{} : url.substr(mark + 1);
  return Url{.authority = std::move(authority), .path = url.substr(0, mark), .query = query};
}

// The provider was renamed in 2025; both hosts serve the same data, and recorded answers name either.
bool same_provider(std::string_view theirs, std::string_view ours) {
  constexpr std::array hosts{std::string_view{"api.polygon.io"}, std::string_view{"api.massive.com"}};
  auto const is_one = [&](std::string_view host) { return std::ranges::find(hosts, host) != hosts.end(); };
  return theirs == ours || (is_one(theirs) && is_one(ours));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    auto const end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Milliseconds, or a date. 13 digits reach the year 2286.
std::optional<UtcTime> parse_time(std::string_view text, Zone zone) {
  if (auto const date = parse_date(text)) return zone.at(*date, Milliseconds{0});
  std::int64_t count = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 0 || text.size() > 13)
    return std::nullopt;
  return UtcTime{Milliseconds{count}};
}

std::string_view adjusted_value(Prices prices) {
  return prices == Prices::raw ? "false" : "true";
}

bool is_key(std::string_view parameter) {
  return lower(percent_decoded(parameter.substr(0, parameter.find('='))).value_or("")) == "apikey";
}

// Their query without their key and with our `adjusted`, which recorded cursors lack. nullopt: it asks for
// the other.
std::optional<std::string> clean_query(std::string_view query, Prices prices) {
  std::string result;
  for (auto const parameter : split(query, '&')) {
    auto const equals = parameter.find('=');
    auto const name = lower(percent_decoded(parameter.substr(0, equals)).value_or(""));
    if (parameter.empty() || name == "apikey") continue;
    if (name != "adjusted")
      result += fmt::format("{}&", parameter);
    else if (equals == std::string_view::npos || parameter.substr(equals + 1) != adjusted_value(prices))
      return std::nullopt;
  }
  return result + fmt::format("adjusted={}", adjusted_value(prices));
}

std::unexpected<Error> malformed(std::string_view reason) {
  return fail(ErrorKind::malformed, fmt::format("next_url {}", reason));
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kept =
      "-._~:";  // unreserved, and ':', which the provider itself leaves as it is
  std::string result;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    bool const plain = (byte < 0x80 && std::isalnum(byte) != 0) || kept.contains(c);
    result += plain ? std::string{c} : fmt::format("%{:02X}", byte);
  }
  return result;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    unsigned value = 0;
    auto const digits = text.substr(i + 1, 2);
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc{} || digits.size() < 2 || end != digits.data() + 2) return std::nullopt;
    result += static_cast<char>(value);
    i += 2;
  }
  return result;
}

std::string aggregates_path(std::string_view ticker, Timeframe timeframe) {
  std::string_view span;
  switch (timeframe) {
    case Timeframe::m1: span = "1/minute"; break;
    case Timeframe::m5: span = "5/minute"; break;
    case Timeframe::m15: span = "15/minute"; break;
    case Timeframe::m30: span = "30/minute"; break;
    case Timeframe::h1: span = "1/hour"; break;
    case Timeframe::h4: span = "4/hour"; break;
    case Timeframe::d1: span = "1/day"; break;
    case Timeframe::w1: span = "1/week"; break;
    case Timeframe::mo1: span = "1/month"; break;
  }
  return fmt::format("/v2/aggs/ticker/{}/range/{}/", percent_encoded(ticker), span);
}

Zone zone_of(std::string_view ticker) {
  if (ticker.starts_with("X:") || ticker.starts_with("C:")) return Zone::utc();
  if (ticker.starts_with("I:"))
    if (auto const chicago = Zone::find("America/Chicago")) return *chicago;
  return Zone::new_york();
}

Result<NextPage> parse_next_url(std::string_view url, std::string_view base_url, std::string_view ticker,
                                Timeframe timeframe, Prices prices) {
  auto const parts = split_url(url);
  auto const base = split_url(fmt::format("{}/", base_url));
  if (!parts || !base) return malformed("is not an absolute http or https URL");
  if (!same_provider(parts->authority, base->authority)) return malformed("names another host than base_url");

  auto const path = percent_decoded(parts->path);
  auto const common = percent_decoded(aggregates_path(ticker, timeframe));
  if (!path || !path->starts_with(*common)) return malformed("names another ticker, timeframe or endpoint");

  auto const times = split(std::string_view{*path}.substr(common->size()), '/');
  if (times.size() != 2) return malformed("does not end with two times");
  auto const from = parse_time(times[0], zone_of(ticker));
  auto const to = parse_time(times[1], zone_of(ticker));
  if (!from || !to) return malformed("holds a time that is neither a date nor milliseconds");

  auto const query = clean_query(parts->query, prices);
  if (!query) return malformed("asks for prices adjusted otherwise");
  return NextPage{
      .from = *from,
      .path = fmt::format("{}{}/{}?{}", aggregates_path(ticker, timeframe), times[0], times[1], *query)};
}

Result<std::string> parse_next_path(std::string_view url, std::string_view base_url, std::string_view path) {
  auto const parts = split_url(url);
  auto const base = split_url(fmt::format("{}/", base_url));
  if (!parts || !base) return malformed("is not an absolute http or https URL");
  if (!same_provider(parts->authority, base->authority)) return malformed("names another host than base_url");
  if (parts->path != path) return malformed("names another endpoint");
  std::string query;
  for (auto const parameter : split(parts->query, '&'))
    if (!parameter.empty() && !is_key(parameter))
      query += fmt::format("{}{}", query.empty() ? "" : "&", parameter);
  return fmt::format("{}?{}", path, query);
}

}  // namespace candled
