// HttpClient on libcurl: HTTP/1.1 and, over TLS, HTTP/2.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "http/http_client.hpp"

namespace candled {

struct HttpLimits {
  Milliseconds total{30'000};                     // a whole request, a stalled body included
  Milliseconds connect{10'000};                   // name, TCP and TLS
  std::size_t slow_bytes_per_second = 1024;       // slower than this …
  std::chrono::seconds slow_for{15};              // … for so long ends the request; 0: never
  std::size_t body_bytes_max = 32 * 1024 * 1024;  // as sent, and decoded; 50,000 bars are 5 MB
  std::size_t header_bytes_max = 64 * 1024;       // of all headers, those of 1xx answers included
  long connections_kept = 64;                     // idle ones, for reuse
  std::string ca_file = {};                       // PEM, trusted instead of the system's; empty: the system's
  std::string user_agent = "candled/" CANDLED_VERSION;
};

// Lives on the thread of `executor`, which is the only one that may touch it. How many requests run at once
// is the caller's business: each starts as soon as it is awaited.
//
// What it refuses to do: follow a redirect (the 3xx is the answer), speak plain http to anything but this
// machine, read a proxy, a .netrc or cookies from anywhere, accept TLS below 1.2 or a certificate that does
// not fit, log. The key travels in the Authorization header and is in no error. Errors beyond the seam's:
// key_refused, when the key cannot be written into a header.
//
// It may be destroyed while requests are in flight: they end with `stopped`. It must be destroyed before the
// executor's context.
class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(boost::asio::any_io_executor const& executor, HttpLimits limits = {});
  ~CurlClient() override;

  Task<Result<HttpResponse>> get(HttpRequest request) override;
  void stop() override;

 private:
  class Loop;
  std::shared_ptr<Loop> loop_;
};

}  // namespace candled
