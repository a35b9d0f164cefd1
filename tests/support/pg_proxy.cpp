#include "support/pg_proxy.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "support/postgres.hpp"

namespace candled::test {

namespace {

std::string socket_path(std::string const& url) {
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> const options{
      PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree};
  for (auto const* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
    if (option->keyword == std::string_view{"host"} && option->val != nullptr)
      return std::string{option->val} + "/.s.PGSQL.5432";
  throw std::runtime_error("no socket folder in " + url);
}

sockaddr_un address(std::string const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

int open_socket() {
  int const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error("no socket");
  return fd;
}

int connect_to(std::string const& path) {
  int const fd = open_socket();
  auto const to = address(path);
  if (connect(fd, reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0)  // as connect wants it
    throw std::runtime_error("cannot connect to " + path);
  return fd;
}

// What has come, empty at the end of the stream.
std::string receive(int fd) {
  std::array<char, 65536> buffer;
  auto const size = recv(fd, buffer.data(), buffer.size(), 0);
  return size <= 0 ? std::string{} : std::string{buffer.data(), static_cast<std::size_t>(size)};
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

PgProxy::PgProxy(std::string const& upstream)
    : url_(with_option(upstream, "host", dir_.path())),
      upstream_path_(socket_path(upstream)),
      listener_(open_socket()) {
  auto const here = address(dir_ / ".s.PGSQL.5432");
  if (bind(listener_, reinterpret_cast<sockaddr const*>(&here), sizeof here) != 0 ||
      listen(listener_, 8) != 0 || pipe(stop_) != 0)
    throw std::runtime_error("the proxy cannot listen");
  thread_ = std::thread{[this] { serve(); }};
}

PgProxy::~PgProxy() {
  close(stop_[1]);
  thread_.join();
  close(stop_[0]);
  close(listener_);
}

void PgProxy::serve() {
  for (;;) {
    std::array<pollfd, 2> fds{pollfd{listener_, POLLIN, 0}, pollfd{stop_[0], POLLIN, 0}};
    poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) return;
    int const client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    int const server = connect_to(upstream_path_);
    forward(client, server);
    close(client);
    close(server);
  }
}

void PgProxy::forward(int client, int server) {
  for (;;) {
    std::array<pollfd, 3> fds{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0},
                              pollfd{stop_[0], POLLIN, 0}};
    poll(fds.data(), fds.size(), -1);
    if (fds[2].revents != 0) return;
    if (fds[0].revents != 0) {
      auto const sent = receive(client);
      if (sent.empty() || is_cut(server, sent)) return;
      send_all(server, sent);
    }
    if (fds[1].revents != 0) {
      auto const answered = receive(server);
      if (answered.empty()) return;
      send_all(client, answered);
    }
  }
}

// libpq sends "COMMIT" as one message, in one piece.
bool PgProxy::is_cut(int server, std::string const& sent) {
  if (cut_ == Cut::never || sent.find(std::string_view{"COMMIT\0", 7}) == std::string::npos) return false;
  if (cut_ == Cut::after_commit) {
    send_all(server, sent);
    receive(server);  // done, and nobody hears of it
  }
  cut_ = Cut::never;
  ++cuts_;
  return true;
}

}  // namespace candled::test
