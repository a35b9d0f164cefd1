// Numbers of bytes, as people write and read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace candled {

// "64MiB", "10MB", "4096", "100B": a whole number and at most one unit (B; KB MB GB TB: powers of 1000; KiB
// MiB GiB TiB: powers of 1024). nullopt: anything else, or 2^63 bytes and more.
std::optional<std::int64_t> parse_size(std::string_view text);
// The largest unit that is exact: 65536 is "64KiB", 10,000,000 is "10MB", 1001 is "1001B".
std::string size_to_string(std::int64_t bytes);
// For people: one digit after the point, powers of 1024: "61.0 MiB", "512 B".
std::string size_in_words(std::int64_t bytes);

}  // namespace candled
