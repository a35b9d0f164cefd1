#include "exchange/s3_bucket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace candled {

namespace {

constexpr std::string_view bucket_path = "/flatfiles";

int status_of(std::string_view code) {
  if (code == "NoSuchKey") return 404;
  if (code == "MethodNotAllowed") return 405;
  return code == "AuthorizationHeaderMalformed" || code == "XAmzContentSHA256Mismatch" ? 400 : 403;
}

Answer s3_error(std::string_view code) {
  return {.status = status_of(code),
          .content_type = "application/xml",
          .body = fmt::format(
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>"
              "<RequestId>CANDLED</RequestId></Error>",
              code, "The stand-in exchange says so.")};
}

std::string read(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> keys_of(S3Settings const& settings, std::string_view prefix) {
  std::vector<std::string> keys;
  std::error_code failed;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{settings.folder, failed}) {
    if (!entry.is_regular_file()) continue;
    auto key = std::filesystem::relative(entry.path(), settings.folder).string();
    if (key.starts_with(prefix)) keys.push_back(std::move(key));
  }
  std::ranges::sort(keys);
  return keys;
}

Answer list(S3Settings const& settings, RequestTarget const& target) {
  auto const prefix = target.parameter("prefix").value_or("");
  // The last key of the page before, with characters that a query has to encode.
  auto const token = from_base64url(
      target.parameter("continuation-token")
          .value_or("")
          .substr(std::min<std::size_t>(2, target.parameter("continuation-token").value_or("").size())));
  std::string objects;
  std::size_t count = 0;
  std::string last;
  bool truncated = false;
  for (auto const& key : keys_of(settings, prefix)) {
    if (token && !token->empty() && key <= *token) continue;
    if (count == settings.page_objects) {
      truncated = true;
      break;
    }
    auto const content = read(std::filesystem::path{settings.folder} / key);
    objects += fmt::format(
        "<Contents><Key>{}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>&quot;{}"
        "&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
        key, md5_hex(content), content.size());
    last = key;
    ++count;
  }
  auto const next =
      truncated ? fmt::format("<NextContinuationToken>1/{}</NextContinuationToken>", base64url(last)) : "";
  return {.content_type = "application/xml",
          .body = fmt::format(
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
              "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>flatfiles</Name><Prefix>{}</Prefix>"
              "<KeyCount>{}</KeyCount><MaxKeys>{}</MaxKeys><IsTruncated>{}</IsTruncated>{}{}"
              "</ListBucketResult>",
              prefix, count, settings.page_objects, truncated, objects, next)};
}

}  // namespace

bool is_s3_path(RequestTarget const& target) {
  return target.path == bucket_path || target.path.starts_with(std::string{bucket_path} + "/");
}

Answer s3_answer(S3Settings const& settings, SignedRequest const& request, RequestTarget const& target,
                 UtcTime now) {
  if (auto const fault =
          signature_fault(request, settings.credentials, settings.region, now + settings.clock_ahead))
    return s3_error(*fault);
  if (request.method != "GET") return s3_error("MethodNotAllowed");
  auto const key =
      target.path.size() <= bucket_path.size() + 1 ? "" : target.path.substr(bucket_path.size() + 1);
  if (key.empty()) return list(settings, target);
  if (!key.starts_with(settings.allowed)) return s3_error("AccessDenied");
  auto const path = std::filesystem::path{settings.folder} / key;
  std::error_code failed;
  if (key.contains("..") || !std::filesystem::is_regular_file(path, failed)) return s3_error("NoSuchKey");
  Answer answer{.content_type = "application/gzip", .body = read(path)};
  answer.headers.push_back(fmt::format("ETag: \"{}\"", md5_hex(answer.body)));
  return answer;
}

}  // namespace candled
