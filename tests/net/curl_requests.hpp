// What the tests of CurlClient ask with, and are answered with.
#pragma once

#include <zlib.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/curl_client.hpp"
#include "support/scripted_server.hpp"

namespace candled::test {

using Answer = Result<HttpResponse>;

// A client on a loop of its own.
class ClientLoop {
 public:
  explicit ClientLoop(HttpLimits limits = {})
      : client_(std::in_place, context_.get_executor(), std::move(limits)) {}

  CurlClient& client() { return *client_; }
  boost::asio::io_context& context() { return context_; }
  void destroy_client() { client_.reset(); }

  // Starts a request; `answers[n]` is filled in once it has ended.
  void start(HttpRequest request) {
    auto const index = answers_.size();
    answers_.emplace_back();
    boost::asio::co_spawn(context_, client_->get(std::move(request)),
                          [this, index](std::exception_ptr thrown, Answer a) {
                            if (thrown) std::rethrow_exception(thrown);
                            answers_[index] = std::move(a);
                          });
  }

  // Runs until all that was started has ended.
  std::vector<Answer> finish() {
    context_.restart();
    context_.run();
    std::vector<Answer> answers;
    for (auto& one : answers_) answers.push_back(std::move(one.value()));
    answers_.clear();
    return answers;
  }

  // Runs until `ready`, or for good when it never is.
  void run_until(std::function<bool()> const& ready) {
    context_.restart();
    while (!ready()) context_.run_one_for(std::chrono::milliseconds{10});
  }

  Answer get(HttpRequest request) {
    start(std::move(request));
    return std::move(finish().front());
  }

 private:
  boost::asio::io_context context_;
  std::optional<CurlClient> client_;
  std::vector<std::optional<Answer>> answers_;
};

enum class GzipEnd { finished, sync_flushed };

// `sync_flushed`: as Go's writer ends it, with an empty block before the last one.
inline std::string gzip(std::string_view text, GzipEnd end = GzipEnd::finished) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (end == GzipEnd::sync_flushed) deflate(&stream, Z_SYNC_FLUSH);
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline std::string chunk(std::string const& text) {
  std::array<char, 16> size{};
  snprintf(size.data(), size.size(), "%zx\r\n", text.size());
  return size.data() + text + "\r\n";
}

inline std::string const gzip_header = "Content-Encoding: gzip\r\n";
inline std::string const chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

inline Answer get_from(Script script, HttpLimits limits = {}) {
  ScriptedServer const server{{std::move(script)}};
  return ClientLoop{std::move(limits)}.get({.url = server.url()});
}

}  // namespace candled::test
