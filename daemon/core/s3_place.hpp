// Where files lie in a bucket that speaks Amazon S3's protocol, and with which key they are read.
#pragma once

#include <string>

#include "core/secret.hpp"

namespace candled {

// Requests are signed with it (AWS Signature Version 4): the secret key itself is never sent.
struct S3Key {
  Secret access_key;
  Secret secret_key;
  std::string region =
      "us-east-1";  // part of what is signed; servers other than Amazon's mostly take this one

  friend bool operator==(S3Key const&, S3Key const&) = default;
};

struct S3Place {
  std::string endpoint;  // scheme and host, no path, no trailing slash; the bucket goes into the path
  std::string bucket;
  std::string prefix;  // empty, or folders and a '/' at the end: only characters that no URL needs to encode
  S3Key key;

  friend bool operator==(S3Place const&, S3Place const&) = default;
};

}  // namespace candled
