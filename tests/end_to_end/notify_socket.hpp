// What systemd would be told.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace candled::test {

class NotifySocket {
 public:
  explicit NotifySocket(std::string path)
      : path_(std::move(path)), fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    // sockaddr is what the C interface takes for every kind of address.
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
    timeval const patience{.tv_sec = 60, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  NotifySocket(NotifySocket const&) = delete;
  NotifySocket& operator=(NotifySocket const&) = delete;
  ~NotifySocket() { close(fd_); }

  // Reads until a message holds the text; false: none came for a minute.
  bool wait_for(std::string_view text) {
    std::array<char, 4096> message{};
    for (;;) {
      auto const count = recv(fd_, message.data(), message.size(), 0);
      if (count <= 0) return false;
      heard_.emplace_back(message.data(), static_cast<std::size_t>(count));
      if (heard_.back().contains(text)) return true;
    }
  }
  // All messages that were read, oldest first.
  std::vector<std::string> const& heard() const { return heard_; }

  std::map<std::string, std::string> environment() const { return {{"NOTIFY_SOCKET", path_}}; }

 private:
  std::string path_;
  int fd_;
  std::vector<std::string> heard_;
};

}  // namespace candled::test
