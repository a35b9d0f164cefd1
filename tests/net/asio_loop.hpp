// Runs coroutines of a test to their end, on the test's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/curl_client.hpp"

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

}  // namespace candled::test
