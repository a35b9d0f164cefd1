#include "end_to_end/control_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace candled::test {

ControlClient::ControlClient(Process& daemon) {
  constexpr std::string_view words = "control: listening on http://127.0.0.1:";
  EXPECT_TRUE(daemon.wait_for(words)) << daemon.errors();
  // The line is whole once another one follows, or its end has come.
  auto const at = daemon.errors().find(words);
  if (at == std::string::npos) return;
  EXPECT_TRUE(daemon.wait_for(" is up: ")) << daemon.errors();
  port_ = static_cast<std::uint16_t>(std::atoi(daemon.errors().c_str() + at + words.size()));
}

ControlReply ControlClient::get(std::string const& path) const {
  return ask("GET", path);
}

ControlReply ControlClient::ask(std::string const& method, std::string const& path,
                                std::string const& headers, std::string const& body) const {
  int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval const patience{.tv_sec = 20, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  // sockaddr is what the C interface takes for every kind of address.
  if (connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) {
    auto const request = fmt::format(
        "{} {} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}", method,
        path, port_, body.size(), headers, body);
    EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = recv(fd, part.data(), part.size(), 0)) > 0;)
      answer.append(part.data(), static_cast<std::size_t>(count));
  }
  close(fd);
  auto const end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  return {
      .status = std::atoi(answer.c_str() + 9), .head = answer.substr(0, end), .body = answer.substr(end + 4)};
}

bool ControlClient::comes_to_be(std::string const& path,
                                std::function<bool(nlohmann::json const&)> const& wanted) const {
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  std::string last;
  while (std::chrono::steady_clock::now() < deadline) {
    last = get(path).body;
    auto const json = nlohmann::json::parse(last, nullptr, false);
    if (!json.is_discarded() && wanted(json)) return true;
    poll(nullptr, 0, 20);  // others want the processor, too
  }
  ADD_FAILURE() << "the last answer was " << last;
  return false;
}

bool ControlClient::becomes(std::string const& component, std::string const& state) const {
  return comes_to_be("/healthz",
                     [&](nlohmann::json const& health) { return state_of(health, component) == state; });
}

std::string state_of(nlohmann::json const& health, std::string const& component) {
  for (auto const& one : health["components"])
    if (one["name"] == component)
      return fmt::format("{}: {}", one["state"].get<std::string>(), one["reason"].get<std::string>());
  return {};
}

}  // namespace candled::test
