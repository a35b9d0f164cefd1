#include "http/curl_client.hpp"

#include <curl/curl.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <new>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "http/curl_transfer.hpp"

namespace candled {

namespace asio = boost::asio;

namespace {

using ErrorCode = boost::system::error_code;

// Before any thread but ours may use curl; once in a process.
void start_curl() {
  static CURLcode const result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

std::unexpected<Error> stopped() {
  return fail(ErrorKind::stopped, "the HTTP client was stopped");
}

}  // namespace

// Drives curl's multi interface: curl says which sockets and which timer it waits for, Asio waits, curl is
// told. Coroutines in get() share it, so it outlives the client until the last of them has been told that it
// is over.
class CurlClient::Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(asio::any_io_executor executor, HttpLimits limits);
  ~Loop();
  Loop(Loop const&) = delete;
  Loop& operator=(Loop const&) = delete;

  static Task<Result<HttpResponse>> get(std::shared_ptr<Loop> loop, HttpRequest request);
  void stop();

 private:
  // A transfer that curl works on. Whatever ends the coroutine that waits for it takes it out of curl.
  struct Flight {
    Flight(Loop& owner, CurlTransfer& what);
    ~Flight() { leave(); }  // NOLINT(bugprone-exception-escape): cancelling a timer does not fail
    Flight(Flight const&) = delete;
    Flight& operator=(Flight const&) = delete;
    void leave();

    Loop& loop;
    CurlTransfer& transfer;
    asio::steady_timer ended;      // never expires: its cancellation is the signal
    std::optional<CURLcode> code;  // empty until curl is done
  };

  // A socket of curl's. curl owns the descriptor; we only wait for it, and let go of it when curl says so.
  // From then on the number may be another socket's: handlers that still come look at `watched` and do
  // nothing.
  struct Socket {
    asio::posix::stream_descriptor descriptor;
    int wanted = CURL_POLL_NONE;
    bool reading = false;  // an async_wait is under way
    bool writing = false;
    bool watched = true;
  };
  using SocketPointer = std::shared_ptr<Socket>;

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* loop, void* socket);
  static int on_timer(CURLM* multi, long milliseconds, void* loop);
  void watch(curl_socket_t fd, int what);
  void forget(curl_socket_t fd);
  void wait(curl_socket_t fd, SocketPointer const& socket);
  void wait(curl_socket_t fd, SocketPointer const& socket, bool Socket::* pending, int bit,
            asio::posix::stream_descriptor::wait_type type);
  void set_timer(long milliseconds);
  void act(curl_socket_t fd, int events);
  void collect();

  asio::any_io_executor executor_;
  HttpLimits limits_;
  asio::steady_timer timer_;
  std::uint64_t timer_settings_ = 0;  // tells a timer that was set again from the one that had already fired
  std::unordered_map<curl_socket_t, SocketPointer> sockets_;
  std::unordered_set<Flight*> flights_;
  bool stopped_ = false;
  std::unique_ptr<CURLM, MultiDeleter> multi_;  // last: curl calls back into the rest while it goes
};

CurlClient::CurlClient(asio::any_io_executor const& executor, HttpLimits limits)
    : loop_(std::make_shared<Loop>(executor, std::move(limits))) {}

CurlClient::~CurlClient() {  // NOLINT(bugprone-exception-escape): stop() only cancels, which does not fail
  loop_->stop();
}

Task<Result<HttpResponse>> CurlClient::get(HttpRequest request) {
  return Loop::get(loop_, std::move(request));
}

void CurlClient::stop() {
  loop_->stop();
}

Task<Result<HttpResponse>> CurlClient::Loop::get(std::shared_ptr<Loop> loop, HttpRequest request) {
  if (loop->stopped_) co_return stopped();
  CurlTransfer transfer{request, loop->limits_};
  if (transfer.refusal()) co_return std::unexpected(*transfer.refusal());
  Flight flight{*loop, transfer};
  ErrorCode ignored;
  co_await flight.ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  // Without a code, either we were stopped or whoever awaits us was cancelled.
  if (!flight.code) co_return stopped();
  co_return transfer.finish(*flight.code);
}

CurlClient::Loop::Loop(asio::any_io_executor executor, HttpLimits limits)
    : executor_(std::move(executor)), limits_(std::move(limits)), timer_(executor_) {
  start_curl();
  multi_.reset(curl_multi_init());
  if (!multi_) throw std::bad_alloc{};
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  // Left to itself curl keeps four times the transfers of the moment, and closes connections as the load
  // falls. CURLMOPT_MAX_HOST_CONNECTIONS stays unset: the time in its queue counts against a request's
  // deadline.
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, limits_.connections_kept);
}

CurlClient::Loop::~Loop() {
  multi_.reset();
  // The descriptors were curl's, and are closed: letting go of them keeps Asio from closing the numbers
  // again.
  while (!sockets_.empty()) forget(sockets_.begin()->first);
}

void CurlClient::Loop::stop() {
  stopped_ = true;
  while (!flights_.empty()) (*flights_.begin())->leave();
  set_timer(-1);
}

CurlClient::Loop::Flight::Flight(Loop& owner, CurlTransfer& what)
    : loop(owner), transfer(what), ended(owner.executor_, asio::steady_timer::time_point::max()) {
  curl_easy_setopt(transfer.easy(), CURLOPT_PRIVATE, this);
  if (curl_multi_add_handle(loop.multi_.get(), transfer.easy()) != CURLM_OK) throw std::bad_alloc{};
  loop.flights_.insert(this);
}

void CurlClient::Loop::Flight::leave() {
  if (loop.flights_.erase(this) == 0) return;
  curl_multi_remove_handle(loop.multi_.get(), transfer.easy());
  ended.cancel();
}

int CurlClient::Loop::on_socket(CURL*, curl_socket_t fd, int what, void* loop, void*) {
  auto& self = *static_cast<Loop*>(loop);
  if (what == CURL_POLL_REMOVE)
    self.forget(fd);
  else
    self.watch(fd, what);
  return 0;
}

int CurlClient::Loop::on_timer(CURLM*, long milliseconds, void* loop) {
  static_cast<Loop*>(loop)->set_timer(milliseconds);
  return 0;
}

void CurlClient::Loop::watch(curl_socket_t fd, int what) {
  auto& socket = sockets_[fd];
  if (!socket) socket = std::make_shared<Socket>(asio::posix::stream_descriptor{executor_, fd});
  socket->wanted = what;
  wait(fd, SocketPointer{socket});
}

void CurlClient::Loop::forget(curl_socket_t fd) {
  auto const found = sockets_.find(fd);
  if (found == sockets_.end()) return;
  found->second->watched = false;
  found->second->descriptor.release();
  sockets_.erase(found);
}

void CurlClient::Loop::wait(curl_socket_t fd, SocketPointer const& socket) {
  wait(fd, socket, &Socket::reading, CURL_POLL_IN, asio::posix::stream_descriptor::wait_read);
  wait(fd, socket, &Socket::writing, CURL_POLL_OUT, asio::posix::stream_descriptor::wait_write);
}

// CURL_POLL_IN and CURL_CSELECT_IN are the same bit, and so are the two OUTs: a ready socket is told by what
// was wanted.
void CurlClient::Loop::wait(curl_socket_t fd, SocketPointer const& socket, bool Socket::* pending, int bit,
                            asio::posix::stream_descriptor::wait_type type) {
  static_assert(CURL_POLL_IN == CURL_CSELECT_IN && CURL_POLL_OUT == CURL_CSELECT_OUT);
  if ((socket->wanted & bit) == 0 || *socket.*pending) return;
  *socket.*pending = true;
  socket->descriptor.async_wait(type, [weak = weak_from_this(), socket, fd, pending, bit](ErrorCode error) {
    *socket.*pending = false;
    auto const self = weak.lock();
    if (!self || !socket->watched) return;
    if ((socket->wanted & bit) != 0) self->act(fd, error ? CURL_CSELECT_ERR : bit);
    if (socket->watched) self->wait(fd, socket);  // one wait, one report: until curl wants no more
  });
}

// curl is only ever called from a handler of Asio's, never from within its own call for a timer.
void CurlClient::Loop::set_timer(long milliseconds) {
  auto const setting = ++timer_settings_;
  timer_.cancel();
  if (milliseconds < 0) return;
  timer_.expires_after(Milliseconds{milliseconds});
  timer_.async_wait([weak = weak_from_this(), setting](ErrorCode error) {
    auto const self = weak.lock();
    if (!error && self && setting == self->timer_settings_) self->act(CURL_SOCKET_TIMEOUT, 0);
  });
}

void CurlClient::Loop::act(curl_socket_t fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), fd, events, &running);
  collect();
}

void CurlClient::Loop::collect() {
  int left = 0;
  while (CURLMsg const* const message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto const code = message->data.result;  // copied: the message dies with the handle's removal
    Flight* flight = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight);
    flight->code = code;
    flight->leave();
  }
}

}  // namespace candled
