#include "control/server.hpp"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <list>
#include <optional>
#include <random>

#include "control/stream.hpp"

namespace candled {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

using Failure = boost::system::error_code;
using Done = asio::awaitable<void>;

constexpr std::string_view too_busy =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

// Of a body that was refused.
constexpr std::size_t skipped_bytes_max = 1024 * 1024;

auto noting(Failure& failure) {
  return asio::redirect_error(asio::use_awaitable, failure);
}

std::string text_of(tcp::endpoint const& endpoint) {
  auto const address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

// Whose end two servers could find in two places: that of a body in another coding than chunked (RFC
// 9112, 6.3).
bool has_odd_coding(http::fields const& fields) {
  auto const [first, last] = fields.equal_range(http::field::transfer_encoding);
  if (first == last) return false;
  return std::next(first) != last || !beast::iequals(first->value(), "chunked");
}

class Connection;

}  // namespace

struct ControlServer::State {
  State(asio::any_io_executor executor, ControlLimits the_limits, ControlAnswerer the_answerer,
        ControlStreams the_streams)
      : loop(std::move(executor)),
        limits(the_limits),
        answerer(std::move(the_answerer)),
        streams(std::move(the_streams)),
        acceptor(loop),
        ended(loop, asio::steady_timer::time_point::max()),
        id_prefix(fmt::format("{:08x}", std::random_device{}())) {}

  Done accept_all();
  void take(tcp::socket socket);
  bool make_room();
  std::string next_id() { return fmt::format("{}-{}", id_prefix, ++requests); }

  asio::any_io_executor loop;
  ControlLimits limits;
  ControlAnswerer answerer;
  ControlStreams streams;
  tcp::acceptor acceptor;
  std::list<Connection*> connections;  // open; the one that waits for its client the longest comes first
  bool accepting = false;
  std::size_t served = 0;     // coroutines, of open connections and of those just closed
  std::size_t streaming = 0;  // of them
  asio::steady_timer ended;   // an event: one of these coroutines has ended
  bool stopping = false;
  std::string id_prefix;
  std::uint64_t requests = 0;
};

namespace {

using Server = ControlServer::State;

// One client's connection: its requests one after the other.
class Connection {
 public:
  Connection(Server& server, tcp::socket socket)
      : server_(server), stream_(std::move(socket)), buffer_(2 * server.limits.head_bytes_max) {
    Failure ignored;
    local_ = text_of(stream_.socket().local_endpoint(ignored));
    stream_.socket().set_option(tcp::no_delay{true}, ignored);
    place_ = server_.connections.insert(server_.connections.end(), this);
  }
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;
  ~Connection() { leave(); }

  Done run();
  bool waits() const { return waits_; }
  void close() {
    leave();
    waits_ = false;
    if (websocket_) {
      websocket_->stop();
    } else {
      stream_.close();
    }
  }

 private:
  void leave() {
    if (std::exchange(open_, false)) server_.connections.erase(place_);
  }
  void wait_for_client();
  asio::awaitable<bool> read();
  ControlRequest request_of(http::request<http::string_body> message);
  Done refuse(Failure const& failure);
  Done send(ControlRequest const& request, ControlAnswer answer, bool keep_alive);
  Done stream();

  Server& server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<ControlStream> websocket_;
  std::string local_;
  std::list<Connection*>::iterator place_;
  bool open_ = true;
  bool waits_ = true;  // for a request, the rest of one, or that an answer is read
};

void Connection::wait_for_client() {
  waits_ = true;
  if (open_) server_.connections.splice(server_.connections.end(), server_.connections, place_);
}

Done Connection::run() {
  while (!server_.stopping) {
    wait_for_client();
    bool const whole = co_await read();
    waits_ = false;
    if (!whole || server_.stopping) break;
    if (beast::websocket::is_upgrade(parser_->get())) {
      co_await stream();
      co_return;
    }
    auto const keep_alive = parser_->get().keep_alive();
    auto const request = request_of(parser_->release());
    auto answer = co_await server_.answerer(request);
    wait_for_client();
    co_await send(request, std::move(answer), keep_alive);
    if (!keep_alive || !stream_.socket().is_open()) break;
  }
  Failure ignored;
  if (stream_.socket().is_open()) stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.close();
}

// The rest of the connection is a WebSocket, or a refusal.
Done Connection::stream() {
  auto const message = parser_->release();
  auto request = request_of(message);
  auto const* const offered = request.header("Sec-WebSocket-Protocol");
  auto const token = offered == nullptr ? std::string{} : token_of_protocols(*offered);
  if (!token.empty() && request.header("Authorization") == nullptr)
    request.headers.emplace_back("Authorization", "Bearer " + token);
  auto refusal = server_.streams.refuse(request);
  if (!refusal && server_.streaming >= server_.limits.streams_max)
    refusal = problem(request, 503, "too_many_streams", "others are listening already: try again later");
  if (refusal) {
    co_await send(request, std::move(*refusal), false);
    stream_.close();
    co_return;
  }
  ++server_.streaming;
  websocket_.emplace(std::move(stream_),
                     StreamLimits{.every = server_.limits.stream_every,
                                  .write = server_.limits.write,
                                  .silence = server_.limits.idle},
                     server_.streams.newest);
  co_await websocket_->run(message, request.id);
  --server_.streaming;
}

// False: the client has left, was too slow, or does not speak HTTP within the limits, and has been told so.
asio::awaitable<bool> Connection::read() {
  Failure failure;
  if (buffer_.size() == 0) {
    stream_.expires_after(server_.limits.idle);
    auto const count = co_await stream_.async_read_some(buffer_.prepare(1024), noting(failure));
    buffer_.commit(count);
    if (failure) co_return false;
  }
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(server_.limits.head_bytes_max));
  parser_->body_limit(server_.limits.body_bytes_max);
  stream_.expires_after(server_.limits.head);
  co_await http::async_read_header(stream_, buffer_, *parser_, noting(failure));
  if (!failure && has_odd_coding(parser_->get())) failure = http::error::bad_transfer_encoding;
  if (!failure) {
    stream_.expires_after(server_.limits.body);
    co_await http::async_read(stream_, buffer_, *parser_, noting(failure));
  }
  if (failure) co_await refuse(failure);
  co_return !failure;
}

ControlRequest Connection::request_of(http::request<http::string_body> message) {
  ControlRequest request{.id = server_.next_id(),
                         .method = std::string{message.method_string()},
                         .target = std::string{message.target()},
                         .headers = {},
                         .body = std::move(message.body()),
                         .local = local_};
  for (auto const& field : message)
    request.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
  return request;
}

Done Connection::refuse(Failure const& failure) {
  if (failure.category() != http::make_error_code(http::error::bad_method).category()) co_return;
  if (failure == http::error::end_of_stream || failure == http::error::partial_message) co_return;
  ControlRequest const request{.id = server_.next_id()};
  auto answer = problem(request, 400, "bad_request", "this is not an HTTP/1.1 request");
  if (failure == http::error::body_limit)
    answer = problem(request, 413, "body_too_large",
                     fmt::format("a body may have {} bytes at most", server_.limits.body_bytes_max));
  if (failure == http::error::header_limit || failure == http::error::buffer_overflow)
    answer = problem(
        request, 431, "head_too_large",
        fmt::format("the head of a request may have {} bytes at most", server_.limits.head_bytes_max));
  co_await send(request, std::move(answer), false);
  // Closed with unread bytes before it, the answer could be lost on its way.
  Failure ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(1s);
  std::size_t skipped = 0;
  while (!ignored && skipped < skipped_bytes_max) {
    buffer_.clear();
    skipped += co_await stream_.async_read_some(buffer_.prepare(4096), noting(ignored));
  }
}

Done Connection::send(ControlRequest const& request, ControlAnswer answer, bool keep_alive) {
  http::response<http::string_body> response;
  response.result(static_cast<unsigned>(answer.status));
  response.reason({status_title(answer.status).data(), status_title(answer.status).size()});
  response.set(http::field::content_type, answer.type);
  response.set("X-Request-Id", request.id);
  for (auto const& [name, value] : answer.headers) response.set(name, value);
  response.keep_alive(keep_alive);
  response.content_length(answer.body.size());
  if (request.method != "HEAD") response.body() = std::move(answer.body);
  Failure failure;
  stream_.expires_after(server_.limits.write);
  co_await http::async_write(stream_, response, noting(failure));
  if (failure) stream_.close();
}

Done serve(std::unique_ptr<Connection> connection) {
  co_await connection->run();
}

}  // namespace

// The one that has waited the longest goes. False: all are being answered.
bool ControlServer::State::make_room() {
  for (auto* const connection : connections) {
    if (!connection->waits()) continue;
    connection->close();
    return true;
  }
  return false;
}

void ControlServer::State::take(tcp::socket socket) {
  if (connections.size() >= limits.connections_max && !make_room()) {
    Failure ignored;
    socket.non_blocking(true, ignored);  // its buffer is empty: the line goes out at once, or not at all
    socket.write_some(asio::buffer(too_busy.data(), too_busy.size()), ignored);
    return;
  }
  ++served;
  asio::co_spawn(loop, serve(std::make_unique<Connection>(*this, std::move(socket))),
                 [this](std::exception_ptr const& broken) {
                   if (broken) std::rethrow_exception(broken);
                   --served;
                   ended.cancel();
                 });
}

Done ControlServer::State::accept_all() {
  while (acceptor.is_open()) {
    Failure failure;
    auto socket = co_await acceptor.async_accept(noting(failure));
    if (!failure) {
      take(std::move(socket));
    } else if (acceptor.is_open()) {
      // Out of descriptors, most likely: the clients that are there will give some back.
      asio::steady_timer later{loop, 100ms};
      co_await later.async_wait(noting(failure));
    }
  }
}

ControlServer::ControlServer(asio::any_io_executor const& loop, ControlLimits limits,
                             ControlAnswerer answerer, ControlStreams streams)
    : state_(std::make_unique<State>(loop, limits, std::move(answerer), std::move(streams))) {}

ControlServer::~ControlServer() = default;

std::expected<std::uint16_t, std::string> ControlServer::listen(std::string const& host, std::uint16_t port) {
  Failure failure;
  tcp::resolver resolver{state_->loop};
  auto const found =
      resolver.resolve(host == "localhost" ? "127.0.0.1" : host, std::to_string(port), failure);
  if (failure || found.empty()) return std::unexpected(failure.message());
  auto const endpoint = found.begin()->endpoint();
  auto& acceptor = state_->acceptor;
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address{true}, failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return std::unexpected(failure.message());
  state_->accepting = true;
  asio::co_spawn(state_->loop, state_->accept_all(),
                 [state = state_.get()](std::exception_ptr const& broken) {
                   if (broken) std::rethrow_exception(broken);
                   state->accepting = false;
                   state->ended.cancel();
                 });
  return acceptor.local_endpoint().port();
}

Task<void> ControlServer::stop() {
  state_->stopping = true;
  Failure ignored;
  state_->acceptor.close(ignored);
  while (!state_->connections.empty()) state_->connections.front()->close();
  while (state_->accepting || state_->served > 0) co_await state_->ended.async_wait(noting(ignored));
}

std::size_t ControlServer::connections() const {
  return state_->connections.size();
}

}  // namespace candled
