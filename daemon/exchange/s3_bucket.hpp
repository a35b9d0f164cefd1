// The bucket `flatfiles` of day files, read with Amazon S3's protocol: ListObjectsV2 and GetObject,
// path-style.
#pragma once

#include <string>
#include <vector>

#include "core/time.hpp"
#include "exchange/answer.hpp"
#include "exchange/request_target.hpp"
#include "exchange/s3_signature.hpp"

namespace candled {

struct S3Settings {
  std::string folder;  // what the bucket holds, read anew for each request; empty: there is no bucket
  std::vector<S3Credential> credentials = {};
  std::string region = "us-east-1";
  std::string allowed = {};  // keys that begin otherwise are in the list, but may not be read
  std::size_t page_objects = 1'000;
  Milliseconds clock_ahead{0};  // of the machine's
};

// Whether this is the bucket's.
bool is_s3_path(RequestTarget const& target);

// What S3 answers at `now` of the machine's clock.
Answer s3_answer(S3Settings const& settings, SignedRequest const& request, RequestTarget const& target,
                 UtcTime now);

}  // namespace candled
