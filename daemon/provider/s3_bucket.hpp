// Amazon S3's protocol, as far as day files need it: what is in a bucket, and one object of it. (Amazon S3's
// API reference, ListObjectsV2, GetObject and "Error responses"; MinIO, Cloudflare R2 and Massive's files
// speak the same.)
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/s3_place.hpp"
#include "http/http_client.hpp"

namespace candled {

// One page of a list, 1,000 objects at most.
struct S3Page {
  std::map<std::string, std::string>
      versions;        // ETag by key, both below the place's prefix and without quotes
  std::string cursor;  // of the next page; empty: this is the last
};

// The objects whose keys begin with `folder`, below the place's prefix. `cursor`: empty for the first page.
HttpRequest s3_list_request(S3Place const& place, std::string_view folder, std::string_view cursor);
HttpRequest s3_object_request(S3Place const& place, std::string_view key);

// Error: malformed, the body is no list.
Result<S3Page> parse_s3_list(S3Place const& place, std::string_view body);

// What an answer other than 200 means, in words that say what to mend; nullopt of a 200. Kinds: rate_limited
// and remote_failed may pass; key_refused is the key pair, not_entitled what this key may not read, malformed
// that there is no such object; remote_refused all else, a clock that is wrong among it.
std::optional<Error> s3_refusal(S3Place const& place, HttpResponse const& response);

}  // namespace candled
