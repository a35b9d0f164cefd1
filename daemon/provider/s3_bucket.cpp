#include "provider/s3_bucket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace candled {

namespace {

// As SigV4 signs it (RFC 3986): everything but the unreserved characters.
std::string encoded(std::string_view text) {
  std::string out;
  for (char const c : text) {
    bool const plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       std::string_view{"-_.~"}.contains(c);
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// The bucket in the path: as a host name it would need a certificate and a DNS name of its own.
HttpRequest request(S3Place const& place, std::string_view rest) {
  return {.url = fmt::format("{}/{}{}", place.endpoint, place.bucket, rest),
          .bearer = {},
          .sign_with = place.key};
}

// What stands in the first <name>…</name>; empty: there is none.
std::string_view element(std::string_view xml, std::string_view name) {
  auto const open = fmt::format("<{}>", name);
  auto const start = xml.find(open);
  if (start == std::string_view::npos) return {};
  auto const inside = xml.substr(start + open.size());
  auto const end = inside.find(fmt::format("</{}>", name));
  return end == std::string_view::npos ? std::string_view{} : inside.substr(0, end);
}

std::string without_entities(std::string_view xml) {
  constexpr std::array<std::pair<std::string_view, char>, 8> entities{{{"&quot;", '"'},
                                                                       {"&#34;", '"'},
                                                                       {"&#x22;", '"'},
                                                                       {"&apos;", '\''},
                                                                       {"&#39;", '\''},
                                                                       {"&lt;", '<'},
                                                                       {"&gt;", '>'},
                                                                       {"&amp;", '&'}}};
  std::string text;
  while (!xml.empty()) {
    auto const found =
        std::ranges::find_if(entities, [&](auto const& entity) { return xml.starts_with(entity.first); });
    text += found == entities.end() ? xml.front() : found->second;
    xml.remove_prefix(found == entities.end() ? 1 : found->first.size());
  }
  return text;
}

std::string without_quotes(std::string text) {
  std::erase(text, '"');
  return text;
}

// Of what a server says: no control characters, and not too long for a line of the log.
std::string printable(std::string_view text) {
  std::string clean{text.substr(0, 200)};
  std::ranges::replace_if(clean, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return clean;
}

// The codes that a person can do something about.
std::optional<Error> known_refusal(S3Place const& place, HttpResponse const& response,
                                   std::string_view code) {
  auto const refused = [&](ErrorKind kind, std::string what) {
    return Error{.kind = kind, .what = fmt::format("{} {}: {}", place.endpoint, code, std::move(what))};
  };
  if (code == "InvalidAccessKeyId")
    return refused(ErrorKind::key_refused, "the server does not know this access_key");
  if (code == "SignatureDoesNotMatch")
    return refused(ErrorKind::key_refused, "the secret_key is not the one of this access_key");
  if (code == "RequestTimeTooSkewed" || code == "RequestExpired")
    return refused(ErrorKind::remote_refused,
                   response.date
                       ? fmt::format("this machine's clock is wrong: the server has {}; set the clock",
                                     to_rfc3339(*response.date))
                       : "this machine's clock is wrong; set it");
  if (code == "AccessDenied" || code == "AllAccessDisabled")
    return refused(
        ErrorKind::not_entitled,
        fmt::format("the key may not read the bucket {}: does the plan include flat files?", place.bucket));
  if (code == "NoSuchBucket")
    return refused(ErrorKind::remote_refused, fmt::format("there is no bucket {}", place.bucket));
  if (code == "AuthorizationHeaderMalformed" || code == "PermanentRedirect" || response.status / 100 == 3)
    return refused(ErrorKind::remote_refused,
                   fmt::format("the bucket {} is read at another endpoint or region than {}{}", place.bucket,
                               place.key.region,
                               element(response.body, "Region").empty()
                                   ? ""
                                   : ": it is in " + printable(element(response.body, "Region"))));
  return std::nullopt;
}

}  // namespace

HttpRequest s3_list_request(S3Place const& place, std::string_view folder, std::string_view cursor) {
  auto const token = cursor.empty() ? "" : fmt::format("continuation-token={}&", encoded(cursor));
  return request(place,
                 fmt::format("?{}list-type=2&prefix={}", token, encoded(place.prefix + std::string{folder})));
}

HttpRequest s3_object_request(S3Place const& place, std::string_view key) {
  return request(place, fmt::format("/{}{}", place.prefix, key));
}

Result<S3Page> parse_s3_list(S3Place const& place, std::string_view body) {
  auto const wrong = [&](std::string_view what) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: the list of the bucket {} {}", place.endpoint, place.bucket, what));
  };
  auto const start = body.find("<ListBucketResult");
  if (start == std::string_view::npos || !body.contains("</ListBucketResult>"))
    return wrong("is no ListBucketResult");
  S3Page page;
  constexpr std::string_view open = "<Contents>";
  for (auto at = body.find(open, start); at != std::string_view::npos;
       at = body.find(open, at + open.size())) {
    auto const object = element(body.substr(at), "Contents");
    auto const key = without_entities(element(object, "Key"));
    auto version = without_quotes(without_entities(element(object, "ETag")));
    if (!key.starts_with(place.prefix) || version.empty())
      return wrong("has an object without its key or ETag");
    page.versions.emplace(key.substr(place.prefix.size()), std::move(version));
  }
  if (element(body, "IsTruncated") == "true") {
    page.cursor = without_entities(element(body, "NextContinuationToken"));
    if (page.cursor.empty()) return wrong("goes on, and does not say where");
  }
  return page;
}

std::optional<Error> s3_refusal(S3Place const& place, HttpResponse const& response) {
  if (response.status == 200) return std::nullopt;
  auto const code = printable(element(response.body, "Code"));
  if (auto known = known_refusal(place, response, code)) return known;
  auto const say = [&](ErrorKind kind) {
    return Error{.kind = kind,
                 .what = fmt::format("{}: status {} {} {}", place.endpoint, response.status, code,
                                     printable(without_entities(element(response.body, "Message")))),
                 .retry_after = response.retry_after};
  };
  if (response.status == 429 || code == "SlowDown") return say(ErrorKind::rate_limited);
  if (response.status >= 500 || response.status == 408 || code == "RequestTimeout")
    return say(ErrorKind::remote_failed);
  if (response.status == 404) return say(ErrorKind::malformed);
  return say(ErrorKind::remote_refused);
}

}  // namespace candled
