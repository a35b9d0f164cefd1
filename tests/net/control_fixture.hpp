// A control server on a free port, and its answers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/plane.hpp"
#include "control/server.hpp"
#include "net/exchange_client.hpp"

namespace candled::test {

// Serves these routes:
//   GET  /small           {"size":"small"}
//   GET  /large           large_text(), as text/plain
//   GET  /thing/{id}      the id
//   GET  /never           no answer before the server stops
//   GET  /stream          {}; a WebSocket there gets "message 1", "message 2", …
//   POST /change          what was sent; needs the token "a token of 32 characters or more"
class RunningControl {
 public:
  // `message_bytes`: what is told on /stream is filled up to it.
  explicit RunningControl(GatePolicy policy = {}, ControlLimits limits = {}, std::size_t message_bytes = 0);
  RunningControl(RunningControl const&) = delete;
  RunningControl& operator=(RunningControl const&) = delete;
  ~RunningControl();

  std::uint16_t port() const { return port_; }
  // "127.0.0.1:PORT"
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  // Over a connection of its own; `headers` are whole lines, on top of Host and Connection.
  Response ask(std::string const& method, std::string const& target, std::string const& headers = {},
               std::string const& body = {});
  // The bytes as they are, and all that comes back.
  Response send(std::string const& bytes);

  // Waits until so many have asked for /never, and are being answered.
  void wait_for_never(int count) const;

  std::size_t connections() const;

  // Lines of the log, once end() was called.
  std::vector<std::string> log() const;
  void end();

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::uint16_t port_ = 0;
};

// A thousand lines.
std::string large_text();

inline constexpr auto control_token = "a token of 32 characters or more";

}  // namespace candled::test
