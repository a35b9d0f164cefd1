// Hosts and ports, as they stand in addresses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace candled {

struct HostPort {
  std::string host;         // a name, an IPv4 address, or an IPv6 address without its brackets
  std::optional<int> port;  // 0..65535
};

// "host", "host:8080", "127.0.0.1:0", "[::1]:8787". nullopt: anything else; an IPv6 address needs its
// brackets.
std::optional<HostPort> parse_host_port(std::string_view text);

// Nobody outside this machine can be reached or listened to there: 127.0.0.0/8, ::1, or the name localhost.
bool is_loopback(std::string_view host);

}  // namespace candled
