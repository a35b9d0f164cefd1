#include "control/plane.hpp"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <optional>

#include "control/gzip.hpp"

namespace candled {

namespace {

using Names = std::vector<std::pair<std::string, std::string>>;

std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  auto const segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

// What the names of the pattern stand for; nullopt: the path is another one.
std::optional<Names> match_path(std::string_view pattern, std::string_view path) {
  Names names;
  while (pattern.starts_with('/') && path.starts_with('/')) {
    auto const wanted = take_segment(pattern);
    auto const given = take_segment(path);
    if (wanted.starts_with('{') && !given.empty()) {
      names.emplace_back(wanted.substr(1, wanted.size() - 2), given);
    } else if (wanted != given) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return names;
}

void add_allowed(std::string& allow, std::string_view method) {
  allow += (allow.empty() ? "" : ", ") + std::string{method};
  if (method == "GET") allow += ", HEAD";
}

// The log is read on terminals: nothing of a client's goes there but visible characters, and few.
std::string shown(std::string_view text) {
  constexpr std::size_t shown_max = 100;
  std::string result{text.substr(0, shown_max)};
  std::ranges::replace_if(result, [](char c) { return c <= ' ' || c > '~'; }, '?');
  return result;
}

// The names of the path join the query: a handler looks in one place.
ControlRequest with_names(ControlRequest request, Names const& names) {
  for (auto const& [name, value] : names)
    request.target += fmt::format("{}{}={}", request.target.contains('?') ? '&' : '?', name, value);
  return request;
}

// Adds the headers that every answer has, and compresses a long one for who takes it.
void finish(ControlRequest const& request, ControlAnswer& answer) {
  auto const add = [&](char const* name, char const* value) {
    auto const given = std::ranges::any_of(answer.headers,
                                           [&](auto const& header) { return same_name(header.first, name); });
    if (!given) answer.headers.emplace_back(name, value);
  };
  add("Cache-Control", "no-store");
  add("Content-Security-Policy",
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  add("X-Content-Type-Options", "nosniff");
  add("Referrer-Policy", "no-referrer");
  add("Cross-Origin-Resource-Policy", "same-origin");
  if (answer.body.size() <= compressed_from_bytes) return;
  add("Vary", "Accept-Encoding");
  auto const* const encodings = request.header("Accept-Encoding");
  auto const encoded = std::ranges::any_of(
      answer.headers, [](auto const& header) { return same_name(header.first, "Content-Encoding"); });
  if (encoded || encodings == nullptr || !accepts_gzip(*encodings)) return;
  answer.body = answer.gzipped.empty() ? gzipped(answer.body) : std::move(answer.gzipped);
  add("Content-Encoding", "gzip");
}

}  // namespace

ControlPlane::Match ControlPlane::match(ControlRequest const& request) const {
  Match found{.path = "none"};
  for (auto const& route : routes_) {
    auto names = match_path(route.path, request.path());
    if (!names) continue;
    found.path = route.path;
    add_allowed(found.allow, route.method);
    bool const asked = route.method == request.method || (route.method == "GET" && request.method == "HEAD");
    if (!asked) continue;
    found.route = &route;
    found.names = std::move(*names);
  }
  return found;
}

Task<ControlAnswer> ControlPlane::answer_of(ControlRequest const& request, Match const& found) {
  if (auto refusal = gate_.refuse_stranger(request)) co_return std::move(*refusal);
  if (found.allow.empty())
    co_return problem(request, 404, "not_found", "there is no such path: docs/control.md lists them");
  if (found.route == nullptr) {
    auto answer = problem(request, 405, "method_not_allowed", "this path has other methods: see Allow");
    answer.headers.emplace_back("Allow", found.allow);
    co_return answer;
  }
  if (auto refusal = gate_.refuse_access(request, found.route->access, std::chrono::steady_clock::now()))
    co_return std::move(*refusal);
  if (found.names.empty()) co_return co_await found.route->answer(request);
  auto const named = with_names(request, found.names);
  co_return co_await found.route->answer(named);
}

// Looking costs a line of debug, also at what is not well; what was refused or changed is told.
void ControlPlane::tell(ControlRequest const& request, ControlAnswer const& answer, Milliseconds took) {
  bool const looked = request.method == "GET" || request.method == "HEAD";
  bool const of_note = !looked || (answer.status >= 400 && answer.status != 503);
  log_(of_note ? LogLevel::info : LogLevel::debug,
       fmt::format("control {}: {} {}: {} in {} ms", request.id, shown(request.method), shown(request.path()),
                   answer.status, took.count()));
}

Task<ControlAnswer> ControlPlane::answer(ControlRequest const& request) {
  auto const began = std::chrono::steady_clock::now();
  auto const found = match(request);
  auto answer = co_await answer_of(request, found);
  finish(request, answer);
  ++answers_[{found.path, answer.status}];
  tell(request, answer, std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began));
  co_return answer;
}

std::optional<ControlAnswer> ControlPlane::refuse_stream(ControlRequest const& request) {
  auto const found = match(request);
  auto refusal = gate_.refuse_stranger(request);
  bool const streams = found.route != nullptr && found.route->streams && request.method == "GET";
  if (!refusal && !streams)
    refusal = problem(request, 404, "no_stream", "there is no WebSocket here: docs/control.md says where");
  if (!refusal) refusal = gate_.refuse_access(request, found.route->access, std::chrono::steady_clock::now());
  if (refusal) finish(request, *refusal);
  ControlAnswer const switched{.status = 101};
  auto const& answer = refusal ? *refusal : switched;
  ++answers_[{found.path, answer.status}];
  tell(request, answer, Milliseconds{0});
  return refusal;
}

}  // namespace candled
