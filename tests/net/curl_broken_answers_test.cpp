// Answers that are none, and answers that are too much.
#include <gtest/gtest.h>

#include "net/curl_requests.hpp"

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
using test::Script;
using test::ScriptedServer;
using test::send;

// Limits that end a hopeless request soon.
HttpLimits impatient() {
  return {.total = 300ms, .connect = 300ms};
}

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
  auto wrong_size = packed;
  wrong_size[packed.size() - 1] ^= 1;  // the highest byte: 16 MiB more than there are, less than the limit
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
      {"gzip_wrong_size", {await_request(), send(answer(wrong_size, gzip_header))}, "gzip body is broken"},
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
