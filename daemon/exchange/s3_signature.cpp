#include "exchange/s3_signature.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "exchange/request_target.hpp"

namespace candled {

namespace {

constexpr auto skew_max = std::chrono::minutes{15};

std::string hex(std::string_view bytes) {
  std::string text;
  for (char const c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string digest(EVP_MD const* kind, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &size, kind, nullptr);
  return {reinterpret_cast<char const*>(bytes.data()), size};
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<unsigned char const*>(text.data()), text.size(), bytes.data(), &size);
  return {reinterpret_cast<char const*>(bytes.data()), size};
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    auto const end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// NAME=VALUE among the parts of the Authorization header; empty: it is not there.
std::string_view field(std::string_view authorization, std::string_view name) {
  for (auto part : split(authorization, ',')) {
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    if (part.starts_with(name) && part.substr(name.size()).starts_with('='))
      return part.substr(name.size() + 1);
  }
  return {};
}

std::string const* header(SignedRequest const& request, std::string_view name) {
  auto const found =
      std::ranges::find(request.headers, name, [](auto const& one) { return std::string_view{one.first}; });
  return found == request.headers.end() ? nullptr : &found->second;
}

// Decoded and encoded again, sorted by name: what a client sends may be neither.
std::string canonical_query(std::string_view query) {
  auto const encoded = [](std::string_view text) {
    std::string out;
    for (char const c : text)
      out += std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view{"-_.~"}.contains(c)
                 ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
  };
  if (query.empty()) return "";
  auto const target = parse_target("/?" + std::string{query});
  std::vector<std::string> pairs;
  pairs.reserve(target.query.size());
  for (auto const& [name, value] : target.query) pairs.push_back(encoded(name) + "=" + encoded(value));
  std::ranges::sort(pairs);
  std::string text;
  for (auto const& pair : pairs) text += (text.empty() ? "" : "&") + pair;
  return text;
}

// 20130524T000000Z
std::optional<UtcTime> parse_amz_date(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  return parse_rfc3339(fmt::format("{}-{}-{}T{}:{}:{}Z", text.substr(0, 4), text.substr(4, 2),
                                   text.substr(6, 2), text.substr(9, 2), text.substr(11, 2),
                                   text.substr(13, 2)));
}

// nullopt: a header that is said to be signed is not there.
std::optional<std::string> canonical_request(SignedRequest const& request, std::string_view signed_headers,
                                             std::string_view body_hash) {
  auto text = fmt::format("{}\n{}\n{}\n", request.method, request.path, canonical_query(request.query));
  for (auto const name : split(signed_headers, ';')) {
    auto const* const value = header(request, name);
    if (value == nullptr) return std::nullopt;
    text += fmt::format("{}:{}\n", name, *value);
  }
  return text + fmt::format("\n{}\n{}", signed_headers, body_hash);
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  return hex(digest(EVP_sha256(), text));
}
std::string md5_hex(std::string_view text) {
  return hex(digest(EVP_md5(), text));
}

std::optional<std::string> signature_fault(SignedRequest const& request,
                                           std::vector<S3Credential> const& credentials,
                                           std::string_view region, UtcTime now) {
  auto const* const authorization = header(request, "authorization");
  if (authorization == nullptr) return "AccessDenied";
  constexpr std::string_view algorithm = "AWS4-HMAC-SHA256 ";
  auto const* const date = header(request, "x-amz-date");
  auto const* const body_hash = header(request, "x-amz-content-sha256");
  if (!authorization->starts_with(algorithm) || date == nullptr || body_hash == nullptr)
    return "AuthorizationHeaderMalformed";
  auto const rest = std::string_view{*authorization}.substr(algorithm.size());
  auto const scope = split(field(rest, "Credential"), '/');
  auto const names = field(rest, "SignedHeaders");
  auto const time = parse_amz_date(*date);
  if (scope.size() != 5 || !time || scope[1] != date->substr(0, 8) || scope[2] != region ||
      scope[3] != "s3" || scope[4] != "aws4_request" || !names.contains("host") ||
      !names.contains("x-amz-date"))
    return "AuthorizationHeaderMalformed";
  auto const known = std::ranges::find(credentials, scope[0],
                                       [](auto const& one) { return std::string_view{one.access_key}; });
  if (known == credentials.end()) return "InvalidAccessKeyId";
  if (*time > now + skew_max || now > *time + skew_max) return "RequestTimeTooSkewed";
  if (*body_hash != "UNSIGNED-PAYLOAD" && *body_hash != sha256_hex("")) return "XAmzContentSHA256Mismatch";

  auto const canonical = canonical_request(request, names, *body_hash);
  if (!canonical) return "SignatureDoesNotMatch";
  auto const to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}/{}/s3/aws4_request\n{}", *date, scope[1], region,
                                   sha256_hex(*canonical));
  auto key = "AWS4" + known->secret_key.reveal();
  for (auto const part : {scope[1], region, std::string_view{"s3"}, std::string_view{"aws4_request"}})
    key = hmac(key, part);
  return hex(hmac(key, to_sign)) == field(rest, "Signature")
             ? std::nullopt
             : std::optional<std::string>{"SignatureDoesNotMatch"};
}

}  // namespace candled
