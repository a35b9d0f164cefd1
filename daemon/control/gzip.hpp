// gzip, for answers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace candled {

// Whether a client that sends this Accept-Encoding takes gzip (RFC 9110, 12.5.3).
bool accepts_gzip(std::string_view accept_encoding);

std::string gzipped(std::string_view text);

// Below it the head of gzip and the work cost more than they save.
inline constexpr std::size_t compressed_from_bytes = 1024;

// The other way. `packed` is our own: what it unpacks to is no longer than memory allows.
std::string ungzipped(std::string_view packed);

}  // namespace candled
