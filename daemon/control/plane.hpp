// The control plane: what is between a request that has come and the function that answers it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/gate.hpp"
#include "control/message.hpp"
#include "core/log_level.hpp"
#include "core/time.hpp"

namespace candled {

// {NAME} in a path stands for one segment of it. A route that answers GET answers HEAD, too.
struct Route {
  std::string method;
  std::string path;
  Access access = Access::read;
  // Gets what the names of the path stand for as parameters of the query, too.
  ControlAnswerer answer;
  bool streams = false;  // a WebSocket is to be had here, too
};

// By the path as in the routes, and the status; requests for no route count for "none".
using AnswerCounts = std::map<std::pair<std::string, int>, std::int64_t>;

class ControlPlane {
 public:
  using Log = std::function<void(LogLevel, std::string_view)>;

  ControlPlane(GatePolicy policy, std::vector<Route> routes, Log log)
      : gate_(std::move(policy)), routes_(std::move(routes)), log_(std::move(log)) {}

  // With everything that an answer has to have: compression, security headers, the request's id. `request`
  // must live as long as the task.
  Task<ControlAnswer> answer(ControlRequest const& request);

  // Whether this upgrade to a WebSocket is refused, and how; nullopt: it may have one. Counts as an answer.
  std::optional<ControlAnswer> refuse_stream(ControlRequest const& request);

  std::vector<Route> const& routes() const { return routes_; }
  AnswerCounts const& answers() const { return answers_; }
  std::int64_t refused_tokens() const { return gate_.refused_tokens(); }

 private:
  struct Match {
    Route const* route = nullptr;
    std::string path;   // of the route; "none": there is no such path
    std::string allow;  // methods that the path has
    std::vector<std::pair<std::string, std::string>> names;
  };
  Match match(ControlRequest const& request) const;
  Task<ControlAnswer> answer_of(ControlRequest const& request, Match const& found);
  void tell(ControlRequest const& request, ControlAnswer const& answer, Milliseconds took);

  Gate gate_;
  std::vector<Route> routes_;
  Log log_;
  AnswerCounts answers_;
};

}  // namespace candled
