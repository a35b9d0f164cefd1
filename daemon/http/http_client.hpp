// Seam: one GET over HTTP. What a provider asks and gets are the values below.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/s3_place.hpp"
#include "core/secret.hpp"
#include "core/task.hpp"
#include "core/time.hpp"

namespace candled {

struct HttpRequest {
  std::string url;  // absolute; holds no secret
  Secret bearer;    // sent as `Authorization: Bearer …`; empty: none
  // Signed with it instead. The URL must be in the form that is signed: its query sorted by name and encoded
  // as RFC 3986 has it, each name with its '=' (libcurl signs it as it stands).
  std::optional<S3Key> sign_with = std::nullopt;
  // Takes the body of a 200 as it comes and as it is sent, part by part, of any length; the response has none
  // then. False ends the request with `stopped`.
  std::function<bool(std::string_view)> take_body = nullptr;
};

// An answer came, whatever its status. The body is whole and decoded (gzip undone).
struct HttpResponse {
  int status = 0;
  std::string body;
  std::string content_type;                                // as sent, empty when absent
  std::optional<Milliseconds> retry_after = std::nullopt;  // of a Retry-After header, seconds or date
  std::optional<UtcTime> date =
      std::nullopt;            // of a Date header: when it was answered, by the server's clock
  std::size_t wire_bytes = 0;  // body bytes received, before decoding
  Milliseconds connect{0};     // until TCP and TLS stood; 0 on a kept connection
  Milliseconds first_byte{0};  // from the start until the first byte of the answer
};

class HttpClient {
 public:
  HttpClient() = default;
  HttpClient(HttpClient const&) = delete;
  HttpClient& operator=(HttpClient const&) = delete;
  virtual ~HttpClient() = default;

  // Errors: transport (nothing, or not all, of an answer came: `what` says what and from which host),
  // malformed (the body is larger than the client's cap), key_refused (the key cannot be written into a
  // header), stopped.
  virtual Task<Result<HttpResponse>> get(HttpRequest request) = 0;

  // Ends every request in flight, and each later one, with `stopped`.
  virtual void stop() = 0;
};

}  // namespace candled
