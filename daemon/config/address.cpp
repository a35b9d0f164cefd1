#include "config/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace candled {

namespace {

bool is_ipv4(std::string const& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(std::string const& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_label(std::string_view label) {
  auto const allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, allowed);
}

// A DNS name (RFC 1123), or an IPv4 address. A name whose last label starts with a digit is a mistyped
// address.
bool is_host(std::string const& host) {
  if (is_ipv4(host)) return true;
  if (host.size() > 253) return false;
  std::string_view rest = host;
  while (true) {
    auto const dot = rest.find('.');
    auto const label = rest.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return label.front() < '0' || label.front() > '9';
    rest.remove_prefix(dot + 1);
  }
}

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  bool const whole = error == std::errc{} && end == text.data() + text.size() && text.front() != '-';
  return whole && port <= 65535 ? std::optional{port} : std::nullopt;
}

}  // namespace

std::optional<HostPort> parse_host_port(std::string_view text) {
  HostPort result;
  if (text.starts_with('[')) {
    auto const end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    if (!is_ipv6(result.host)) return std::nullopt;
    text.remove_prefix(end + 1);
  } else {
    auto const end = std::min(text.find(':'), text.size());
    result.host = text.substr(0, end);
    if (!is_host(result.host)) return std::nullopt;
    text.remove_prefix(end);
  }
  if (text.empty()) return result;
  if (text.front() != ':' || text.size() == 1) return std::nullopt;
  result.port = parse_port(text.substr(1));
  return result.port ? std::optional{result} : std::nullopt;
}

bool is_loopback(std::string_view host) {
  std::string const name{host};
  if (name == "localhost") return true;
  in6_addr v6{};
  if (inet_pton(AF_INET6, name.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return is_ipv4(name) && name.starts_with("127.");
}

}  // namespace candled
