// HTTP/1.1 as text: request heads in, response heads, gzip and chunks out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "exchange/answer.hpp"

namespace candled {

struct RequestHead {
  std::string method;
  std::string target;
  std::string authorization;
  std::vector<std::pair<std::string, std::string>> fields = {};  // all: names in lower case, values trimmed
  bool accepts_gzip = false;
  bool keep_alive = true;  // of HTTP/1.1 unless refused, of HTTP/1.0 only when asked for
  bool chunks = true;      // HTTP/1.0 knows none
  std::size_t body_bytes = 0;
};

// `head` ends before the empty line. nullopt: not HTTP/1.x.
std::optional<RequestHead> parse_head(std::string_view head);

// The bytes of an answer.
struct Wire {
  std::string head;  // up to and with the empty line
  std::string body;  // zipped and framed in chunks, where it is
};

enum class Compression { none, gzip };

// Bodies of more than 1 KiB go in chunks, smaller ones with a Content-Length (provider contract, 3.4).
Wire to_wire(Answer const& answer, std::string_view request_id, RequestHead const& request,
             Compression allowed, UtcTime now);

// With a sync flush at its end, as the provider's Go writer leaves it: an empty stored block before the
// trailer.
std::string gzip_like_go(std::string_view text);

}  // namespace candled
