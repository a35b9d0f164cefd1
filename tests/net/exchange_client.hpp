// A running candled-exchange and a client that sees its very bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/process.hpp"

namespace candled::test {

class RunningExchange {
 public:
  // With --listen on a free port on top of `options`. The test fails when it does not start.
  explicit RunningExchange(std::vector<std::string> options);

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  Process& process() { return process_; }

 private:
  Process process_;
  std::uint16_t port_ = 0;
};

// One TCP connection. Every wait ends after 20 s at most.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port);
  RawConnection(RawConnection const&) = delete;
  RawConnection& operator=(RawConnection const&) = delete;
  ~RawConnection();

  void send(std::string_view bytes);
  // Until `text` has come or the server has ended the connection: all that has come so far.
  std::string const& read_until(std::string_view text);
  std::string const& read_to_end() { return read_until({}); }
  // Takes what has come: the next read starts anew.
  std::string take() { return std::exchange(received_, {}); }
  bool was_reset() const { return reset_; }

 private:
  int fd_;
  bool reset_ = false;
  std::string received_;
};

struct Response {
  int status = 0;
  std::string head;  // as sent
  std::string body;  // without chunks, still zipped if it was

  // The field's value; empty: not there.
  std::string header(std::string_view name) const;
};

// What came over a connection that the server closed.
Response parse_response(std::string const& bytes);
// One request over a connection of its own; `headers` are whole lines ("Name: value\r\n").
Response get(RunningExchange const& exchange, std::string_view target,
             std::string_view headers = "Authorization: Bearer demo\r\n");

// Of gzip's bytes, however they end.
std::string unzipped(std::string const& bytes);

}  // namespace candled::test
