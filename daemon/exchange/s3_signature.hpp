// Whether a request is signed as Amazon's Signature Version 4 has it, by a key that is accepted. Written from
// Amazon's "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", not from a
// client.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/secret.hpp"
#include "core/time.hpp"

namespace candled {

struct S3Credential {
  std::string access_key;
  Secret secret_key;
};

struct SignedRequest {
  std::string_view method;
  std::string_view path;                                            // as sent
  std::string_view query;                                           // as sent, without '?'
  std::vector<std::pair<std::string, std::string>> const& headers;  // names in lower case, values trimmed
};

// S3's error code: AccessDenied (no signature), InvalidAccessKeyId, AuthorizationHeaderMalformed,
// RequestTimeTooSkewed (15 minutes are allowed), SignatureDoesNotMatch, XAmzContentSHA256Mismatch. nullopt:
// all is right. Only requests without a body.
std::optional<std::string> signature_fault(SignedRequest const& request,
                                           std::vector<S3Credential> const& credentials,
                                           std::string_view region, UtcTime now);

// Lower-case hex of the digests.
std::string sha256_hex(std::string_view text);
std::string md5_hex(std::string_view text);

}  // namespace candled
