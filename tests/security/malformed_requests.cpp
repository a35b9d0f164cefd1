#include "security/malformed_requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

namespace candled::test {

namespace {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : numbers_(seed) {}

  std::size_t below(std::size_t end) { return numbers_() % end; }
  std::size_t between(std::size_t from, std::size_t to) { return from + below(to - from + 1); }
  template <class T, std::size_t N>
  T one_of(std::array<T, N> const& all) {
    return all.at(below(N));
  }
  std::string bytes(std::size_t count) {
    std::string text(count, '\0');
    std::ranges::generate(text, [&] { return static_cast<char>(below(256)); });
    return text;
  }
  std::string letters(std::size_t count) {
    std::string text(count, 'a');
    std::ranges::generate(text, [&] { return static_cast<char>('a' + below(26)); });
    return text;
  }

 private:
  std::mt19937_64 numbers_;
};

struct Context {
  Draw& draw;
  std::string host;  // 127.0.0.1:PORT
  std::string path;  // one that there is

  std::string head(std::string_view method = "GET") const {
    return fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, path, host);
  }
  std::string good() const { return head() + "\r\n"; }
};

using Make = MalformedRequest (*)(Context const&);

std::string with_controls(Draw& draw, std::string text) {
  constexpr std::array<char, 6> controls{'\0', '\x01', '\x0b', '\x1f', '\x7f', '\r'};
  text.insert(draw.below(text.size() + 1), 1, draw.one_of(controls));
  return text;
}

MalformedRequest truncated(Context const& c) {
  auto const whole = c.head("POST") + "Content-Length: 20\r\n\r\n{\"half\":";
  return {.bytes = whole.substr(0, c.draw.below(whole.size() + 1)), .may_be_silent = true};
}
MalformedRequest large_header(Context const& c) {
  return {.bytes = c.head() + "X-Large: " + c.draw.letters(c.draw.between(8'193, 70'000)) + "\r\n\r\n"};
}
MalformedRequest large_target(Context const& c) {
  return {.bytes = fmt::format("GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n",
                               c.draw.letters(c.draw.between(8'193, 20'000)), c.host)};
}
MalformedRequest many_headers(Context const& c) {
  std::string bytes = c.head();
  for (auto left = c.draw.between(1'700, 3'000); left > 0; --left) bytes += "a: b\r\n";
  return {.bytes = bytes + "\r\n"};
}
MalformedRequest unknown_method(Context const& c) {
  constexpr std::array<char const*, 10> methods{"get",     "BREW", "CONNECT", "PROPFIND", "TRACE",
                                                "OPTIONS", "PUT",  "DELETE",  "PATCH",    "G-E_T"};
  return {.bytes = c.head(c.draw.one_of(methods)) + "\r\n"};
}
MalformedRequest broken_method(Context const& c) {
  constexpr std::array<char const*, 6> methods{"G(T", "GE\tT", "\"GET\"", "", "G\xc3\x8bT", "GET,"};
  return {.bytes = c.head(c.draw.one_of(methods)) + "\r\n"};
}
MalformedRequest absolute_target(Context const& c) {
  constexpr std::array<char const*, 5> targets{"http://evil.example/livez", "https://127.0.0.1/livez", "*",
                                               "evil.example:443", "//evil.example/livez"};
  return {.bytes = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", c.draw.one_of(targets), c.host)};
}
MalformedRequest odd_target(Context const& c) {
  constexpr std::array<char const*, 9> targets{"/%zz",          "/livez%",    "/livez%00",
                                               "/%2e%2e/livez", "/../livez",  "/livez/.",
                                               "//livez",       "/livez;a=b", "/liv%65z"};
  return {.bytes = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", c.draw.one_of(targets), c.host)};
}
MalformedRequest control_in_target(Context const& c) {
  return {.bytes = fmt::format("GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n",
                               with_controls(c.draw, "livez/and/more"), c.host)};
}
MalformedRequest control_in_header(Context const& c) {
  return {.bytes = c.head() + "X-Odd: a" + with_controls(c.draw, "value") + "z\r\n\r\n"};
}
MalformedRequest header_without_sense(Context const& c) {
  constexpr std::array<char const*, 7> lines{"no colon",        ": no name",    "Spa ce: x",     "Before : x",
                                             "Na\xc3\xafve: x", "Bra(cket): x", " first: folded"};
  return {.bytes =
              fmt::format("GET {} HTTP/1.1\r\n{}\r\nHost: {}\r\n\r\n", c.path, c.draw.one_of(lines), c.host)};
}
MalformedRequest wrong_host(Context const& c) {
  constexpr std::array<char const*, 7> hosts{"Host: evil.example\r\n",
                                             "",
                                             "Host: \r\n",
                                             "Host: 127.0.0.1:1\r\n",
                                             "Host: 127.0.0.1:1\r\nHost: 127.0.0.1:2\r\n",
                                             "Host: [::1\r\n",
                                             "Host: user@127.0.0.1\r\n"};
  return {.bytes = fmt::format("GET {} HTTP/1.1\r\n{}\r\n", c.path, c.draw.one_of(hosts))};
}
MalformedRequest folded_host(Context const& c) {
  return {.bytes = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n .evil.example\r\n\r\n", c.path, c.host)};
}
MalformedRequest other_page(Context const& c) {
  constexpr std::array<char const*, 4> lines{"Origin: http://evil.example", "Origin: null",
                                             "Sec-Fetch-Site: cross-site", "Origin: http://127.0.0.1:1"};
  return {.bytes = c.head() + c.draw.one_of(lines) + "\r\n\r\n"};
}
MalformedRequest two_lengths(Context const& c) {
  constexpr std::array<char const*, 5> lines{
      "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
      "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "Content-Length: 1, 2\r\n\r\nxx",
      "Content-Length: 0\r\nContent-Length: 30\r\n\r\n"};
  return {.bytes = c.head("POST") + c.draw.one_of(lines) + c.good()};
}
MalformedRequest odd_length(Context const& c) {
  constexpr std::array<char const*, 8> lengths{"-1", "+1", "0x10", "1e3", "99999999999999999999",
                                               "a",  "",   "1 1"};
  return {.bytes = c.head("POST") + fmt::format("Content-Length: {}\r\n\r\nx", c.draw.one_of(lengths))};
}
MalformedRequest odd_coding(Context const& c) {
  constexpr std::array<char const*, 8> codings{"xchunked", "identity", "gzip",     "chunked, identity",
                                               "chunkedx", "cow",      "chunked;", "gzip, deflate"};
  return {.bytes = c.head() + fmt::format("Transfer-Encoding: {}\r\n\r\n0\r\n\r\n", c.draw.one_of(codings)) +
                   c.good()};
}
MalformedRequest odd_chunks(Context const& c) {
  constexpr std::array<char const*, 7> bodies{
      "zz\r\nx\r\n0\r\n\r\n", "-1\r\nx\r\n0\r\n\r\n",  "FFFFFFFFFFFFFFFFF\r\nx\r\n", "1\r\nxx0\r\n\r\n",
      "\r\n\r\n0\r\n\r\n",    "1 1\r\nx\r\n0\r\n\r\n", "0x1\r\nx\r\n0\r\n\r\n"};
  return {.bytes = c.head("POST") + "Transfer-Encoding: chunked\r\n\r\n" + c.draw.one_of(bodies)};
}
MalformedRequest large_body(Context const& c) {
  auto const size = c.draw.between(65'537, 300'000);
  return {.bytes = c.head("POST") + fmt::format("Content-Length: {}\r\n\r\n", size) + c.draw.letters(size)};
}
MalformedRequest old_version(Context const& c) {
  constexpr std::array<char const*, 8> ends{"",          " HTTP/0.9",  " HTTP/2.0", " HTTP/9.9",
                                            " http/1.1", " HTTP/1.1x", " HTTP/11",  " ICAP/1.0"};
  return {.bytes = fmt::format("GET {}{}\r\nHost: {}\r\n\r\n", c.path, c.draw.one_of(ends), c.host)};
}
MalformedRequest of_another_protocol(Context const& c) {
  std::array<std::string, 4> const all{"\x16\x03\x01\x02" + c.draw.bytes(400),  // TLS' hello
                                       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
                                       "EHLO evil.example\r\n"};
  return {.bytes = c.draw.one_of(all), .may_be_silent = true};
}
MalformedRequest noise(Context const& c) {
  return {.bytes = c.draw.bytes(c.draw.between(1, 4'096)) + "\r\n\r\n", .may_be_silent = true};
}
MalformedRequest bare_line_ends(Context const& c) {
  return {.bytes = fmt::format("GET {} HTTP/1.1\nHost: {}\n\n", c.path, c.host)};
}
MalformedRequest behind_good_ones(Context const& c) {
  MalformedRequest request{.good = static_cast<int>(c.draw.between(1, 20))};
  for (int i = 0; i < request.good; ++i) request.bytes += c.good();
  request.bytes += "\x01\x02\r\n\r\n" + c.good();
  return request;
}
MalformedRequest guessed_token(Context const& c) {
  return {.bytes = fmt::format("GET /nothing HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
                               c.host, c.draw.letters(c.draw.between(0, 64)))};
}

struct Kind {
  char const* name;
  Make make;
};

constexpr std::array<Kind, 25> kinds{{{"truncated", truncated},
                                      {"large header", large_header},
                                      {"large target", large_target},
                                      {"many headers", many_headers},
                                      {"unknown method", unknown_method},
                                      {"broken method", broken_method},
                                      {"absolute target", absolute_target},
                                      {"odd target", odd_target},
                                      {"control in target", control_in_target},
                                      {"control in header", control_in_header},
                                      {"header without sense", header_without_sense},
                                      {"wrong host", wrong_host},
                                      {"folded host", folded_host},
                                      {"other page", other_page},
                                      {"two lengths", two_lengths},
                                      {"odd length", odd_length},
                                      {"odd coding", odd_coding},
                                      {"odd chunks", odd_chunks},
                                      {"large body", large_body},
                                      {"old version", old_version},
                                      {"another protocol", of_another_protocol},
                                      {"noise", noise},
                                      {"bare line ends", bare_line_ends},
                                      {"behind good ones", behind_good_ones},
                                      {"guessed token", guessed_token}}};

}  // namespace

MalformedRequest malformed_request(std::uint64_t n, std::uint16_t port) {
  Draw draw{n};
  constexpr std::array<char const*, 4> paths{"/livez", "/readyz", "/healthz", "/metrics"};
  auto const& kind = kinds.at(n % kinds.size());
  auto request =
      kind.make({.draw = draw, .host = fmt::format("127.0.0.1:{}", port), .path = draw.one_of(paths)});
  request.kind = kind.name;
  return request;
}

}  // namespace candled::test
