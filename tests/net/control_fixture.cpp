#include "net/control_fixture.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <thread>

namespace candled::test {

namespace asio = boost::asio;

namespace {

Task<ControlAnswer> at_once(ControlAnswer answer) {
  co_return answer;
}

}  // namespace

struct RunningControl::State {
  State(GatePolicy policy, ControlLimits limits, std::size_t message_bytes)
      : never(loop, asio::steady_timer::time_point::max()),
        plane(std::move(policy), routes(),
              [this](LogLevel, std::string_view line) { lines.emplace_back(line); }),
        server(loop.get_executor(), limits,
               [this](ControlRequest const& request) { return plane.answer(request); },
               {.refuse = [this](ControlRequest const& request) { return plane.refuse_stream(request); },
                .newest =
                    [this, message_bytes] {
                      return fmt::format("{:<{}}", fmt::format("message {}", ++messages), message_bytes);
                    }}) {}

  std::vector<Route> routes();
  Task<ControlAnswer> wait_for_the_end();
  Task<void> stop();

  asio::io_context loop{1};
  asio::steady_timer never;
  std::atomic<int> asked_never = 0;
  int messages = 0;
  std::vector<std::string> lines;
  ControlPlane plane;
  ControlServer server;
  std::thread thread;
};

std::vector<Route> RunningControl::State::routes() {
  return {
      {.method = "GET",
       .path = "/small",
       .answer = [](ControlRequest const&) { return at_once({.body = R"({"size":"small"})"}); }},
      {.method = "GET",
       .path = "/large",
       .answer = [](ControlRequest const&) { return at_once({.type = "text/plain", .body = large_text()}); }},
      {.method = "GET",
       .path = "/thing/{id}",
       .answer = [](ControlRequest const& request) { return at_once({.body = request.parameter("id")}); }},
      {.method = "GET",
       .path = "/stream",
       .answer = [](ControlRequest const&) { return at_once({.body = "{}"}); },
       .streams = true},
      {.method = "GET",
       .path = "/never",
       .answer = [this](ControlRequest const&) { return wait_for_the_end(); }},
      {.method = "POST",
       .path = "/change",
       .access = Access::change,
       .answer = [](ControlRequest const& request) {
         return at_once({.status = 202, .body = request.body});
       }}};
}

Task<ControlAnswer> RunningControl::State::wait_for_the_end() {
  ++asked_never;
  asked_never.notify_all();
  boost::system::error_code woken;
  co_await never.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  co_return ControlAnswer{};
}

Task<void> RunningControl::State::stop() {
  never.cancel();
  co_await server.stop();
}

std::string large_text() {
  std::string text;
  for (int line = 0; line < 1'000; ++line) text += fmt::format("line {}\n", line);
  return text;
}

std::size_t RunningControl::connections() const {
  return asio::post(state_->loop, asio::use_future([this] { return state_->server.connections(); })).get();
}

RunningControl::RunningControl(GatePolicy policy, ControlLimits limits, std::size_t message_bytes)
    : state_(std::make_unique<State>(std::move(policy), limits, message_bytes)) {
  auto const port = state_->server.listen("127.0.0.1", 0);
  EXPECT_TRUE(port) << port.error();
  port_ = port.value_or(0);
  state_->thread = std::thread{[this] { state_->loop.run(); }};
}

void RunningControl::end() {
  if (!state_->thread.joinable()) return;
  asio::co_spawn(state_->loop, state_->stop(), asio::detached);
  state_->thread.join();
}

void RunningControl::wait_for_never(int count) const {
  for (int seen = state_->asked_never; seen < count; seen = state_->asked_never)
    state_->asked_never.wait(seen);
}

RunningControl::~RunningControl() {
  end();
}

std::vector<std::string> RunningControl::log() const {
  return state_->lines;
}

Response RunningControl::ask(std::string const& method, std::string const& target, std::string const& headers,
                             std::string const& body) {
  auto const length = body.empty() ? std::string{} : fmt::format("Content-Length: {}\r\n", body.size());
  return send(fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}{}\r\n{}", method, target,
                          host(), length, headers, body));
}

Response RunningControl::send(std::string const& bytes) {
  RawConnection connection{port_};
  connection.send(bytes);
  return parse_response(connection.read_to_end());
}

}  // namespace candled::test
