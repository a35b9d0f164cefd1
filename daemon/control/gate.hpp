// Who may ask what: looked at before anything is answered.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/message.hpp"
#include "control/token.hpp"
#include "core/time.hpp"

namespace candled {

// What a route needs. Where other machines can reach the address, `read` needs the token, too.
enum class Access { open, read, change };

struct GatePolicy {
  // Names by which people reach us, besides the address itself: of a proxy, of the host. Each with its port,
  // or without for the port that we listen on and for none.
  std::vector<std::string> hosts = {};
  std::optional<TokenHash> token = std::nullopt;
  bool open_to_others = false;  // we listen on an address that is not loopback
};

class Gate {
 public:
  explicit Gate(GatePolicy policy) : policy_(std::move(policy)) {}

  // Against DNS rebinding and other pages in the same browser: the exact Host, and, where the browser tells
  // them, our own Origin and Sec-Fetch-Site. nullopt: let in. Before routing: for every path and method.
  std::optional<ControlAnswer> refuse_stranger(ControlRequest const& request) const;

  // nullopt: may do it. Ten wrong tokens within a minute, and wrong ones are told to wait; the right one
  // never is.
  std::optional<ControlAnswer> refuse_access(ControlRequest const& request, Access access, SteadyTime now);

  // Wrong and missing tokens so far.
  std::int64_t refused_tokens() const { return refused_tokens_; }

 private:
  bool is_our_host(ControlRequest const& request, std::string_view host) const;
  ControlAnswer refuse_token(ControlRequest const& request, bool missing, SteadyTime now);

  GatePolicy policy_;
  std::deque<SteadyTime> wrong_tokens_;  // of the last minute
  std::int64_t refused_tokens_ = 0;
};

}  // namespace candled
