// One request as a curl easy handle: how it is asked, what is taken in, and what came of it. For
// curl_client.cpp only.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "http/curl_client.hpp"

namespace candled {

struct CurlDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Stays where it is: curl holds its address. Not within a multi handle any more when it is destroyed.
class CurlTransfer {
 public:
  CurlTransfer(HttpRequest const& request, HttpLimits const& limits);
  CurlTransfer(CurlTransfer const&) = delete;
  CurlTransfer& operator=(CurlTransfer const&) = delete;

  // Why this request must not be sent; nullopt: it may.
  std::optional<Error> const& refusal() const { return fault_; }
  CURL* easy() { return easy_.get(); }

  // The answer, or why there is none, once curl has said that it is done with `code`.
  Result<HttpResponse> finish(CURLcode code);

 private:
  void read_url(std::string const& url);
  void set_headers(HttpRequest const& request);
  void set_signature(S3Key const& key);
  void set_options();
  void set_limits();
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  bool start_body();
  bool hand_over(std::string_view bytes);
  bool unpack();
  bool reject(ErrorKind kind, std::string what);
  std::string_view header(char const* name) const;
  std::optional<Milliseconds> retry_after() const;
  Error transport_error(CURLcode code) const;
  void measure();

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* transfer);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* transfer);
  static int on_connected(void* transfer, char* peer, char* own, int peer_port, int own_port);

  HttpLimits const& limits_;
  std::function<bool(std::string_view)> take_body_;
  std::unique_ptr<CURLU, CurlDeleter> url_;
  std::unique_ptr<curl_slist, CurlDeleter> headers_;
  std::unique_ptr<CURL, CurlDeleter> easy_;
  std::string host_;
  bool plain_http_ = false;
  std::array<char, CURL_ERROR_SIZE> reason_{};
  std::optional<Error> fault_;  // what we found wrong ourselves, and ended the transfer for
  bool body_started_ = false;
  bool is_gzip_ = false;
  std::size_t header_bytes_ = 0;
  bool headers_ended_ = false;
  HttpResponse response_;
};

}  // namespace candled
