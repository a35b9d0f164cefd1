// The control plane's server over real sockets: what it answers, and what it does not put up with.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <nlohmann/json.hpp>

#include "net/control_fixture.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

GatePolicy with_token(bool open_to_others = false) {
  return {.token = token_hash(control_token), .open_to_others = open_to_others};
}

std::string const right_token = fmt::format("Authorization: Bearer {}\r\n", control_token);

TEST(ControlServer, answers_a_path_it_has) {
  RunningControl control;

  auto const answer = control.ask("GET", "/small");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"size":"small"})");
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(control.ask("GET", "/thing/4%2f2?x=1").body, "4/2");
}

TEST(ControlServer, sends_security_headers_with_every_answer) {
  RunningControl control;

  for (auto const* const path : {"/small", "/nothing"}) {
    auto const answer = control.ask("GET", path);

    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(answer.header("Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_TRUE(answer.header("Content-Security-Policy").contains("default-src 'none'")) << answer.head;
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "");
  }
}

TEST(ControlServer, answers_head_without_a_body) {
  RunningControl control;

  auto const answer = control.ask("HEAD", "/small");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Length"), "16");
  EXPECT_EQ(answer.body, "");
}

TEST(ControlServer, tells_errors_as_problems_with_the_id_that_the_log_has) {
  RunningControl control;

  auto const answer = control.ask("GET", "/nothing/at/all");

  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
  auto const problem = Json::parse(answer.body);
  EXPECT_EQ(problem["status"], 404);
  EXPECT_EQ(problem["code"], "not_found");
  EXPECT_EQ(problem["request_id"], answer.header("X-Request-Id"));
  control.end();
  ASSERT_EQ(control.log().size(), 1U);
  EXPECT_TRUE(control.log()[0].starts_with(
      fmt::format("control {}: GET /nothing/at/all: 404 in ", answer.header("X-Request-Id"))))
      << control.log()[0];
}

TEST(ControlServer, names_the_methods_that_a_path_has) {
  RunningControl control;

  auto const small = control.ask("DELETE", "/small");
  auto const change = control.ask("GET", "/change");

  EXPECT_EQ(small.status, 405);
  EXPECT_EQ(small.header("Allow"), "GET, HEAD");
  EXPECT_EQ(change.status, 405);
  EXPECT_EQ(change.header("Allow"), "POST");
  EXPECT_EQ(control.ask("TRACE", "/small").status, 405);
}

TEST(ControlServer, compresses_what_is_large_for_those_who_take_it) {
  RunningControl control;

  auto const zipped = control.ask("GET", "/large", "Accept-Encoding: br, gzip;q=0.5\r\n");
  auto const plain = control.ask("GET", "/large");
  auto const refused = control.ask("GET", "/large", "Accept-Encoding: gzip;q=0, *\r\n");
  auto const small = control.ask("GET", "/small", "Accept-Encoding: gzip\r\n");

  EXPECT_EQ(zipped.header("Content-Encoding"), "gzip");
  EXPECT_EQ(unzipped(zipped.body), large_text());
  EXPECT_LT(zipped.body.size(), large_text().size() / 2);
  EXPECT_EQ(zipped.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.header("Content-Encoding"), "");
  EXPECT_EQ(plain.body, large_text());
  EXPECT_EQ(refused.header("Content-Encoding"), "");
  EXPECT_EQ(small.header("Content-Encoding"), "");
}

TEST(ControlServer, keeps_a_connection_for_the_next_request) {
  RunningControl control;
  RawConnection connection{control.port()};
  auto const request = fmt::format("GET /small HTTP/1.1\r\nHost: {}\r\n\r\n", control.host());

  for (int round = 0; round < 3; ++round) {
    connection.send(request);
    EXPECT_TRUE(connection.read_until("}").contains("200 OK"));
    connection.take();
  }
  connection.send(request + request);  // one behind the other
  connection.read_until("}");
  EXPECT_EQ(parse_response(connection.take()).status, 200);
}

struct HostCase {
  char const* host;
  int status;
};

// PORT stands for the server's.
class Hosts : public testing::TestWithParam<HostCase> {};

TEST_P(Hosts, are_judged_before_all_else) {
  RunningControl control{{.hosts = {"candled.example.com", "proxy.example.com:8443"}}};
  std::string host = GetParam().host;
  if (auto const at = host.find("PORT"); at != std::string::npos)
    host.replace(at, 4, std::to_string(control.port()));

  for (auto const* const path : {"/small", "/nothing"}) {
    auto const answer =
        control.send(fmt::format("GET {} HTTP/1.1\r\n{}Connection: close\r\n\r\n", path, host));
    auto const wanted =
        GetParam().status == 200 && path == std::string_view{"/nothing"} ? 404 : GetParam().status;
    EXPECT_EQ(answer.status, wanted) << host;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Hosts,
    testing::Values(HostCase{"Host: 127.0.0.1:PORT\r\n", 200}, HostCase{"Host: localhost:PORT\r\n", 200},
                    HostCase{"Host: LOCALHOST:PORT\r\n", 200}, HostCase{"Host: [::1]:PORT\r\n", 200},
                    HostCase{"Host: candled.example.com\r\n", 200},
                    HostCase{"Host: candled.example.com:PORT\r\n", 200},
                    HostCase{"Host: proxy.example.com:8443\r\n", 200},
                    HostCase{"Host: candled.example.com:1\r\n", 421}, HostCase{"Host: 127.0.0.1\r\n", 421},
                    HostCase{"Host: 127.0.0.1:1\r\n", 421}, HostCase{"Host: localhost.:PORT\r\n", 421},
                    HostCase{"Host: evil.example:PORT\r\n", 421},
                    HostCase{"Host: 127.0.0.1.evil.example:PORT\r\n", 421}, HostCase{"Host: \r\n", 421},
                    HostCase{"", 400}, HostCase{"Host: 127.0.0.1:PORT\r\nHost: evil.example\r\n", 400}));

TEST(ControlServer, refuses_targets_that_are_no_paths) {
  RunningControl control;

  EXPECT_EQ(control.ask("GET", "http://" + control.host() + "/small").status, 400);
  EXPECT_EQ(control.ask("OPTIONS", "*").status, 400);
}

TEST(ControlServer, refuses_other_pages_of_the_same_browser) {
  RunningControl control;
  auto const status_with = [&](std::string const& headers) {
    return control.ask("GET", "/small", headers).status;
  };

  EXPECT_EQ(status_with("Origin: http://" + control.host() + "\r\n"), 200);
  EXPECT_EQ(status_with("Origin: http://evil.example\r\n"), 403);
  EXPECT_EQ(status_with("Origin: null\r\n"), 403);
  EXPECT_EQ(status_with("Origin: http://localhost:1\r\n"), 403);
  EXPECT_EQ(status_with("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"), 403);
  EXPECT_EQ(status_with("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"), 200);
  EXPECT_EQ(status_with("Sec-Fetch-Site: same-origin\r\n"), 200);
}

TEST(ControlServer, lets_nobody_change_anything_without_the_token) {
  RunningControl control{with_token()};

  auto const missing = control.ask("POST", "/change", "", "x");
  auto const wrong = control.ask("POST", "/change", "Authorization: Bearer another\r\n", "x");
  auto const basic = control.ask("POST", "/change", "Authorization: Basic eDp5\r\n", "x");
  auto const right = control.ask("POST", "/change", right_token, "x");

  EXPECT_EQ(missing.status, 401);
  EXPECT_TRUE(missing.header("WWW-Authenticate").starts_with("Bearer")) << missing.head;
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(basic.status, 401);
  EXPECT_EQ(right.status, 202);
  EXPECT_EQ(right.body, "x");
  EXPECT_FALSE(wrong.body.contains("another"));
}

TEST(ControlServer, changes_nothing_where_no_token_is_configured) {
  RunningControl control;

  auto const answer = control.ask("POST", "/change", right_token, "x");

  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(Json::parse(answer.body)["code"], "no_token_configured");
}

TEST(ControlServer, wants_the_token_for_looking_where_others_can_reach_it) {
  RunningControl control{with_token(true)};

  EXPECT_EQ(control.ask("GET", "/small").status, 401);
  EXPECT_EQ(control.ask("GET", "/small", right_token).status, 200);
}

TEST(ControlServer, slows_down_who_guesses_but_not_who_knows) {
  RunningControl control{with_token()};
  for (int guess = 0; guess < 10; ++guess)
    EXPECT_EQ(control.ask("POST", "/change", "Authorization: Bearer guess\r\n", "x").status, 401);

  auto const slowed = control.ask("POST", "/change", "Authorization: Bearer guess\r\n", "x");

  EXPECT_EQ(slowed.status, 429);
  EXPECT_EQ(slowed.header("Retry-After"), "60");
  EXPECT_EQ(control.ask("POST", "/change", right_token, "x").status, 202);
}

TEST(ControlServer, refuses_what_is_too_large) {
  RunningControl control{with_token()};

  auto const head = control.ask("GET", "/small", "X-Long: " + std::string(9'000, 'a') + "\r\n");
  auto const body = control.ask("POST", "/change", right_token, std::string(70'000, 'a'));
  auto const chunked = control.send(
      fmt::format("POST /change HTTP/1.1\r\nHost: {}\r\n{}Transfer-Encoding: chunked\r\n\r\n11170\r\n{}\r\n",
                  control.host(), right_token, std::string(70'000, 'a')));

  EXPECT_EQ(head.status, 431);
  EXPECT_EQ(body.status, 413);
  EXPECT_EQ(chunked.status, 413);
  EXPECT_EQ(control.ask("GET", "/small").status, 200);
}

TEST(ControlServer, refuses_what_two_servers_could_read_in_two_ways) {
  RunningControl control{with_token()};
  auto const head = fmt::format("POST /change HTTP/1.1\r\nHost: {}\r\n{}", control.host(), right_token);

  for (auto const& bytes :
       {head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", head + "Content-Length: -1\r\n\r\nx",
        head + "Content-Length : 1\r\n\r\nx", head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        head + "Transfer-Encoding: identity\r\n\r\n", head + "Transfer-Encoding: chunked, gzip\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        std::string{"GET /small\r\n\r\n"}, std::string{"\0\1\2\r\n\r\n", 7},
        std::string{"GET /small HTTP/9.9\r\n\r\n"}})
    EXPECT_EQ(control.send(bytes).status, 400) << bytes;
}

TEST(ControlServer, drops_who_is_slow) {
  RunningControl control{{}, {.head = 50ms, .body = 50ms, .write = 50ms, .idle = 50ms}};

  RawConnection silent{control.port()};
  RawConnection half_a_head{control.port()};
  half_a_head.send("GET /small HTTP/1.1\r\nHost: ");
  RawConnection half_a_body{control.port()};
  half_a_body.send(
      fmt::format("POST /change HTTP/1.1\r\nHost: {}\r\nContent-Length: 10\r\n\r\nhalf", control.host()));

  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(half_a_head.read_to_end(), "");
  EXPECT_EQ(half_a_body.read_to_end(), "");
}

TEST(ControlServer, is_not_locked_by_clients_that_only_wait) {
  RunningControl control{{}, {.connections_max = 4}};
  std::vector<std::unique_ptr<RawConnection>> waiting;
  for (int client = 0; client < 20; ++client) {
    waiting.push_back(std::make_unique<RawConnection>(control.port()));
    waiting.back()->send("GET /small HTTP/1.1\r\n");
    EXPECT_EQ(control.ask("GET", "/small").status, 200);
  }
  EXPECT_EQ(waiting.front()->read_to_end(), "");  // it made room
}

TEST(ControlServer, is_not_locked_by_clients_that_do_not_read) {
  RunningControl control{{}, {.connections_max = 4}};
  std::string many;  // more answers than any buffers hold
  for (int i = 0; i < 2'000; ++i)
    many += fmt::format("GET /large HTTP/1.1\r\nHost: {}\r\n\r\n", control.host());
  std::vector<std::unique_ptr<RawConnection>> deaf;
  for (int client = 0; client < 4; ++client) {
    deaf.push_back(std::make_unique<RawConnection>(control.port()));
    deaf.back()->send(many);
    deaf.back()->read_until("line 999\n");
  }

  for (int ask = 0; ask < 300; ++ask) ASSERT_EQ(control.ask("GET", "/small").status, 200) << ask;
}

TEST(ControlServer, says_that_it_is_busy_when_all_are_being_answered) {
  RunningControl control{{}, {.connections_max = 2}};
  auto const endless = fmt::format("GET /never HTTP/1.1\r\nHost: {}\r\n\r\n", control.host());
  RawConnection first{control.port()};
  first.send(endless);
  control.wait_for_never(1);
  RawConnection second{control.port()};
  second.send(endless);
  control.wait_for_never(2);

  RawConnection third{control.port()};
  auto const status = parse_response(third.read_to_end()).status;

  EXPECT_EQ(status, 503);
}

TEST(ControlServer, says_why_it_cannot_listen) {
  RunningControl control;
  boost::asio::io_context loop;
  ControlServer other{loop.get_executor(), {}, {}, {}};

  auto const port = other.listen("127.0.0.1", control.port());

  ASSERT_FALSE(port);
  EXPECT_EQ(port.error(), "Address already in use");
}

}  // namespace
}  // namespace candled::test
