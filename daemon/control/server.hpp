// HTTP/1.1 on a socket, with a limit and a deadline on everything. What is answered is somebody else's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "control/message.hpp"

namespace candled {

struct ControlLimits {
  std::size_t connections_max = 128;
  std::size_t streams_max = 32;  // of them, WebSockets
  std::size_t head_bytes_max = 8 * 1024;
  std::size_t body_bytes_max = 64 * 1024;
  // All are for the whole of it, not for one read or write.
  std::chrono::milliseconds head{5'000};
  std::chrono::milliseconds body{10'000};
  std::chrono::milliseconds write{10'000};        // a slower reader is dropped
  std::chrono::milliseconds idle{30'000};         // between two requests
  std::chrono::milliseconds stream_every{1'000};  // between two messages on a WebSocket
};

// What a WebSocket needs: who may have one, and what it is told.
struct ControlStreams {
  // For the upgrade of this request. nullopt: let in.
  std::function<std::optional<ControlAnswer>(ControlRequest const&)> refuse;
  std::function<std::string()> newest;  // a message
};

// On one loop, with all of its connections. When there are too many of them, the one that has been waiting
// for its client the longest (for a request, or that it reads its answer) makes room: slow clients lock
// nobody out. Only when the answers of all of them are being made is a new one told to come later (503).
class ControlServer {
 public:
  // `answerer` and what is in `streams` must not throw.
  ControlServer(boost::asio::any_io_executor const& loop, ControlLimits limits, ControlAnswerer answerer,
                ControlStreams streams);
  ControlServer(ControlServer const&) = delete;
  ControlServer& operator=(ControlServer const&) = delete;
  // After stop().
  ~ControlServer();

  // From now on clients are let in; they are answered once the loop runs. The port: the one that was given
  // for port 0. Error: why not. May block for a name that has to be looked up.
  std::expected<std::uint16_t, std::string> listen(std::string const& host, std::uint16_t port);

  // Closes everything, and returns when the last answer has ended.
  Task<void> stop();

  std::size_t connections() const;

  struct State;  // in server.cpp

 private:
  std::unique_ptr<State> state_;
};

}  // namespace candled
