// The stand-in bucket's judgement of signatures, against the examples that Amazon publishes.
#include <gtest/gtest.h>

#include "exchange/s3_signature.hpp"

namespace candled {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

// "Authenticating Requests: Using the Authorization Header", Amazon S3 API reference: the key pair, the time
// and the signatures of its examples.
std::vector<S3Credential> const amazons{
    {.access_key = "AKIAIOSFODNN7EXAMPLE", .secret_key = Secret{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}}};
UtcTime const in_2013 = parse_rfc3339("2013-05-24T00:00:00Z").value();
constexpr char empty_body[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Headers headers(std::string const& signature,
                std::string const& names = "host;x-amz-content-sha256;x-amz-date") {
  return {{"host", "examplebucket.s3.amazonaws.com"},
          {"authorization",
           "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
           "SignedHeaders=" +
               names + ", Signature=" + signature},
          {"x-amz-content-sha256", empty_body},
          {"x-amz-date", "20130524T000000Z"}};
}

constexpr char of_the_list[] = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";

std::string fault_of(std::string_view path, std::string_view query, Headers const& with,
                     UtcTime now = in_2013) {
  return signature_fault({.method = "GET", .path = path, .query = query, .headers = with}, amazons,
                         "us-east-1", now)
      .value_or("none");
}

TEST(S3Signature, of_amazons_examples_is_right) {
  auto of_a_range = headers("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
                            "host;range;x-amz-content-sha256;x-amz-date");
  of_a_range.emplace_back("range", "bytes=0-9");

  EXPECT_EQ(fault_of("/test.txt", "", of_a_range), "none");
  EXPECT_EQ(
      fault_of("/", "lifecycle", headers("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")),
      "none");
  EXPECT_EQ(fault_of("/", "max-keys=2&prefix=J", headers(of_the_list)), "none");
}

TEST(S3Signature, does_not_fit_anything_else) {
  auto other_host = headers(of_the_list);
  other_host.front().second = "otherbucket.s3.amazonaws.com";

  EXPECT_EQ(fault_of("/", "max-keys=2&prefix=K", headers(of_the_list)), "SignatureDoesNotMatch");
  EXPECT_EQ(fault_of("/a", "max-keys=2&prefix=J", headers(of_the_list)), "SignatureDoesNotMatch");
  EXPECT_EQ(fault_of("/", "max-keys=2&prefix=J", other_host), "SignatureDoesNotMatch");
  EXPECT_EQ(fault_of("/", "max-keys=2&prefix=J",
                     headers(of_the_list, "accept;host;x-amz-content-sha256;x-amz-date")),
            "SignatureDoesNotMatch")
      << "what is signed has to be sent: libcurl 7.88 signs a header that it was told to leave out";
}

TEST(S3Signature, is_refused_with_the_reason) {
  auto unsigned_one = headers(of_the_list);
  std::erase_if(unsigned_one, [](auto const& one) { return one.first == "authorization"; });
  auto stranger = headers(of_the_list);
  stranger[1].second.replace(stranger[1].second.find("AKIA"), 4, "BKIA");
  auto elsewhere = headers(of_the_list);
  elsewhere[1].second.replace(elsewhere[1].second.find("us-east-1"), 9, "eu-west-1");

  EXPECT_EQ(fault_of("/", "", unsigned_one), "AccessDenied");
  EXPECT_EQ(fault_of("/", "", stranger), "InvalidAccessKeyId");
  EXPECT_EQ(fault_of("/", "", elsewhere), "AuthorizationHeaderMalformed");
  EXPECT_EQ(fault_of("/", "max-keys=2&prefix=J", headers(of_the_list), in_2013 + std::chrono::minutes{15}),
            "none");
  EXPECT_EQ(fault_of("/", "max-keys=2&prefix=J", headers(of_the_list), in_2013 + std::chrono::minutes{16}),
            "RequestTimeTooSkewed");
}

}  // namespace
}  // namespace candled
