// A client of a running daemon's control plane.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "support/process.hpp"

namespace candled::test {

struct ControlReply {
  int status = 0;
  std::string head;
  std::string body;
};

class ControlClient {
 public:
  // Reads the port from the daemon's log. The test fails when it does not listen.
  explicit ControlClient(Process& daemon);

  std::uint16_t port() const { return port_; }

  ControlReply get(std::string const& path) const;
  // `headers` are whole lines.
  ControlReply ask(std::string const& method, std::string const& path, std::string const& headers = {},
                   std::string const& body = {}) const;

  // Asks again and again, a minute at most, until the answer's JSON is as wanted.
  bool comes_to_be(std::string const& path, std::function<bool(nlohmann::json const&)> const& wanted) const;
  // The same of one component of /healthz: "down: database_away".
  bool becomes(std::string const& component, std::string const& state) const;

 private:
  std::uint16_t port_ = 0;
};

// "ok: ok" of a component of /healthz; empty: there is no such component.
std::string state_of(nlohmann::json const& health, std::string const& component);

}  // namespace candled::test
