#include "control/stream.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <utility>

namespace candled {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using namespace asio::experimental::awaitable_operators;

namespace {

using Failure = boost::system::error_code;

constexpr std::string_view protocol = "candled.v1";
constexpr std::string_view bearer = "candled.bearer.";

auto noting(Failure& failure) {
  return asio::redirect_error(asio::use_awaitable, failure);
}

// Each of a list with commas, without blanks around it.
template <class Take>
void for_each_of(std::string_view list, Take take) {
  while (!list.empty()) {
    auto item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    take(item);
  }
}

bool offers_our_protocol(std::string_view offered) {
  bool found = false;
  for_each_of(offered, [&](std::string_view item) { found |= item == protocol; });
  return found;
}

}  // namespace

std::string token_of_protocols(std::string_view offered) {
  std::string token;
  for_each_of(offered, [&](std::string_view item) {
    if (item.starts_with(bearer)) token = item.substr(bearer.size());
  });
  return token;
}

ControlStream::ControlStream(beast::tcp_stream stream, StreamLimits limits,
                             std::function<std::string()> const& newest)
    : socket_(std::move(stream)), limits_(limits), newest_(newest), next_(socket_.get_executor()) {}

asio::awaitable<bool> ControlStream::accept(Request const& request, std::string const& id) {
  beast::get_lowest_layer(socket_).expires_never();  // the WebSocket has deadlines of its own
  socket_.set_option(websocket::stream_base::timeout{
      .handshake_timeout = limits_.write, .idle_timeout = limits_.silence, .keep_alive_pings = true});
  socket_.read_message_max(limits_.message_bytes_max);
  auto const offered = request[beast::http::field::sec_websocket_protocol];
  bool const ours = offers_our_protocol({offered.data(), offered.size()});
  socket_.set_option(websocket::stream_base::decorator{[&](websocket::response_type& response) {
    response.set("X-Request-Id", id);
    if (ours) response.set(beast::http::field::sec_websocket_protocol, {protocol.data(), protocol.size()});
  }});
  Failure failure;
  co_await socket_.async_accept(request, noting(failure));
  co_return !failure;
}

// Whether `work` has gone well in time.
asio::awaitable<bool> ControlStream::within(std::chrono::milliseconds time, Work work) {
  Failure failure;
  Failure ignored;
  asio::steady_timer deadline{socket_.get_executor(), time};
  auto const ended = co_await (work(failure) || deadline.async_wait(noting(ignored)));
  co_return ended.index() == 0 && !failure;
}

asio::awaitable<void> ControlStream::tell() {
  socket_.text(true);
  while (!stopping_) {
    auto const message = newest_();
    auto const sent = co_await within(limits_.write, [&](Failure& failure) -> asio::awaitable<void> {
      co_await socket_.async_write(asio::buffer(message), noting(failure));
    });
    if (!sent) co_return;
    if (stopping_) break;
    next_.expires_after(limits_.every);
    Failure woken;
    co_await next_.async_wait(noting(woken));
  }
  // While listen() still reads: a read that is broken off would break the goodbye off, too.
  co_await within(std::chrono::seconds{1}, [&](Failure& failure) -> asio::awaitable<void> {
    co_await socket_.async_close(websocket::close_code::going_away, noting(failure));
  });
}

asio::awaitable<void> ControlStream::listen() {
  beast::flat_buffer ignored;
  Failure failure;
  while (!failure) {
    ignored.clear();
    co_await socket_.async_read(ignored, noting(failure));
  }
}

asio::awaitable<void> ControlStream::run(Request const& request, std::string const& id) {
  if (stopping_ || !co_await accept(request, id)) co_return;
  co_await (tell() || listen());
  beast::get_lowest_layer(socket_).close();
}

void ControlStream::stop() {
  stopping_ = true;
  next_.cancel();
}

}  // namespace candled
