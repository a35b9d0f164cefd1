// A server that sends exactly the bytes that a test wants, right or wrong.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace candled::test {

// One thing that the server does on a connection.
struct Step {
  enum class Kind {
    await_request,  // read until the blank line after a request's headers
    send,           // write `text`
    drip,   // write `text` one byte at a time, a pause after each, until the other side has had enough
    flood,  // write `text` again and again, until the other side has had enough
    hold,   // do nothing until the other side closes, or the server is destroyed
    reset,  // end the connection with RST
  };
  Kind kind;
  std::string text = {};
};

inline Step await_request() {
  return {.kind = Step::Kind::await_request};
}
inline Step send(std::string text) {
  return {.kind = Step::Kind::send, .text = std::move(text)};
}
inline Step drip(std::string text) {
  return {.kind = Step::Kind::drip, .text = std::move(text)};
}
inline Step flood(std::string text) {
  return {.kind = Step::Kind::flood, .text = std::move(text)};
}
inline Step hold() {
  return {.kind = Step::Kind::hold};
}
inline Step reset() {
  return {.kind = Step::Kind::reset};
}

// A connection that has done its steps is closed, with FIN.
using Script = std::vector<Step>;

// Listens on a free port of 127.0.0.1. The n-th connection follows the n-th script, later ones the last
// again; each has a thread of its own.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Script> scripts);
  ScriptedServer(ScriptedServer const&) = delete;
  ScriptedServer& operator=(ScriptedServer const&) = delete;
  ~ScriptedServer();

  // http://127.0.0.1:PORT + path
  std::string url(std::string const& path = "/") const;
  std::uint16_t port() const;

  // What has come so far. Requests are the bytes up to and with the blank line, in the order in which they
  // were read.
  std::vector<std::string> requests() const;
  int connections() const;
  // Waits, a minute at most, until so many requests have come; false: they have not.
  bool wait_for_requests(std::size_t count) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// An HTTP/1.1 answer with a Content-Length.
std::string answer(std::string const& body, std::string const& headers = {},
                   std::string const& status = "200 OK");

}  // namespace candled::test
