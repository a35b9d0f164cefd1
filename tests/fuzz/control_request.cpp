// A request to the control plane: "METHOD TARGET", lines "Name: value", an empty line, a body. Any text at
// all, where the library has taken HTTP apart. What the plane's routes read of a request is read here, too.
#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "control/plane.hpp"
#include "fuzz/promise.hpp"

namespace candled::fuzz {
namespace {

constexpr auto local = "127.0.0.1:8787";
constexpr auto token = "0123456789abcdef0123456789abcdef";

std::string_view take_line(std::string_view& text) {
  auto const line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

ControlRequest request_of(std::string_view text) {
  ControlRequest request{.id = "id", .local = local};
  auto const first = take_line(text);
  auto const space = std::min(first.find(' '), first.size());
  request.method = first.substr(0, space);
  request.target = first.substr(std::min(space + 1, first.size()));
  while (!text.empty()) {
    auto const line = take_line(text);
    if (line.empty()) break;
    auto const colon = std::min(line.find(": "), line.size());
    request.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
  }
  request.body = text;
  return request;
}

bool visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// Reads everything that a route can read.
Task<ControlAnswer> read_all(ControlRequest const& request) {
  promise(!request.path().contains('?'), "a path ends before the query");
  std::size_t bytes = 0;
  for (auto const& name : request.parameters()) bytes += name.size() + request.parameter(name).size();
  auto const names = request.parameters().size();
  promise(bytes <= (names + 1) * request.target.size(), "nothing grows when it is decoded");
  promise(request.parameter("id").size() <= request.target.size(), "nothing grows when it is decoded");
  co_return ControlAnswer{.body = std::string(names > 3 ? 5'000 : 5, 'x')};
}

std::vector<Route> routes() {
  return {
      {.method = "GET", .path = "/livez", .access = Access::open, .answer = read_all},
      {.method = "GET", .path = "/healthz", .answer = read_all},
      {.method = "GET", .path = "/api/v1/series/{id}", .answer = read_all},
      {.method = "GET", .path = "/api/v1/series/{id}/bars/{timeframe}", .answer = read_all},
      {.method = "POST", .path = "/api/v1/requests", .access = Access::change, .answer = read_all},
      {.method = "DELETE", .path = "/api/v1/requests/{id}", .access = Access::change, .answer = read_all}};
}

ControlAnswer ask(ControlPlane& plane, ControlRequest const& request) {
  boost::asio::io_context loop;
  ControlAnswer answer;
  boost::asio::co_spawn(
      loop,
      [](ControlPlane& asked, ControlRequest const& with, ControlAnswer& into) -> Task<void> {
        into = co_await asked.answer(with);
      }(plane, request, answer),
      [](std::exception_ptr const& broken) { promise(!broken, "answering does not throw"); });
  loop.run();
  return answer;
}

void judge_good(ControlRequest const& request, bool open_to_others) {
  auto const* const host = request.header("Host");
  constexpr std::array<std::string_view, 4> ours{"127.0.0.1:8787", "localhost:8787", "[::1]:8787",
                                                 "candled.example.com"};
  promise(request.target.starts_with('/'), "only paths are answered");
  promise(request.count("Host") == 1, "only one host is answered");
  promise(std::ranges::any_of(ours, [&](auto name) { return same_name(*host, name); }) ||
              same_name(*host, "candled.example.com:8787"),
          "only our own host is answered");
  auto const* const origin = request.header("Origin");
  promise(origin == nullptr || origin->size() == host->size() + 7 || origin->size() == host->size() + 8,
          "only our own pages are answered");
  bool const free = request.path() == "/livez" ||
                    (!open_to_others && request.method != "POST" && request.method != "DELETE");
  auto const* const authorization = request.header("Authorization");
  promise(free || (authorization != nullptr && authorization->ends_with(token)),
          "what needs the token has it");
}

void judge_error(ControlAnswer const& answer) {
  static std::map<std::string, std::set<std::string>> said;
  auto const problem = nlohmann::json::parse(answer.body, nullptr, false);
  promise(!problem.is_discarded() && problem["status"] == answer.status, "an error is a problem in JSON");
  promise(answer.status >= 400 && answer.status < 500, "an error is the client's");
  auto& bodies = said[problem["code"].get<std::string>()];
  bodies.insert(answer.body);
  promise(bodies.size() <= 2,
          "an error says the same whatever was sent");  // wrong_origin: of Origin, of the site
}

void judge(std::string_view text, bool open_to_others) {
  std::vector<std::string> log;
  ControlPlane plane{
      {.hosts = {"candled.example.com"}, .token = token_hash(token), .open_to_others = open_to_others},
      routes(),
      [&](LogLevel, std::string_view line) { log.emplace_back(line); }};
  auto const request = request_of(text);
  auto const answer = ask(plane, request);
  promise(!status_title(answer.status).empty(), "a status has its name");
  promise(log.size() == 1 && visible(log[0]) && log[0].size() < 400, "the log has one short visible line");
  auto const value_of = [&](std::string_view name) {
    auto const found = std::ranges::find(answer.headers, name, [](auto const& one) { return one.first; });
    return found == answer.headers.end() ? std::string{} : found->second;
  };
  for (auto const& [name, value] : answer.headers)
    promise(visible(name) && visible(value), "a header is one line");
  promise(value_of("X-Content-Type-Options") == "nosniff", "every answer is safe to look at");
  auto const* const encodings = request.header("Accept-Encoding");
  promise(value_of("Content-Encoding").empty() || encodings != nullptr, "who did not ask for gzip gets none");
  if (answer.status < 400)
    judge_good(request, open_to_others);
  else if (value_of("Content-Encoding").empty())
    judge_error(answer);
}

}  // namespace
}  // namespace candled::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace candled;
  for (bool const open_to_others : {false, true}) fuzz::judge(fuzz::text_of(data, size), open_to_others);
  return 0;
}
