// The keys that the exchange accepts, and how many requests each may make.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.hpp"
#include "core/time.hpp"

namespace candled {

// REQUESTS/PER: at most `requests` in any sliding window of `per`.
struct RequestLimit {
  int requests;
  Milliseconds per;
};

struct AcceptedKey {
  Secret key;
  std::optional<RequestLimit> limit = std::nullopt;
};

// "150/1m". nullopt: not such a limit.
std::optional<RequestLimit> parse_request_limit(std::string_view text);
// "KEY" or "KEY=150/1m". nullopt: no key, or not such a limit.
std::optional<AcceptedKey> parse_key(std::string_view text);

}  // namespace candled
