#include "exchange/server.hpp"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <csignal>
#include <set>

namespace candled {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

using Failure = boost::system::error_code;
using Done = asio::awaitable<void>;

constexpr std::size_t head_bytes_max = 16 * 1024;
constexpr std::size_t body_bytes_max =
    64 * 1024;  // a GET has none; what a client sends all the same is skipped
constexpr auto drain_at_most = 2s;

auto noting(Failure& failure) {
  return asio::redirect_error(asio::use_awaitable, failure);
}

struct Serving {
  Exchange& exchange;
  MarketClock const& clock;
  Compression compression;
  std::set<class Connection*> connections = {};
  bool stopping = false;
};

// One client's connection: its requests one after the other.
class Connection {
 public:
  Connection(Serving& serving, tcp::socket socket)
      : serving_(serving), socket_(std::move(socket)), timer_(socket_.get_executor()) {
    serving_.connections.insert(this);
    ++serving_.exchange.log().connections;
    Failure ignored;
    socket_.set_option(tcp::no_delay{true}, ignored);
  }
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;
  ~Connection() { serving_.connections.erase(this); }

  Done run();
  // No further request; an answer that is on its way ends, a stalled one does not.
  void stop() {
    if (!answering_) close();
  }

 private:
  asio::awaitable<bool> read_request(RequestHead& head);
  Done answer(RequestHead const& head);
  Done send(Wire const& wire);
  Done send_badly(Wire const& wire, FaultRule const& fault);
  Done send_slowly(std::string_view bytes, Milliseconds pace);
  Done write(std::string_view bytes);
  Done pause(Milliseconds duration);
  Done stall(FaultRule const& fault);
  void reset();
  void close() {
    Failure ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    timer_.cancel();
  }

  Serving& serving_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::string buffer_;
  bool answering_ = false;
};

Done Connection::run() {
  while (socket_.is_open() && !serving_.stopping) {
    RequestHead head;
    if (!co_await read_request(head)) break;
    auto& log = serving_.exchange.log();
    log.concurrent_max = std::max(log.concurrent_max, ++log.concurrent);
    answering_ = true;
    co_await answer(head);
    answering_ = false;
    --log.concurrent;
    if (!head.keep_alive) break;
  }
  close();
}

// False: the client has left, or what it says is not HTTP.
asio::awaitable<bool> Connection::read_request(RequestHead& head) {
  Failure failure;
  auto const end = co_await asio::async_read_until(socket_, asio::dynamic_buffer(buffer_, head_bytes_max),
                                                   "\r\n\r\n", noting(failure));
  if (failure) co_return false;
  auto const parsed = parse_head(std::string_view{buffer_}.substr(0, end - 4));
  buffer_.erase(0, end);
  if (!parsed || parsed->body_bytes > body_bytes_max) {
    co_await write(
        "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.19.2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    co_return false;
  }
  head = *parsed;
  while (buffer_.size() < head.body_bytes && !failure) {
    std::array<char, 4096> part{};
    auto const count = co_await socket_.async_read_some(asio::buffer(part), noting(failure));
    buffer_.append(part.data(), count);
  }
  buffer_.erase(0, head.body_bytes);
  co_return !failure;
}

Done Connection::answer(RequestHead const& head) {
  auto const sent_at = serving_.clock.of_the_server();
  Request const request{.method = head.method,
                        .target = head.target,
                        .authorization = head.authorization,
                        .fields = head.fields};
  auto const reply = serving_.exchange.answer(request, serving_.clock.now(), serving_.clock.ticks());
  if (reply.latency > 0ms) co_await pause(reply.latency);
  auto const wrong_by = reply.send_with ? date_error(reply.send_with->kind) : 0ms;
  auto const wire = to_wire(reply.answer, reply.request_id, head, serving_.compression, sent_at + wrong_by);
  if (reply.send_with && wrong_by == 0ms)
    co_await send_badly(wire, *reply.send_with);
  else
    co_await send(wire);
}

Done Connection::send(Wire const& wire) {
  co_await write(wire.head);
  co_await write(wire.body);
}

Done Connection::send_badly(Wire const& wire, FaultRule const& fault) {
  auto const half = std::string_view{wire.body}.substr(0, wire.body.size() / 2);
  auto const rest = std::string_view{wire.body}.substr(half.size());
  if (fault.kind == FaultKind::stall_before) {
    co_await stall(fault);
    co_return co_await send(wire);
  }
  co_await write(wire.head);
  if (fault.kind == FaultKind::slow_loris) co_return co_await send_slowly(wire.body, fault.pace);
  co_await write(half);
  if (fault.kind == FaultKind::truncate) co_return close();
  if (fault.kind == FaultKind::reset) co_return reset();
  co_await stall(fault);
  co_await write(rest);
}

Done Connection::send_slowly(std::string_view bytes, Milliseconds pace) {
  for (; !bytes.empty() && socket_.is_open() && !serving_.stopping; bytes.remove_prefix(1)) {
    co_await write(bytes.substr(0, 1));
    co_await pause(pace);
  }
  if (!bytes.empty()) close();
}

// A failed write closes the connection: nothing else is sent on it.
Done Connection::write(std::string_view bytes) {
  if (!socket_.is_open()) co_return;
  Failure failure;
  serving_.exchange.log().bytes_sent +=
      co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), noting(failure));
  if (failure) close();
}

Done Connection::pause(Milliseconds duration) {
  Failure ignored;
  timer_.expires_after(duration);
  co_await timer_.async_wait(noting(ignored));
}

// Sends nothing: for as long as the fault says, or until the client leaves or the exchange stops.
Done Connection::stall(FaultRule const& fault) {
  answering_ = false;  // a stop need not wait for it
  if (fault.hold) {
    co_await pause(*fault.hold);
  } else {
    Failure failure;
    std::array<char, 4096> ignored{};
    while (!failure) co_await socket_.async_read_some(asio::buffer(ignored), noting(failure));
    close();
  }
  answering_ = true;
}

void Connection::reset() {
  Failure ignored;
  socket_.set_option(asio::socket_base::linger{true, 0}, ignored);  // close() then sends RST
  socket_.close(ignored);
}

Done serve_connection(Serving& serving, tcp::socket socket) {
  Connection connection{serving, std::move(socket)};
  co_await connection.run();
}

Done accept_all(Serving& serving, tcp::acceptor& acceptor) {
  while (acceptor.is_open()) {
    Failure failure;
    auto socket = co_await acceptor.async_accept(noting(failure));
    if (!failure) {
      asio::co_spawn(acceptor.get_executor(), serve_connection(serving, std::move(socket)), asio::detached);
      continue;
    }
    // Out of descriptors, most likely: the clients that are there will give some back.
    asio::steady_timer later{acceptor.get_executor(), 50ms};
    co_await later.async_wait(noting(failure));
  }
}

Done drain_when_asked(Serving& serving, tcp::acceptor& acceptor, asio::signal_set& signals,
                      asio::io_context& loop) {
  co_await signals.async_wait(asio::use_awaitable);
  serving.stopping = true;
  acceptor.close();
  for (auto* const connection : serving.connections) connection->stop();
  asio::steady_timer patience{loop};
  for (auto waited = 0ms; waited < drain_at_most && !serving.connections.empty(); waited += 10ms) {
    patience.expires_after(10ms);
    co_await patience.async_wait(asio::use_awaitable);
  }
  loop.stop();
}

std::expected<tcp::acceptor, std::string> listen_on(asio::io_context& loop, ListenAddress const& address) {
  Failure failure;
  auto const ip = asio::ip::make_address(address.host, failure);
  if (failure) return std::unexpected(fmt::format("{} is not an IP address", address.host));
  tcp::acceptor acceptor{loop};
  tcp::endpoint const endpoint{ip, address.port};
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address{true}, failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return std::unexpected(failure.message());
  return acceptor;
}

}  // namespace

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  auto host = text.substr(0, colon);
  auto const port = text.substr(colon + 1);
  ListenAddress address;
  auto const [stop, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || stop != port.data() + port.size()) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.host = host == "localhost" ? "127.0.0.1" : host;
  Failure failure;
  asio::ip::make_address(address.host, failure);
  return failure ? std::nullopt : std::optional{address};
}

std::string url_of(ListenAddress const& address) {
  bool const v6 = address.host.contains(':');
  return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

std::expected<void, std::string> serve(Exchange& exchange, MarketClock const& clock, ListenAddress address,
                                       Compression compression,
                                       std::function<void(ListenAddress const&)> const& ready) {
  asio::io_context loop{1};
  auto acceptor = listen_on(loop, address);
  if (!acceptor) return std::unexpected(std::move(acceptor).error());
  address.port = acceptor->local_endpoint().port();
  exchange.set_own_host(url_of(address));
  Serving serving{.exchange = exchange, .clock = clock, .compression = compression};
  asio::signal_set signals{loop, SIGTERM, SIGINT};  // before `ready`: whoever is told may stop us at once
  asio::co_spawn(loop, accept_all(serving, *acceptor), asio::detached);
  asio::co_spawn(loop, drain_when_asked(serving, *acceptor, signals, loop), asio::detached);
  ready(address);
  loop.run();
  return {};
}

}  // namespace candled
