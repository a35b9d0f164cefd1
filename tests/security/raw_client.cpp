#include "security/raw_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace candled::test {

std::string exchange_bytes(std::uint16_t port, std::string_view bytes) {
  int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval const patience{.tv_sec = 20, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // sockaddr is what the C interface takes for every kind of address.
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
  while (!bytes.empty()) {
    auto const sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;  // it does not want more
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  shutdown(fd, SHUT_WR);
  std::string received;
  std::array<char, 65536> part{};
  ssize_t count = 0;
  while ((count = recv(fd, part.data(), part.size(), 0)) > 0)
    received.append(part.data(), static_cast<std::size_t>(count));
  EXPECT_FALSE(count < 0 && errno == EAGAIN) << "the connection is still there after 20 s";
  close(fd);
  return received;
}

std::vector<int> statuses_of(std::string_view received) {
  constexpr std::string_view version = "HTTP/1.1 ";
  std::vector<int> statuses;
  for (auto at = received.find(version); at != std::string_view::npos; at = received.find(version, at + 1))
    if (at == 0 || received.substr(at + version.size() + 3, 1) == " ")
      statuses.push_back(std::atoi(std::string{received.substr(at + version.size(), 3)}.c_str()));
  return statuses;
}

}  // namespace candled::test
