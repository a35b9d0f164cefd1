// How long a Retry-After header asks to wait.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.hpp"

namespace candled {

// Seconds, or a date in any of the three forms of RFC 9110 (5.6.7), which is compared with `now`. Kept within
// [0, 1 h]: a provider that names a year is not obeyed. nullopt: neither of the two.
std::optional<Milliseconds> parse_retry_after(std::string_view text, UtcTime now);

// Such a date. nullopt: it is none.
std::optional<UtcTime> parse_http_date(std::string_view text);

}  // namespace candled
