#include "http/curl_client.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "net/curl_requests.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::await_request;
using test::chunk;
using test::chunked_head;
using test::ClientLoop;
using test::get_from;
using test::gzip;
using test::gzip_header;
using test::GzipEnd;
using test::Script;
using test::ScriptedServer;
using test::send;

// --- answers ---

TEST(CurlClient, gives_status_type_and_body) {
  auto const got =
      get_from({await_request(), send(answer("{}", "Content-Type: application/json\r\n", "404 Not Found"))});

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->status, 404);
  EXPECT_EQ(got->content_type, "application/json");
  EXPECT_EQ(got->body, "{}");
  EXPECT_EQ(got->wire_bytes, 2U);
  EXPECT_EQ(got->retry_after, std::nullopt);
}

TEST(CurlClient, an_empty_body_is_an_answer) {
  auto const got =
      get_from({await_request(), send(answer("", "Retry-After: 7\r\n", "429 Too Many Requests"))});

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->status, 429);
  EXPECT_EQ(got->body, "");
  EXPECT_EQ(got->retry_after, 7s);
}

TEST(CurlClient, a_retry_date_is_measured_by_the_clock_of_the_server) {
  auto const got = get_from({await_request(), send(answer("",
                                                          "Date: Fri, 20 Nov 2026 14:31:00 GMT\r\n"
                                                          "Retry-After: Fri, 20 Nov 2026 14:32:30 GMT\r\n",
                                                          "429 Too Many Requests"))});

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->retry_after, 90s);
  EXPECT_EQ(got->date, parse_rfc3339("2026-11-20T14:31:00Z"));
}

TEST(CurlClient, undoes_chunks) {
  auto const got =
      get_from({await_request(), send(chunked_head + chunk("{\"a\":") + chunk("1}") + "0\r\n\r\n")});

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->body, "{\"a\":1}");
}

TEST(CurlClient, undoes_gzip) {
  std::string const text(100'000, 'x');
  for (auto const end : {GzipEnd::finished, GzipEnd::sync_flushed}) {
    auto const packed = gzip(text, end);

    auto const got = get_from({await_request(), send(answer(packed, gzip_header))});

    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->body, text);
    EXPECT_EQ(got->wire_bytes, packed.size());
  }
}

TEST(CurlClient, undoes_gzip_of_several_members_in_chunks_of_a_byte) {
  std::string body = chunked_head;
  for (char const byte : gzip("first ") + gzip("second")) body += chunk({byte});

  auto const head = body.find("\r\n\r\n") + 2;
  body.insert(head, gzip_header);
  auto const got = get_from({await_request(), send(body + "0\r\n\r\n")});

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->body, "first second");
}

TEST(CurlClient, a_redirect_is_an_answer_and_not_followed) {
  ScriptedServer const elsewhere{{{await_request(), send(answer("here"))}}};
  auto const got =
      get_from({await_request(), send(answer("", "Location: " + elsewhere.url() + "\r\n", "302 Found"))});

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->status, 302);
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST(CurlClient, skips_a_few_interim_answers) {
  auto const got = get_from({await_request(), send("HTTP/1.1 100 Continue\r\n\r\n"
                                                   "HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n" +
                                                   answer("{}"))});

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->retry_after, std::nullopt);
}

// --- what is sent ---

TEST(CurlClient, asks_with_the_key_in_its_header_and_nowhere_else) {
  ScriptedServer const server{{{await_request(), send(answer("{}"))}}};

  auto const got =
      ClientLoop{}.get({.url = server.url("/v2/aggs/ticker/X:BTCUSD/range/1/day/1/2?limit=50000"),
                        .bearer = Secret{"canary-4f1d"}});

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(server.requests(),
            std::vector<std::string>{"GET /v2/aggs/ticker/X:BTCUSD/range/1/day/1/2?limit=50000 HTTP/1.1\r\n"
                                     "Host: 127.0.0.1:" +
                                     std::to_string(server.port()) +
                                     "\r\n"
                                     "User-Agent: candled/" CANDLED_VERSION "\r\n"
                                     "Accept: application/json\r\n"
                                     "Accept-Encoding: gzip\r\n"
                                     "Authorization: Bearer canary-4f1d\r\n\r\n"});
}

TEST(CurlClient, a_request_without_a_key_carries_none_even_on_a_connection_that_had_one) {
  ScriptedServer const server{{{await_request(), send(answer("1")), await_request(), send(answer("2"))}}};
  ClientLoop loop;

  ASSERT_TRUE(loop.get({.url = server.url(), .bearer = Secret{"canary-4f1d"}}));
  ASSERT_TRUE(loop.get({.url = server.url()}));

  auto const requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(requests[1].find("uthorization"), std::string::npos);
}

TEST(CurlClient, a_key_that_would_break_the_header_is_refused_and_not_shown) {
  ScriptedServer const server{{{await_request(), send(answer("{}"))}}};
  for (auto const* key : {"canary\r\nX-Evil: 1", "canary\n", "canary key", "canary\x7f", "canary\xc3\xa9"}) {
    auto const got = ClientLoop{}.get({.url = server.url(), .bearer = Secret{key}});

    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, ErrorKind::key_refused);
    EXPECT_EQ(got.error().what.find("canary"), std::string::npos);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(CurlClient, ignores_proxies_and_passwords_of_the_environment) {
  test::TempDir const home;
  home.write(".netrc", "machine 127.0.0.1 login user password canary-4f1d\n");
  ScriptedServer const proxy{{{await_request(), send(answer("proxy"))}}};
  ScriptedServer const server{{{await_request(), send(answer("direct"))}}};
  for (auto const* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) setenv(name, proxy.url().c_str(), 1);
  setenv("HOME", home.path().c_str(), 1);

  auto const got = ClientLoop{}.get({.url = server.url()});

  for (auto const* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->body, "direct");
  EXPECT_EQ(proxy.connections(), 0);
  EXPECT_EQ(server.requests().at(0).find("uthorization"), std::string::npos);
}

TEST(CurlClient, keeps_no_cookies) {
  ScriptedServer const server{
      {{await_request(), send(answer("1", "Set-Cookie: a=b\r\n")), await_request(), send(answer("2"))}}};
  ClientLoop loop;

  ASSERT_TRUE(loop.get({.url = server.url()}));
  ASSERT_TRUE(loop.get({.url = server.url()}));

  EXPECT_EQ(server.requests().at(1).find("ookie"), std::string::npos);
}

// --- connections ---

TEST(CurlClient, asks_again_and_again_on_one_connection) {
  Script script;
  for (int i = 0; i < 20; ++i) script.insert(script.end(), {await_request(), send(answer("{}"))});
  ScriptedServer const server{{script}};
  ClientLoop loop;

  for (int i = 0; i < 20; ++i) {
    auto const got = loop.get({.url = server.url()});
    ASSERT_TRUE(got) << got.error().what;
    if (i > 0) EXPECT_EQ(got->connect, 0ms);
  }

  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClient, asks_anew_when_a_kept_connection_was_closed) {
  ScriptedServer const server{{{await_request(), send(answer("{}"))}}};
  ClientLoop loop;

  for (int i = 0; i < 5; ++i) {
    auto const got = loop.get({.url = server.url()});
    ASSERT_TRUE(got) << got.error().what;
  }

  EXPECT_EQ(server.connections(), 5);
}

TEST(CurlClient, asks_fifty_at_once) {
  ScriptedServer const server{{{await_request(), send(answer(std::string(100'000, 'x')))}}};
  ClientLoop loop;

  for (int i = 0; i < 50; ++i) loop.start({.url = server.url("/" + std::to_string(i))});

  for (auto const& got : loop.finish()) {
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->body.size(), 100'000U);
  }
  EXPECT_EQ(server.requests().size(), 50U);
}

// --- no connection ---

TEST(CurlClient, says_so_when_nobody_listens) {
  std::string url;
  {
    ScriptedServer const gone{{{}}};
    url = gone.url();
  }

  auto const got = ClientLoop{}.get({.url = url});

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::transport);
  EXPECT_TRUE(got.error().what.starts_with("127.0.0.1: connecting: ")) << got.error().what;
}

TEST(CurlClient, says_so_when_there_is_no_such_host) {
  auto const got = ClientLoop{}.get({.url = "https://no-such-host.invalid/"});  // RFC 6761: never resolves

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::transport);
  EXPECT_TRUE(got.error().what.starts_with("no-such-host.invalid: connecting: ")) << got.error().what;
}

TEST(CurlClient, speaks_plain_http_to_this_machine_only) {
  for (auto const* url : {"http://example.com/", "http://10.0.0.1/", "http://169.254.169.254/latest",
                          "http://[::2]/", "http://128.0.0.1/", "http://localhost.example.com/",
                          "http://0.0.0.0/", "http://[::ffff:10.0.0.1]/", "http://127.0.0.1.example.com/"}) {
    auto const got = ClientLoop{}.get({.url = url, .bearer = Secret{"canary"}});

    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error().kind, ErrorKind::transport);
    EXPECT_NE(got.error().what.find("plain http is only spoken to this machine; use https"),
              std::string::npos)
        << url << " " << got.error().what;
  }
}

TEST(CurlClient, localhost_is_this_machine) {
  ScriptedServer const server{{{await_request(), send(answer("{}"))}}};

  auto const got = ClientLoop{}.get({.url = "http://localhost:" + std::to_string(server.port()) + "/"});

  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->status, 200);
}

TEST(CurlClient, refuses_what_is_no_plain_web_address) {
  for (auto const* url :
       {"", "api.massive.com/v2", "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
        "https://user:canary@127.0.0.1/", "http://127.0.0.1:99999/", "http:///v2", "https://\n"}) {
    auto const got = ClientLoop{}.get({.url = url});

    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error().kind, ErrorKind::transport);
    EXPECT_EQ(got.error().what.find("canary"), std::string::npos);
  }
}

// --- the end ---

TEST(CurlClient, stop_ends_requests_in_flight_and_later_ones) {
  ScriptedServer const server{{{await_request(), test::hold()}}};
  ClientLoop loop;
  for (int i = 0; i < 10; ++i) loop.start({.url = server.url()});
  loop.run_until([&] { return server.requests().size() == 10; });

  loop.client().stop();
  loop.start({.url = server.url()});

  for (auto const& got : loop.finish()) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, ErrorKind::stopped);
  }
  EXPECT_EQ(server.requests().size(), 10U);
}

TEST(CurlClient, can_be_destroyed_with_requests_in_flight) {
  ScriptedServer const server{{{await_request(), test::hold()}}};
  ClientLoop loop;
  for (int i = 0; i < 10; ++i) loop.start({.url = server.url()});
  loop.run_until([&] { return server.requests().size() == 10; });

  loop.destroy_client();

  for (auto const& got : loop.finish()) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, ErrorKind::stopped);
  }
}

TEST(CurlClient, can_be_destroyed_before_a_request_has_begun) {
  ScriptedServer const server{{{await_request(), send(answer("{}"))}}};
  ClientLoop loop;
  loop.start({.url = server.url()});

  loop.destroy_client();

  auto const answers = loop.finish();
  ASSERT_FALSE(answers.at(0));
  EXPECT_EQ(answers[0].error().kind, ErrorKind::stopped);
}

TEST(CurlClient, can_be_destroyed_with_its_loop_and_requests_that_nobody_finishes) {
  ScriptedServer const server{{{await_request(), test::hold()}}};
  {
    ClientLoop loop;
    for (int i = 0; i < 10; ++i) loop.start({.url = server.url()});
    loop.run_until([&] { return server.requests().size() == 10; });
  }

  EXPECT_EQ(server.requests().size(), 10U);
}

TEST(CurlClient, a_request_whose_coroutine_is_cancelled_leaves_the_others_alone) {
  ScriptedServer const silent{{{await_request(), test::hold()}}};
  ScriptedServer const server{{{await_request(), send(answer("{}"))}}};
  ClientLoop loop;
  boost::asio::cancellation_signal cancel;
  std::optional<test::Answer> cancelled;
  boost::asio::co_spawn(
      loop.context(), loop.client().get({.url = silent.url()}),
      boost::asio::bind_cancellation_slot(
          cancel.slot(), [&](std::exception_ptr, test::Answer a) { cancelled = std::move(a); }));
  loop.run_until([&] { return silent.requests().size() == 1; });

  cancel.emit(boost::asio::cancellation_type::terminal);
  auto const got = loop.get({.url = server.url()});

  ASSERT_TRUE(got) << got.error().what;
  ASSERT_TRUE(cancelled);
  ASSERT_FALSE(*cancelled);
  EXPECT_EQ(cancelled->error().kind, ErrorKind::stopped);
}

}  // namespace
}  // namespace candled
