#include "support/scripted_server.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace candled::test {

namespace {

constexpr int patience_ms = 60'000;

// Waits until `fd` is ready or `stop` is readable; false: stop.
bool wait_ready(int fd, short events, int stop) {
  std::array<pollfd, 2> fds{pollfd{.fd = fd, .events = events, .revents = 0},
                            pollfd{.fd = stop, .events = POLLIN, .revents = 0}};
  return poll(fds.data(), fds.size(), patience_ms) > 0 && fds[1].revents == 0;
}

bool send_all(int fd, std::string_view bytes, int stop) {
  while (!bytes.empty()) {
    if (!wait_ready(fd, POLLOUT, stop)) return false;
    auto const count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool send_slowly(int fd, std::string_view bytes, int stop) {
  for (auto const& byte : bytes) {
    pollfd stopped{.fd = stop, .events = POLLIN, .revents = 0};
    if (poll(&stopped, 1, 5) != 0 || !send_all(fd, {&byte, 1}, stop)) return false;
  }
  return true;
}

void hold_until_closed(int fd, int stop) {
  std::array<char, 4096> ignored{};
  while (wait_ready(fd, POLLIN, stop) && recv(fd, ignored.data(), ignored.size(), MSG_DONTWAIT) > 0) {
  }
}

}  // namespace

struct ScriptedServer::State {
  std::vector<Script> scripts;
  int listener = -1;
  std::uint16_t port = 0;
  std::array<int, 2> stop{};  // a pipe: its read end becomes readable when all threads have to end
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<std::string> requests;
  int connections = 0;
  std::vector<std::jthread> workers;
  std::jthread acceptor;

  void accept_all();
  void serve(int fd, Script const& script);
  bool take(int fd, Step const& step, std::string& unread);
  bool read_request(int fd, std::string& unread);
};

ScriptedServer::ScriptedServer(std::vector<Script> scripts) : state_(std::make_unique<State>()) {
  state_->scripts = std::move(scripts);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  state_->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(state_->listener, generic, size) != 0 || listen(state_->listener, 128) != 0 ||
      getsockname(state_->listener, generic, &size) != 0 || pipe(state_->stop.data()) != 0)
    throw std::runtime_error("no server on 127.0.0.1");
  state_->port = ntohs(address.sin_port);
  state_->acceptor = std::jthread{[state = state_.get()] { state->accept_all(); }};
}

ScriptedServer::~ScriptedServer() {
  close(state_->stop[1]);  // the read end is at its end now, which poll reports
  state_->acceptor.join();
  state_->workers.clear();
  close(state_->stop[0]);
  close(state_->listener);
}

std::string ScriptedServer::url(std::string const& path) const {
  return "http://127.0.0.1:" + std::to_string(state_->port) + path;
}

std::uint16_t ScriptedServer::port() const {
  return state_->port;
}

std::vector<std::string> ScriptedServer::requests() const {
  std::scoped_lock const lock{state_->mutex};
  return state_->requests;
}

int ScriptedServer::connections() const {
  std::scoped_lock const lock{state_->mutex};
  return state_->connections;
}

bool ScriptedServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock{state_->mutex};
  return state_->changed.wait_for(lock, std::chrono::milliseconds{patience_ms},
                                  [&] { return state_->requests.size() >= count; });
}

void ScriptedServer::State::accept_all() {
  while (wait_ready(listener, POLLIN, stop[0])) {
    int const fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    std::scoped_lock const lock{mutex};
    auto const& script = scripts[std::min(static_cast<std::size_t>(connections), scripts.size() - 1)];
    ++connections;
    workers.emplace_back([this, fd, &script] { serve(fd, script); });
  }
}

void ScriptedServer::State::serve(int fd, Script const& script) {
  std::string unread;
  for (auto const& step : script)
    if (!take(fd, step, unread)) break;
  close(fd);
}

// False: the connection is over.
bool ScriptedServer::State::take(int fd, Step const& step, std::string& unread) {
  switch (step.kind) {
    case Step::Kind::await_request: return read_request(fd, unread);
    case Step::Kind::send: return send_all(fd, step.text, stop[0]);
    case Step::Kind::drip: return send_slowly(fd, step.text, stop[0]);
    case Step::Kind::flood:
      while (send_all(fd, step.text, stop[0])) {
      }
      return false;
    case Step::Kind::hold: hold_until_closed(fd, stop[0]); return false;
    case Step::Kind::reset: {
      linger const at_once{.l_onoff = 1, .l_linger = 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      return false;
    }
  }
  return false;
}

bool ScriptedServer::State::read_request(int fd, std::string& unread) {
  constexpr std::string_view blank_line = "\r\n\r\n";
  std::array<char, 4096> buffer{};
  std::size_t end = 0;
  while ((end = unread.find(blank_line)) == std::string::npos) {
    if (!wait_ready(fd, POLLIN, stop[0])) return false;
    auto const count = recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    unread.append(buffer.data(), static_cast<std::size_t>(count));
  }
  end += blank_line.size();
  std::scoped_lock const lock{mutex};
  requests.push_back(unread.substr(0, end));
  unread.erase(0, end);
  changed.notify_all();
  return true;
}

std::string answer(std::string const& body, std::string const& headers, std::string const& status) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

}  // namespace candled::test
