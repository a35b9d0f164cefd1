// WebSockets of the control plane, over a real socket with a client of Beast's.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <future>
#include <thread>

#include "net/control_fixture.hpp"

namespace candled::test {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::asio::ip::tcp;
using namespace std::chrono_literals;

using Fields = std::vector<std::pair<std::string, std::string>>;

class Listener {
 public:
  explicit Listener(RunningControl const& control) : host_(control.host()), socket_(loop_) {
    socket_.next_layer().connect({boost::asio::ip::make_address("127.0.0.1"), control.port()});
  }

  // The status of the answer; 101: it is a WebSocket now.
  int upgrade(std::string const& path = "/stream", Fields const& headers = {}) {
    socket_.set_option(websocket::stream_base::decorator{[&](websocket::request_type& request) {
      for (auto const& [name, value] : headers) request.set(name, value);
    }});
    boost::system::error_code failure;
    socket_.handshake(answer_, host_, path, failure);
    return static_cast<int>(answer_.result_int());
  }
  // Of the answer to the upgrade.
  std::string header(std::string const& name) const { return std::string{answer_[name]}; }

  // The next message; empty: it is over, and close_code() says how.
  std::string read() {
    beast::flat_buffer buffer;
    socket_.read(buffer, failure_);
    return failure_ ? std::string{} : beast::buffers_to_string(buffer.data());
  }
  void send(std::string const& text) {
    boost::system::error_code ignored;
    socket_.write(boost::asio::buffer(text), ignored);
  }
  int close_code() const { return socket_.reason().code; }

 private:
  std::string host_;
  boost::asio::io_context loop_;
  websocket::stream<tcp::socket> socket_;
  websocket::response_type answer_;
  boost::system::error_code failure_;
};

ControlLimits fast() {
  return {.stream_every = 1ms};
}

GatePolicy with_token_to_look() {
  return {.token = token_hash(control_token), .open_to_others = true};
}

TEST(ControlStream, is_told_at_once_and_again_and_again) {
  RunningControl const control{{}, fast()};
  Listener client{control};

  ASSERT_EQ(client.upgrade(), 101);

  EXPECT_EQ(client.read(), "message 1");
  EXPECT_EQ(client.read(), "message 2");
  EXPECT_EQ(client.read(), "message 3");
  EXPECT_FALSE(client.header("X-Request-Id").empty());
}

TEST(ControlStream, speaks_our_protocol_where_it_is_offered_and_no_other) {
  RunningControl const control;
  Listener client{control};
  Listener other{control};

  EXPECT_EQ(client.upgrade("/stream", {{"Sec-WebSocket-Protocol", "other, candled.v1"}}), 101);
  EXPECT_EQ(client.header("Sec-WebSocket-Protocol"), "candled.v1");
  EXPECT_EQ(other.upgrade("/stream", {{"Sec-WebSocket-Protocol", "other"}}), 101);
  EXPECT_EQ(other.header("Sec-WebSocket-Protocol"), "");
}

TEST(ControlStream, is_not_for_other_pages_nor_under_other_names_nor_elsewhere) {
  RunningControl const control;

  EXPECT_EQ(Listener{control}.upgrade("/stream", {{"Origin", "http://example.com"}}), 403);
  EXPECT_EQ(Listener{control}.upgrade("/stream", {{"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(Listener{control}.upgrade("/stream", {{"Host", "example.com"}}), 421);
  EXPECT_EQ(Listener{control}.upgrade("/small"), 404);
  EXPECT_EQ(Listener{control}.upgrade("/nothing"), 404);
  EXPECT_EQ(Listener{control}.upgrade("/stream", {{"Origin", "http://" + control.host()}}), 101);
}

TEST(ControlStream, needs_the_token_where_looking_does_and_takes_it_as_a_protocol) {
  RunningControl const control{with_token_to_look()};
  auto const protocols = [](std::string const& token) {
    return Fields{{"Sec-WebSocket-Protocol", "candled.v1, candled.bearer." + token}};
  };

  EXPECT_EQ(Listener{control}.upgrade(), 401);
  EXPECT_EQ(Listener{control}.upgrade("/stream", protocols("wrong")), 401);
  EXPECT_EQ(Listener{control}.upgrade("/stream", {{"Authorization", std::string{"Bearer "} + control_token}}),
            101);
  Listener client{control};
  EXPECT_EQ(client.upgrade("/stream", protocols(control_token)), 101);
  EXPECT_EQ(client.header("Sec-WebSocket-Protocol"), "candled.v1");
}

TEST(ControlStream, is_for_so_many_at_a_time) {
  RunningControl control{{}, {.streams_max = 2}};
  Listener first{control};
  Listener second{control};
  ASSERT_EQ(first.upgrade(), 101);
  ASSERT_EQ(second.upgrade(), 101);

  EXPECT_EQ(Listener{control}.upgrade(), 503);
  EXPECT_EQ(control.ask("GET", "/small").status, 200);
}

TEST(ControlStream, ignores_what_a_client_says_and_drops_one_who_says_too_much) {
  RunningControl const control{{}, fast()};
  Listener client{control};
  ASSERT_EQ(client.upgrade(), 101);

  client.send("hello");
  EXPECT_TRUE(client.read().starts_with("message "));
  client.send(std::string(2'000, 'x'));
  while (!client.read().empty()) {
  }
  EXPECT_EQ(client.close_code(), websocket::close_code::too_big);
}

TEST(ControlStream, drops_who_does_not_read) {
  RunningControl control{{}, {.write = 50ms, .stream_every = 0ms}, 1 << 20};
  Listener client{control};
  ASSERT_EQ(client.upgrade(), 101);

  while (control.connections() > 0) std::this_thread::yield();

  EXPECT_EQ(control.ask("GET", "/small").status, 200);
}

TEST(ControlStream, says_goodbye_at_the_end) {
  RunningControl control{{}, fast()};
  Listener client{control};
  ASSERT_EQ(client.upgrade(), 101);
  auto last = std::async(std::launch::async, [&] {
    while (!client.read().empty()) {
    }
    return client.close_code();
  });

  control.end();

  EXPECT_EQ(last.get(), websocket::close_code::going_away);
}

}  // namespace
}  // namespace candled::test
