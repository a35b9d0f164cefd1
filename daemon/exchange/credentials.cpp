#include "exchange/credentials.hpp"

#include <charconv>

namespace candled {

std::optional<RequestLimit> parse_request_limit(std::string_view text) {
  auto const slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  RequestLimit limit{};
  auto const [stop, error] = std::from_chars(text.data(), text.data() + slash, limit.requests);
  auto const per = parse_duration(text.substr(slash + 1));
  if (error != std::errc{} || stop != text.data() + slash || limit.requests < 1) return std::nullopt;
  if (!per || *per == Milliseconds{0}) return std::nullopt;
  limit.per = *per;
  return limit;
}

std::optional<AcceptedKey> parse_key(std::string_view text) {
  auto const equals = text.find('=');
  AcceptedKey accepted{.key = Secret{std::string{text.substr(0, equals)}}};
  if (accepted.key.empty()) return std::nullopt;
  if (equals == std::string_view::npos) return accepted;
  accepted.limit = parse_request_limit(text.substr(equals + 1));
  return accepted.limit ? std::optional{accepted} : std::nullopt;
}

}  // namespace candled
