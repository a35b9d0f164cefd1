// What a client of the control plane asks, and what it is answered: plain values, without a socket.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/task.hpp"

namespace candled {

// Names as they are in HTTP, whatever their case.
using ControlHeaders = std::vector<std::pair<std::string, std::string>>;

struct ControlRequest {
  std::string id;      // new for every request; in its answer and in each line of the log that it causes
  std::string method;  // GET
  std::string target;  // as sent: /api/v1/gaps?job=us-minute
  ControlHeaders headers;
  std::string body;
  std::string local;  // the address at which it came in: 127.0.0.1:8787, [::1]:8787

  // The first of this name; nullptr: there is none.
  std::string const* header(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  // What is before the '?'.
  std::string_view path() const;
  // A parameter of the query, decoded; empty: not there.
  std::string parameter(std::string_view name) const;
  // The names of all parameters, decoded.
  std::vector<std::string> parameters() const;
};

struct ControlAnswer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  ControlHeaders headers = {};
  std::string gzipped = {};  // the body, where many get it; empty: who sends it compresses it
};

// How a request is answered; the request lives until the task has ended.
using ControlAnswerer = std::function<Task<ControlAnswer>(ControlRequest const&)>;

// An error as RFC 9457 has it (application/problem+json). `code` is for programs, `detail` for people: it
// says what is wrong and what to do, and never repeats what the client sent.
ControlAnswer problem(ControlRequest const& request, int status, std::string_view code,
                      std::string_view detail);

// "OK", "Not Found"; empty: not one that we send.
std::string_view status_title(int status);

bool same_name(std::string_view a, std::string_view b);

}  // namespace candled
