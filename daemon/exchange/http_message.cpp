#include "exchange/http_message.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <stdexcept>

namespace candled {

namespace {

constexpr std::size_t largest_unchunked_body = 1024;
constexpr std::size_t chunk_bytes = 16 * 1024;

std::string lower(std::string_view text) {
  std::string small{text};
  std::ranges::transform(small, small.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return small;
}

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void read_field(RequestHead& head, std::string_view name, std::string_view value) {
  head.fields.emplace_back(name, value);
  if (name == "authorization") head.authorization = value;
  if (name == "accept-encoding") head.accepts_gzip = lower(value).contains("gzip");
  if (name == "connection") {
    auto const word = lower(value);
    if (word.contains("close")) head.keep_alive = false;
    if (word.contains("keep-alive")) head.keep_alive = true;
  }
  if (name == "content-length") std::from_chars(value.data(), value.data() + value.size(), head.body_bytes);
}

std::string in_chunks(std::string_view body) {
  std::string framed;
  framed.reserve(body.size() + body.size() / chunk_bytes * 16 + 32);
  for (; !body.empty(); body.remove_prefix(std::min(body.size(), chunk_bytes))) {
    auto const part = body.substr(0, chunk_bytes);
    fmt::format_to(std::back_inserter(framed), "{:x}\r\n{}\r\n", part.size(), part);
  }
  return framed + "0\r\n\r\n";
}

}  // namespace

std::optional<RequestHead> parse_head(std::string_view head) {
  auto const line_end = std::min(head.find("\r\n"), head.size());
  auto const line = head.substr(0, line_end);
  auto const first = line.find(' ');
  auto const second = line.rfind(' ');
  if (first == std::string_view::npos || second == first) return std::nullopt;
  auto const version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return std::nullopt;
  RequestHead parsed{.method = std::string{line.substr(0, first)},
                     .target = std::string{line.substr(first + 1, second - first - 1)},
                     .authorization = {}};
  parsed.keep_alive = parsed.chunks = version == "HTTP/1.1";
  for (auto rest = head.substr(std::min(line_end + 2, head.size())); !rest.empty();) {
    auto const end = std::min(rest.find("\r\n"), rest.size());
    auto const field = rest.substr(0, end);
    auto const colon = field.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    read_field(parsed, lower(field.substr(0, colon)), trimmed(field.substr(colon + 1)));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return parsed;
}

std::string gzip_like_go(std::string_view text) {
  z_stream stream{};
  // Level 1 is nginx's default; 16 asks for gzip's frame instead of zlib's.
  if (deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib: out of memory");
  std::string zipped(deflateBound(&stream, text.size()) + 64, '\0');  // 64: the flush's block and the trailer
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write to it
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(zipped.data());
  stream.avail_out = static_cast<uInt>(zipped.size());
  deflate(&stream, Z_SYNC_FLUSH);
  int const result = deflate(&stream, Z_FINISH);
  zipped.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::logic_error("zlib: deflateBound was too small");
  return zipped;
}

Wire to_wire(Answer const& answer, std::string_view request_id, RequestHead const& request,
             Compression allowed, UtcTime now) {
  bool const zip = allowed == Compression::gzip && request.accepts_gzip && !answer.body.empty();
  auto const body = zip ? gzip_like_go(answer.body) : answer.body;
  bool const chunks = request.chunks && answer.body.size() > largest_unchunked_body;
  auto const seconds = std::chrono::floor<std::chrono::seconds>(now);
  auto head = fmt::format(
      "HTTP/1.1 {} {}\r\nServer: nginx/1.19.2\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\nContent-Type: {}\r\n",
      answer.status, reason_phrase(answer.status), fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
      answer.content_type);
  head += chunks ? "Transfer-Encoding: chunked\r\n" : fmt::format("Content-Length: {}\r\n", body.size());
  head += fmt::format("Connection: {}\r\n", request.keep_alive ? "keep-alive" : "close");
  if (zip) head += "Content-Encoding: gzip\r\n";
  head += fmt::format("Vary: Accept-Encoding\r\nX-Request-Id: {}\r\n", request_id);
  for (auto const& line : answer.headers) head += line + "\r\n";
  head += "Strict-Transport-Security: max-age=15724800; includeSubDomains\r\n\r\n";
  return {.head = std::move(head), .body = chunks ? in_chunks(body) : body};
}

}  // namespace candled
