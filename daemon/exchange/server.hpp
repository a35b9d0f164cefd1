// The exchange on a socket: HTTP/1.1 by hand, because faults are made of bytes.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "exchange/exchange.hpp"
#include "exchange/http_message.hpp"
#include "exchange/market_clock.hpp"

namespace candled {

struct ListenAddress {
  std::string host = "127.0.0.1";  // an IP address; IPv6 without brackets
  std::uint16_t port = 0;          // 0: any free one
};

// "127.0.0.1:8080", "[::1]:0" or "localhost:0". nullopt: not such an address.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

// http://HOST:PORT
std::string url_of(ListenAddress const& address);

// Answers until SIGTERM or SIGINT, then lets the answers that are on their way end, 2 s at most. `ready` is
// called once, with the port that was given. One thread. Error: the address cannot be listened on, and why.
std::expected<void, std::string> serve(Exchange& exchange, MarketClock const& clock, ListenAddress address,
                                       Compression compression,
                                       std::function<void(ListenAddress const&)> const& ready);

}  // namespace candled
