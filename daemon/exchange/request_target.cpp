#include "exchange/request_target.hpp"

#include <algorithm>
#include <charconv>

namespace candled {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// %41 -> A; a % that is not followed by two hex digits stays as it is.
std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      auto const* const digits = text.data() + i + 1;
      auto const [stop, error] = std::from_chars(digits, digits + 2, value, 16);
      if (error == std::errc{} && stop == digits + 2) {
        plain += static_cast<char>(value);
        i += 2;
        continue;
      }
    }
    plain += text[i];
  }
  return plain;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    auto const end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string_view> RequestTarget::parameter(std::string_view name) const {
  auto const found =
      std::ranges::find(query, name, [](auto const& pair) { return std::string_view{pair.first}; });
  return found == query.end() ? std::nullopt : std::optional<std::string_view>{found->second};
}

RequestTarget parse_target(std::string_view target) {
  auto const question = std::min(target.find('?'), target.size());
  RequestTarget parsed{
      .path = std::string{target.substr(0, question)}, .segments = {}, .query = {}, .without_key = {}};
  for (auto const part : split(parsed.path, '/'))
    if (!part.empty()) parsed.segments.push_back(decoded(part));
  parsed.without_key = parsed.path;
  if (question == target.size()) return parsed;
  char separator = '?';
  for (auto const part : split(target.substr(question + 1), '&')) {
    auto const equals = std::min(part.find('='), part.size());
    auto name = decoded(part.substr(0, equals));
    if (name != "apiKey") {
      parsed.without_key += separator;
      parsed.without_key += part;
      separator = '&';
    }
    parsed.query.emplace_back(std::move(name), decoded(part.substr(std::min(equals + 1, part.size()))));
  }
  return parsed;
}

std::string base64url(std::string_view text) {
  std::string coded;
  unsigned bits = 0;
  int count = 0;
  for (char const c : text) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6)
      coded += alphabet[(bits >> static_cast<unsigned>(count - 6)) & 63U];
  }
  if (count > 0) coded += alphabet[(bits << static_cast<unsigned>(6 - count)) & 63U];
  return coded;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string plain;
  unsigned bits = 0;
  int count = 0;
  for (char const c : text) {
    auto const value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    plain += static_cast<char>((bits >> static_cast<unsigned>(count)) & 255U);
  }
  return plain;
}

}  // namespace candled
