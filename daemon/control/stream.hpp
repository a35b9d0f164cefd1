// A client's WebSocket: it is told what is newest, again and again. Include in .cpp files only: it brings
// Beast.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace candled {

struct StreamLimits {
  std::chrono::milliseconds every{1'000};     // between two messages
  std::chrono::milliseconds write{10'000};    // a reader who takes longer is dropped
  std::chrono::milliseconds silence{30'000};  // a client who does not even answer pings for so long is, too
  std::size_t message_bytes_max = 1024;       // of a client, whose messages mean nothing
};

// RFC 6455, over a connection that has asked for it. Nothing is queued but the message that is being sent:
// who reads slowly misses what was in between.
class ControlStream {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  // `newest` must not throw, and outlive it.
  ControlStream(boost::beast::tcp_stream stream, StreamLimits limits,
                std::function<std::string()> const& newest);
  ControlStream(ControlStream const&) = delete;
  ControlStream& operator=(ControlStream const&) = delete;
  ~ControlStream() = default;

  // Until the client leaves or is dropped, or stop(). Beast answers with `id` as X-Request-Id.
  boost::asio::awaitable<void> run(Request const& request, std::string const& id);
  // Says goodbye (1001, going away).
  void stop();

 private:
  boost::asio::awaitable<bool> accept(Request const& request, std::string const& id);
  // Both return when it is over.
  boost::asio::awaitable<void> tell();
  boost::asio::awaitable<void> listen();
  using Work = std::function<boost::asio::awaitable<void>(boost::system::error_code&)>;
  boost::asio::awaitable<bool> within(std::chrono::milliseconds time, Work work);

  boost::beast::websocket::stream<boost::beast::tcp_stream> socket_;
  StreamLimits limits_;
  std::function<std::string()> const& newest_;
  boost::asio::steady_timer next_;
  bool stopping_ = false;
};

// The token of a browser, which cannot send other headers with a WebSocket: of the protocols that it offers
// the one after "candled.bearer.". Empty: none is there.
std::string token_of_protocols(std::string_view offered);

}  // namespace candled
