// What the exchange was asked, so that a test can prove what a client did.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exchange/credentials.hpp"
#include "exchange/rate_window.hpp"

namespace candled {

// Counts of one credential; `arrivals` holds all of its requests, refused ones too.
struct CredentialLog {
  std::string name;  // key-1, key-2 … as given on the command line; unknown: no key, or another
  std::optional<RequestLimit> limit;
  RateWindow arrivals;
  std::uint64_t requests = 0;
  std::uint64_t limited = 0;  // 429 by the limit
  std::map<int, std::uint64_t> by_status = {};
  std::map<std::string, std::uint64_t, std::less<>> by_fault = {};
};

// Of one path up to its timespan: what was asked, and how many pages of bars were given.
struct PathLog {
  std::uint64_t asks = 0;
  std::uint64_t pages = 0;
};

struct RequestLog {
  std::vector<CredentialLog> credentials;
  std::map<std::string, PathLog> paths = {};
  std::set<std::string, std::less<>> tickers = {};
  std::uint64_t bytes_sent = 0;  // on the wire, heads included
  std::uint64_t connections = 0;
  std::uint64_t concurrent = 0;  // requests that are being answered
  std::uint64_t concurrent_max = 0;
};

// The report at `now` of the market's clock, as JSON with line breaks. Never a key.
std::string to_json(RequestLog const& log, UtcTime now);

}  // namespace candled
