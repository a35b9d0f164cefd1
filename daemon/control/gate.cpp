#include "control/gate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t wrong_tokens_max = 10;
constexpr auto wrong_tokens_within = 1min;

// ":8787" of "127.0.0.1:8787"
std::string_view port_of(std::string_view local) {
  return local.substr(std::min(local.rfind(':'), local.size()));
}

bool is_loopback_endpoint(std::string_view local) {
  return local.starts_with("127.") || local.starts_with("[::1]") || local.starts_with("[::ffff:127.");
}

// Port 80 may be left out.
bool same_host(std::string_view host, std::string_view name, std::string_view port) {
  return same_name(host, fmt::format("{}{}", name, port)) || (port == ":80" && same_name(host, name));
}

std::optional<std::string_view> bearer_of(ControlRequest const& request) {
  auto const* const value = request.header("Authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (value == nullptr || !same_name(std::string_view{*value}.substr(0, scheme.size()), scheme))
    return std::nullopt;
  return std::string_view{*value}.substr(scheme.size());
}

}  // namespace

bool Gate::is_our_host(ControlRequest const& request, std::string_view host) const {
  auto const port = port_of(request.local);
  auto const address = std::string_view{request.local}.substr(0, request.local.size() - port.size());
  if (same_host(host, address, port)) return true;
  if (is_loopback_endpoint(request.local))
    for (auto const* const name : {"localhost", "127.0.0.1", "[::1]"})
      if (same_host(host, name, port)) return true;
  return std::ranges::any_of(policy_.hosts, [&](std::string const& name) {
    return same_name(host, name) || same_host(host, name, port);
  });
}

std::optional<ControlAnswer> Gate::refuse_stranger(ControlRequest const& request) const {
  if (!request.target.starts_with('/'))
    return problem(request, 400, "bad_target", "write the path only, as in GET /healthz");
  auto const* const host = request.header("Host");
  if (request.count("Host") != 1) return problem(request, 400, "bad_host", "a request needs one Host header");
  if (!is_our_host(request, *host))
    return problem(request, 421, "wrong_host",
                   "this is not one of our names: use the address of control.listen, or add the name to "
                   "control.hosts");
  if (auto const* const origin = request.header("Origin");
      origin != nullptr && !same_name(*origin, "http://" + *host) && !same_name(*origin, "https://" + *host))
    return problem(request, 403, "wrong_origin", "pages of other origins are not let in");
  auto const* const site = request.header("Sec-Fetch-Site");
  auto const* const mode = request.header("Sec-Fetch-Mode");
  bool const follows_link = request.method == "GET" && mode != nullptr && *mode == "navigate";
  if (site != nullptr && *site == "cross-site" && !follows_link)
    return problem(request, 403, "wrong_origin", "pages of other sites are not let in");
  return std::nullopt;
}

std::optional<ControlAnswer> Gate::refuse_access(ControlRequest const& request, Access access,
                                                 SteadyTime now) {
  bool const free = access == Access::open || (access == Access::read && !policy_.open_to_others);
  if (free) return std::nullopt;
  if (!policy_.token)
    return problem(request, 403, "no_token_configured",
                   "what changes something needs a token, and none is configured: set control.token or "
                   "control.token_sha256, then restart");
  auto const bearer = bearer_of(request);
  if (bearer && same(token_hash(*bearer), *policy_.token)) return std::nullopt;
  return refuse_token(request, !bearer, now);
}

ControlAnswer Gate::refuse_token(ControlRequest const& request, bool missing, SteadyTime now) {
  ++refused_tokens_;
  while (!wrong_tokens_.empty() && wrong_tokens_.front() <= now - wrong_tokens_within)
    wrong_tokens_.pop_front();
  if (!missing && wrong_tokens_.size() >= wrong_tokens_max) {
    auto answer = problem(request, 429, "too_many_wrong_tokens", "too many wrong tokens: try again later");
    answer.headers.emplace_back("Retry-After", "60");
    return answer;
  }
  if (!missing) wrong_tokens_.push_back(now);
  auto answer = missing
                    ? problem(request, 401, "token_missing", "send the header Authorization: Bearer TOKEN")
                    : problem(request, 401, "token_wrong", "this is not the token");
  answer.headers.emplace_back("WWW-Authenticate", missing
                                                      ? R"(Bearer realm="candled")"
                                                      : R"(Bearer realm="candled", error="invalid_token")");
  return answer;
}

}  // namespace candled
