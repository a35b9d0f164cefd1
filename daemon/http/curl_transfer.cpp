#include "http/curl_transfer.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "http/gunzip.hpp"
#include "http/retry_after.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  // Only fails for an option that this libcurl lacks, or for want of memory: neither can be waited out.
  if (curl_easy_setopt(easy, option, value) != CURLE_OK)
    throw std::runtime_error(fmt::format("libcurl refuses option {}", static_cast<int>(option)));
}

std::string part(CURLU* url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, 0) != CURLUE_OK) return {};
  std::string const copy{text};
  curl_free(text);
  return copy;
}

// A number, never a name: 127.0.0.0/8 or ::1.
bool is_loopback_address(std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool fits_into_a_header(std::string_view value) {
  return std::ranges::all_of(value, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

// Since the start of the transfer; 0: not reached.
std::chrono::microseconds measured(CURL* easy, CURLINFO what) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, what, &microseconds);
  return std::chrono::microseconds{microseconds};
}

Milliseconds rounded(std::chrono::microseconds time) {
  return std::chrono::round<Milliseconds>(time);
}

// A server can write into curl's messages: "unsupported HTTP version (…)".
std::string printable(std::string_view text) {
  std::string clean{text.substr(0, 200)};
  std::ranges::replace_if(clean, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return clean;
}

}  // namespace

CurlTransfer::CurlTransfer(HttpRequest const& request, HttpLimits const& limits)
    : limits_(limits), take_body_(request.take_body), url_(curl_url()), easy_(curl_easy_init()) {
  if (!url_ || !easy_) throw std::bad_alloc{};
  read_url(request.url);
  if (!fault_) set_headers(request);
  if (!fault_) set_options();
  if (!fault_ && request.sign_with) set_signature(*request.sign_with);
  if (!fault_) set_limits();
}

Result<HttpResponse> CurlTransfer::finish(CURLcode code) {
  if (fault_) return std::unexpected(*fault_);
  if (code != CURLE_OK) return std::unexpected(transport_error(code));
  // curl takes headers that break off for whole ones.
  if (!headers_ended_)
    return fail(ErrorKind::transport, fmt::format("{}: the headers end in the middle", host_));
  if (is_gzip_ && !unpack()) return std::unexpected(*fault_);
  long status = 0;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  response_.content_type = header("Content-Type");
  response_.retry_after = retry_after();
  response_.date = parse_http_date(header("Date"));
  measure();
  return std::move(response_);
}

// curl gets the URL as taken apart here, so that it cannot read another host in it than we did.
void CurlTransfer::read_url(std::string const& url) {
  if (curl_url_set(url_.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    fault_ = Error{.kind = ErrorKind::transport, .what = "not a URL that can be asked"};
    return;
  }
  host_ = part(url_.get(), CURLUPART_HOST);
  plain_http_ = part(url_.get(), CURLUPART_SCHEME) == "http";
  if (plain_http_ && host_ != "localhost" && !is_loopback_address(host_))
    reject(ErrorKind::transport, "plain http is only spoken to this machine; use https");
  else if (!plain_http_ && part(url_.get(), CURLUPART_SCHEME) != "https")
    reject(ErrorKind::transport, "neither https nor http");
}

void CurlTransfer::set_headers(HttpRequest const& request) {
  auto const add = [this](std::string const& line) {
    auto* const list = curl_slist_append(headers_.get(), line.c_str());
    if (list == nullptr) throw std::bad_alloc{};
    std::ignore = headers_.release();  // the list has it
    headers_.reset(list);
  };
  if (request.sign_with) {
    // All that stands here is signed: Accept-Encoding must not, which proxies change on the way. libcurl
    // signs this header's value without looking at it, and S3 wants it: the SHA-256 of the empty body.
    add("x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    return;
  }
  add("Accept: application/json");
  add("Accept-Encoding: gzip");
  auto const& bearer = request.bearer;
  if (bearer.empty()) return;
  if (!fits_into_a_header(bearer.reveal())) {
    reject(ErrorKind::key_refused,
           "the key holds a blank, a line break or another character that no key has; "
           "check the provider's api_key");
    return;
  }
  add("Authorization: Bearer " + bearer.reveal());
}

void CurlTransfer::set_options() {
  set(easy(), CURLOPT_CURLU, url_.get());
  set(easy(), CURLOPT_HTTPHEADER, headers_.get());
  set(easy(), CURLOPT_USERAGENT, limits_.user_agent.c_str());
  set(easy(), CURLOPT_ERRORBUFFER, reason_.data());
  set(easy(), CURLOPT_WRITEFUNCTION, &on_body);
  set(easy(), CURLOPT_WRITEDATA, this);
  set(easy(), CURLOPT_HEADERFUNCTION, &on_header);
  set(easy(), CURLOPT_HEADERDATA, this);
  set(easy(), CURLOPT_PREREQFUNCTION, &on_connected);
  set(easy(), CURLOPT_PREREQDATA, this);

  set(easy(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  // Rather a stream of a connection that is being made than another connection. Not without TLS: there curl
  // would let all requests wait for the first whole answer, to learn that it is HTTP/1.1.
  set(easy(), CURLOPT_PIPEWAIT, plain_http_ ? 0L : 1L);
  set(easy(), CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy(), CURLOPT_FOLLOWLOCATION, 0L);
  set(easy(), CURLOPT_HTTP_CONTENT_DECODING, 0L);  // gunzip.hpp says why
  set(easy(), CURLOPT_PROXY, "");                  // not even from the environment
  set(easy(), CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(easy(), CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy(), CURLOPT_SSL_VERIFYHOST, 2L);
  set(easy(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!limits_.ca_file.empty()) {
    set(easy(), CURLOPT_CAINFO, limits_.ca_file.c_str());
    set(easy(), CURLOPT_CAPATH, static_cast<char const*>(nullptr));  // else the system's are trusted besides
  }
}

// The secret key goes into the signature, and only the access key into the header beside it.
void CurlTransfer::set_signature(S3Key const& key) {
  set(easy(), CURLOPT_AWS_SIGV4, fmt::format("aws:amz:{}:s3", key.region).c_str());
  set(easy(), CURLOPT_USERNAME, key.access_key.reveal().c_str());
  set(easy(), CURLOPT_PASSWORD, key.secret_key.reveal().c_str());
}

void CurlTransfer::set_limits() {
  set(easy(), CURLOPT_NOSIGNAL, 1L);
  // A resolver thread that hangs is left to itself; without this, curl joins it on our only thread.
  set(easy(), CURLOPT_QUICK_EXIT, 1L);
  set(easy(), CURLOPT_TIMEOUT_MS, static_cast<long>(limits_.total.count()));
  set(easy(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect.count()));
  set(easy(), CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(limits_.slow_bytes_per_second));
  set(easy(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits_.slow_for.count()));
}

std::size_t CurlTransfer::on_body(char* bytes, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<CurlTransfer*>(transfer)->take_body({bytes, size * count});
}

// Anything but the number of bytes given ends the transfer.
std::size_t CurlTransfer::take_body(std::string_view bytes) {
  if (!body_started_ && !start_body()) return CURL_WRITEFUNC_ERROR;
  response_.wire_bytes += bytes.size();
  if (take_body_) return hand_over(bytes) ? bytes.size() : CURL_WRITEFUNC_ERROR;
  if (bytes.size() > limits_.body_bytes_max - response_.body.size()) {
    reject(ErrorKind::malformed, fmt::format("the body is larger than {} bytes", limits_.body_bytes_max));
    return CURL_WRITEFUNC_ERROR;
  }
  response_.body.append(bytes);
  return bytes.size();
}

bool CurlTransfer::start_body() {
  body_started_ = true;
  long status = 0;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) take_body_ = nullptr;
  if (take_body_) return true;
  // What the server announces: a body that grows bit by bit is copied, and takes twice the memory.
  curl_off_t announced = -1;
  curl_easy_getinfo(easy(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  if (announced > 0)
    response_.body.reserve(std::min(static_cast<std::size_t>(announced), limits_.body_bytes_max));
  auto const encoding = header("Content-Encoding");
  if (encoding.empty() || encoding == "identity") return true;
  if (encoding != "gzip")
    return reject(ErrorKind::transport,
                  fmt::format("the body is encoded as {}, which nobody asked for", printable(encoding)));
  is_gzip_ = true;
  return true;
}

bool CurlTransfer::hand_over(std::string_view bytes) {
  return take_body_(bytes) || reject(ErrorKind::stopped, "the body is not taken any further");
}

// At the end and at once: that is much faster than piece by piece.
bool CurlTransfer::unpack() {
  auto const packed = std::exchange(response_.body, {});
  switch (gunzip(packed, response_.body, limits_.body_bytes_max)) {
    case Gunzipped::fine: return true;
    case Gunzipped::broken: return reject(ErrorKind::transport, "the gzip body is broken");
    case Gunzipped::cut: return reject(ErrorKind::transport, "the gzip body ends in the middle");
    case Gunzipped::too_large: break;
  }
  return reject(ErrorKind::malformed,
                fmt::format("the body unpacks to more than {} bytes", limits_.body_bytes_max));
}

std::size_t CurlTransfer::on_header(char* bytes, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<CurlTransfer*>(transfer)->take_header({bytes, size * count});
}

// One line at a time: each answer, an interim one too, begins with its status and ends with a blank line.
std::size_t CurlTransfer::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) headers_ended_ = false;
  if (line == "\r\n" || line == "\n") headers_ended_ = true;
  header_bytes_ += line.size();
  if (header_bytes_ <= limits_.header_bytes_max) return line.size();
  reject(ErrorKind::transport, fmt::format("more than {} bytes of headers", limits_.header_bytes_max));
  return CURL_WRITEFUNC_ERROR;
}

// Called on a connection, new or kept, before anything is sent on it: the last chance to keep the key to
// ourselves.
int CurlTransfer::on_connected(void* transfer, char* peer, char*, int, int) {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  if (!self.plain_http_ || is_loopback_address(peer)) return CURL_PREREQFUNC_OK;
  self.reject(ErrorKind::transport,
              fmt::format("leads to {}, and plain http is only spoken to this machine", peer));
  return CURL_PREREQFUNC_ABORT;
}

// Always false, for callers to return.
bool CurlTransfer::reject(ErrorKind kind, std::string what) {
  if (!fault_) fault_ = Error{.kind = kind, .what = host_ + ": " + std::move(what)};
  return false;
}

// The last of that name in the final answer; empty when there is none. Valid until the next call of curl.
std::string_view CurlTransfer::header(char const* name) const {
  curl_header* found = nullptr;
  if (curl_easy_header(easy_.get(), name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  if (found->amount > 1) curl_easy_header(easy_.get(), name, found->amount - 1, CURLH_HEADER, -1, &found);
  return found->value;
}

// A date is one of the server's clock, and compared with that clock where the answer shows it.
std::optional<Milliseconds> CurlTransfer::retry_after() const {
  std::string const text{header("Retry-After")};
  auto const ours = std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
  return parse_retry_after(text, parse_http_date(header("Date")).value_or(ours));
}

Error CurlTransfer::transport_error(CURLcode code) const {
  std::string_view during = "reading the answer";
  if (header_bytes_ == 0) during = "waiting for the answer";
  if (measured(easy_.get(), CURLINFO_PRETRANSFER_TIME_T) == 0us) during = "connecting";
  auto const reason = printable(reason_[0] != '\0' ? reason_.data() : curl_easy_strerror(code));
  auto const time = rounded(measured(easy_.get(), CURLINFO_TOTAL_TIME_T));
  return {.kind = ErrorKind::transport,
          .what = fmt::format("{}: {}: {} (after {} ms)", host_, during, reason, time.count())};
}

void CurlTransfer::measure() {
  response_.first_byte = rounded(measured(easy(), CURLINFO_STARTTRANSFER_TIME_T));
  long connects = 0;
  curl_easy_getinfo(easy(), CURLINFO_NUM_CONNECTS, &connects);
  if (connects == 0) return;
  // APPCONNECT is when TLS stood; 0 without TLS.
  response_.connect = rounded(
      std::max(measured(easy(), CURLINFO_CONNECT_TIME_T), measured(easy(), CURLINFO_APPCONNECT_TIME_T)));
}

}  // namespace candled
