// Requests that no server should answer as if they were right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace candled::test {

struct MalformedRequest {
  std::string kind;
  std::string bytes;
  // How many good requests come first: as many answers with 200.
  int good = 0;
  // Nothing may come instead of an answer: the request has no end, or its head is no HTTP.
  bool may_be_silent = false;
};

// The n-th, the same for every call: its kind is n modulo their number, the rest is drawn from n.
MalformedRequest malformed_request(std::uint64_t n, std::uint16_t port);

}  // namespace candled::test
