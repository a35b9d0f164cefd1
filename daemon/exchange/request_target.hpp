// The path and query of a request, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace candled {

struct RequestTarget {
  std::string path;                                        // as sent
  std::vector<std::string> segments;                       // of the path, percent-decoded
  std::vector<std::pair<std::string, std::string>> query;  // percent-decoded, in order
  std::string without_key;                                 // path and query as sent, but for apiKey

  // The first value of that name; names are case-sensitive.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

RequestTarget parse_target(std::string_view target);

// RFC 4648's URL-safe alphabet without padding, as in next_url. nullopt: not such a text.
std::string base64url(std::string_view text);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace candled
