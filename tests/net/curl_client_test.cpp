#include "http/curl_client.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstdlib>

#include "net/asio_loop.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::await_request;
using test::ClientLoop;
using test::Script;
using test::ScriptedServer;
using test::send;
using test::Step;

// Limits that end a hopeless request soon.
HttpLimits impatient() {
  return {.total = 300ms, .connect = 300ms};
}

enum class GzipEnd { finished, sync_flushed };

// `sync_flushed`: as Go's writer ends it, with an empty block before the last one.
std::string gzip(std::string_view text, GzipEnd end = GzipEnd::finished) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (end == GzipEnd::sync_flushed) deflate(&stream, Z_SYNC_FLUSH);
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string chunk(std::string const& text) {
  std::array<char, 16> size{};
  snprintf(size.data(), size.size(), "%zx\r\n", text.size());
  return size.data() + text + "\r\n";
}

std::string const gzip_header = "Content-Encoding: gzip\r\n";
std::string const chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

Result<HttpResponse> get_from(Script script, HttpLimits limits = {}) {
  ScriptedServer const server{{std::move(script)}};
  return ClientLoop{std::move(limits)}.get({.url = server.url()});
}

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

// --- answers that are none ---

struct BrokenAnswer {
  char const* name;
  Script script;
  char const* what;  // part of the error
  HttpLimits limits = {};
};

void PrintTo(BrokenAnswer const& row, std::ostream* out) {
  *out << row.name;
}

class EachBrokenAnswer : public testing::TestWithParam<BrokenAnswer> {};

TEST_P(EachBrokenAnswer, is_a_transport_error_that_says_what_happened) {
  auto const got = get_from(GetParam().script, GetParam().limits);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::transport) << got.error().what;
  EXPECT_TRUE(got.error().what.starts_with("127.0.0.1: ")) << got.error().what;
  EXPECT_NE(got.error().what.find(GetParam().what), std::string::npos) << got.error().what;
}

std::string cut(std::string text, std::size_t bytes) {
  text.resize(text.size() - bytes);
  return text;
}

std::vector<BrokenAnswer> broken_answers() {
  std::string const head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
  auto const packed = gzip("{\"results\":[1,2,3,4,5,6,7,8,9,10]}");
  auto wrong_checksum = packed;
  wrong_checksum[packed.size() - 8] ^= 1;
  return {
      {"closed_before_answer", {await_request()}, "waiting for the answer"},
      {"closed_within_headers",
       {await_request(), send("HTTP/1.1 200 OK\r\nContent-Le")},
       "the headers end in the middle"},
      {"closed_within_body", {await_request(), send(head + "{\"a\"")}, "reading the answer"},
      {"closed_within_chunk", {await_request(), send(chunked_head + "ff\r\n{\"a\"")}, "reading the answer"},
      {"closed_before_last_chunk", {await_request(), send(chunked_head + chunk("{}"))}, "reading the answer"},
      {"bad_chunk_size",
       {await_request(), send(chunked_head + "zz\r\n{}\r\n0\r\n\r\n")},
       "reading the answer"},
      {"reset_before_answer", {await_request(), test::reset()}, "waiting for the answer"},
      {"reset_within_body", {await_request(), send(head + "{\"a\""), test::reset()}, "after "},
      {"gzip_cut_within_trailer",
       {await_request(), send(answer(cut(packed, 4), gzip_header))},
       "ends in the middle"},
      {"gzip_cut_within_data",
       {await_request(), send(answer(cut(packed, 20), gzip_header))},
       "ends in the middle"},
      {"gzip_wrong_checksum",
       {await_request(), send(answer(wrong_checksum, gzip_header))},
       "gzip body is broken"},
      {"gzip_that_is_none", {await_request(), send(answer("{\"a\":1}", gzip_header))}, "gzip body is broken"},
      {"gzip_with_something_after", {await_request(), send(answer(packed + "more", gzip_header))}, "broken"},
      {"other_encoding", {await_request(), send(answer("?", "Content-Encoding: br\r\n"))}, "encoded as br"},
      {"two_encodings",
       {await_request(), send(answer(gzip(packed), "Content-Encoding: gzip, gzip\r\n"))},
       "gzip, gzip"},
      {"no_http", {await_request(), send("220 mail.example ESMTP\r\n")}, "after "},
      {"negative_length",
       {await_request(), send("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}")},
       "after "},
      {"endless_headers",
       {await_request(), send("HTTP/1.1 200 OK\r\n"), test::flood("X-Filler: 0123456789\r\n")},
       "65536 bytes of headers"},
      {"one_endless_header",
       {await_request(), send("HTTP/1.1 200 OK\r\nX: "), test::flood("0123456789")},
       "after "},
      {"endless_interim_answers",
       {await_request(), test::flood("HTTP/1.1 100 Continue\r\n\r\n")},
       "65536 bytes of headers"},
      {"stall_before_answer", {await_request(), test::hold()}, "waiting for the answer", impatient()},
      {"stall_within_headers",
       {await_request(), send("HTTP/1.1 200 OK\r\n"), test::hold()},
       "after ",
       impatient()},
      {"stall_within_body",
       {await_request(), send(head + "{\"a\""), test::hold()},
       "reading the answer",
       impatient()},
      {"slow_headers",
       {await_request(), test::drip("HTTP/1.1 200 OK\r\nX: " + std::string(3000, 'x'))},
       "after ",
       impatient()},
      {"slow_body",
       {await_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n"),
        test::drip(std::string(3000, 'x'))},
       "reading the answer",
       impatient()},
  };
}

INSTANTIATE_TEST_SUITE_P(CurlClient, EachBrokenAnswer, testing::ValuesIn(broken_answers()),
                         [](auto const& row) { return row.param.name; });

TEST(CurlClient, gives_up_on_a_body_that_is_slower_than_the_limit) {
  HttpLimits const limits{.total = 1min, .slow_bytes_per_second = 100'000, .slow_for = 1s};

  auto const got = get_from({await_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n"),
                             test::drip(std::string(3'000'000, 'x'))},
                            limits);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::transport);
  EXPECT_NE(got.error().what.find("reading the answer"), std::string::npos) << got.error().what;
}

TEST(CurlClient, a_bomb_is_malformed_and_not_unpacked) {
  auto const bomb = gzip(std::string(50'000'000, '0'));
  ASSERT_LT(bomb.size(), 50'000U);  // 1000 : 1

  auto const got =
      get_from({await_request(), send(answer(bomb, gzip_header))}, {.body_bytes_max = 1'000'000});

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::malformed);
  EXPECT_EQ(got.error().what, "127.0.0.1: the body unpacks to more than 1000000 bytes");
}

TEST(CurlClient, a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not) {
  HttpLimits const limits{.body_bytes_max = 100'000};

  auto const largest = get_from({await_request(), send(answer(std::string(100'000, 'x')))}, limits);
  auto const larger = get_from({await_request(), send(answer(std::string(100'001, 'x')))}, limits);
  auto const endless =
      get_from({await_request(), send("HTTP/1.1 200 OK\r\n\r\n"), test::flood("0123456789")}, limits);
  auto const packed =
      get_from({await_request(), send(answer(gzip(std::string(100'000, 'x')), gzip_header))}, limits);

  ASSERT_TRUE(largest) << largest.error().what;
  ASSERT_TRUE(packed) << packed.error().what;
  for (auto const& got : {larger, endless}) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, ErrorKind::malformed);
    EXPECT_EQ(got.error().what, "127.0.0.1: the body is larger than 100000 bytes");
  }
}

TEST(CurlClient, errors_name_the_host_and_neither_query_nor_key) {
  ScriptedServer const server{{{await_request()}}};

  auto const got =
      ClientLoop{}.get({.url = server.url("/path?cursor=canary-query"), .bearer = Secret{"canary-key"}});

  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().what.starts_with("127.0.0.1: waiting for the answer: ")) << got.error().what;
  EXPECT_EQ(got.error().what.find("canary"), std::string::npos) << got.error().what;
}

TEST(CurlClient, text_of_the_server_cannot_colour_a_terminal) {
  auto const got =
      get_from({await_request(),
                send("HTTP/1.1 200 OK\r\nContent-Encoding: \x1b[31mred\r\nContent-Length: 1\r\n\r\nx")});

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what.find('\x1b'), std::string::npos);
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

TEST(CurlClient, serves_again_after_every_kind_of_failure) {
  std::vector<Script> scripts;
  for (auto const& broken : broken_answers()) scripts.push_back(broken.script);
  scripts.push_back({await_request(), send(answer("{}"))});
  ScriptedServer const server{scripts};
  ClientLoop loop{{.total = 1s}};

  for (std::size_t i = 0; i + 1 < scripts.size(); ++i) loop.start({.url = server.url()});
  for (auto const& got : loop.finish()) EXPECT_FALSE(got);
  auto const got = loop.get({.url = server.url()});

  ASSERT_TRUE(got) << got.error().what;
}

}  // namespace
}  // namespace candled
