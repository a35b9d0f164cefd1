// What is asked of a bucket, and what its answers mean.
#include <gtest/gtest.h>

#include "provider/s3_bucket.hpp"

namespace candled {
namespace {

S3Place const place{.endpoint = "https://files.example",
                    .bucket = "flatfiles",
                    .prefix = "mine/",
                    .key = {.access_key = Secret{"AK"}, .secret_key = Secret{"SK"}}};

// In the form that is signed: sorted, and encoded.
TEST(S3Bucket, is_asked_for_its_list_page_by_page) {
  EXPECT_EQ(
      s3_list_request(place, "us_stocks_sip/day_aggs_v1/2024/", "").url,
      "https://files.example/flatfiles?list-type=2&prefix=mine%2Fus_stocks_sip%2Fday_aggs_v1%2F2024%2F");
  EXPECT_EQ(
      s3_list_request(place, "a/", "1/a+b==").url,
      "https://files.example/flatfiles?continuation-token=1%2Fa%2Bb%3D%3D&list-type=2&prefix=mine%2Fa%2F");
  EXPECT_EQ(s3_object_request(place, "a/2024-05-01.csv.gz").url,
            "https://files.example/flatfiles/mine/a/2024-05-01.csv.gz");
  EXPECT_EQ(s3_object_request(place, "a").sign_with, place.key);
}

// Amazon quotes an ETag with entities, MinIO and others with quotes.
TEST(S3Bucket, lists_keys_below_the_prefix_with_their_etags) {
  auto const page =
      parse_s3_list(place,
                    "<?xml version=\"1.0\"?>\n<ListBucketResult><IsTruncated>true</IsTruncated>"
                    "<Contents><Key>mine/a&amp;b</Key><ETag>&quot;12-3&quot;</ETag></Contents>\n"
                    "<Contents><ETag>\"45\"</ETag><Size>7</Size><Key>mine/c</Key></Contents>"
                    "<NextContinuationToken>x&amp;y</NextContinuationToken></ListBucketResult>");

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->versions, (std::map<std::string, std::string>{{"a&b", "12-3"}, {"c", "45"}}));
  EXPECT_EQ(page->cursor, "x&y");
}

TEST(S3Bucket, that_is_empty_has_an_empty_list) {
  auto const page =
      parse_s3_list(place, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");

  ASSERT_TRUE(page);
  EXPECT_TRUE(page->versions.empty());
  EXPECT_EQ(page->cursor, "");
}

TEST(S3Bucket, does_not_take_anything_else_for_a_list) {
  for (auto const* const body :
       {"", "<html>busy</html>", "<ListBucketResult><Contents>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Key>mine/a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>yours/a</Key><ETag>1</ETag></Contents></ListBucketResult>"}) {
    auto const page = parse_s3_list(place, body);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().kind, ErrorKind::malformed);
  }
}

struct Refusal {
  int status;
  char const* code;
  ErrorKind kind;
  char const* what;
};

TEST(S3Bucket, refuses_for_a_reason_that_says_what_to_mend) {
  for (auto const& [status, code, kind, what] :
       {Refusal{403, "InvalidAccessKeyId", ErrorKind::key_refused,
                "the server does not know this access_key"},
        Refusal{403, "SignatureDoesNotMatch", ErrorKind::key_refused, "the secret_key is not the one"},
        Refusal{403, "RequestTimeTooSkewed", ErrorKind::remote_refused,
                "the server has 2024-05-01T00:00:00Z; set the clock"},
        Refusal{403, "AccessDenied", ErrorKind::not_entitled, "does the plan include flat files?"},
        Refusal{404, "NoSuchBucket", ErrorKind::remote_refused, "there is no bucket flatfiles"},
        Refusal{404, "NoSuchKey", ErrorKind::malformed, "status 404 NoSuchKey gone"},
        Refusal{400, "AuthorizationHeaderMalformed", ErrorKind::remote_refused,
                "another endpoint or region than us-east-1: it is in eu-west-1"},
        Refusal{301, "PermanentRedirect", ErrorKind::remote_refused, "another endpoint or region"},
        Refusal{503, "SlowDown", ErrorKind::rate_limited, "status 503 SlowDown"},
        Refusal{429, "", ErrorKind::rate_limited, "status 429"},
        Refusal{500, "InternalError", ErrorKind::remote_failed, "status 500 InternalError"},
        Refusal{403, "AccountProblem", ErrorKind::remote_refused, "status 403 AccountProblem"}}) {
    auto const error =
        s3_refusal(place, {.status = status,
                           .body = std::string{"<Error><Code>"} + code + "</Code><Message>gone</Message>" +
                                   (status == 400 ? "<Region>eu-west-1</Region>" : "") + "</Error>",
                           .content_type = "application/xml",
                           .retry_after = Milliseconds{2000},
                           .date = parse_rfc3339("2024-05-01T00:00:00Z")});

    ASSERT_TRUE(error) << code;
    EXPECT_EQ(error->kind, kind) << code;
    EXPECT_TRUE(error->what.contains(what)) << error->what;
    if (kind == ErrorKind::rate_limited) EXPECT_EQ(error->retry_after, Milliseconds{2000});
  }
  EXPECT_FALSE(s3_refusal(place, {.status = 200, .body = "", .content_type = ""}));
}

}  // namespace
}  // namespace candled
