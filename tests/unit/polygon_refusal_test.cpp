#include <gtest/gtest.h>

#include "unit/polygon_answers.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::ok;
using test::parse;
using test::two_bars;

struct Refusal {
  int status;
  char const* body;
  char const* kind;
};

TEST(PolygonRefusal, is_told_by_the_status_first_and_the_text_second) {
  for (auto const& row : {
           Refusal{408, "", "remote_failed"},
           {425, "", "remote_failed"},
           {499, "", "remote_failed"},
           {500, "{}", "remote_failed"},
           {502, "<html>", "remote_failed"},
           {503, "", "remote_failed"},
           {429, "", "rate_limited"},
           {429, "<html>", "rate_limited"},
           {401, "", "key_refused"},
           {403, "", "remote_refused"},
           {403, "<html>", "remote_refused"},
           {404, "404 page not found", "remote_refused"},
           {400, "", "remote_refused"},
           {405, "", "remote_refused"},
           {301, "", "remote_refused"},
           {302, "<html>", "remote_refused"},
           {204, "", "malformed"},
           {206, "{}", "malformed"},
           {200, "", "remote_failed"},
           {200, "<!DOCTYPE html>", "remote_failed"},
           {200, " \n<html>", "remote_failed"},
           {200, R"({"status":"ERROR","error":"Unknown API Key"})", "key_refused"},
           {200,
            R"({"status":"ERROR","error":"You've exceeded the maximum requests per minute, please wait"})",
            "rate_limited"},
           {200, R"({"status":"ERROR","error":"boom"})", "remote_refused"},
           {200, R"({"status":"NOT_FOUND","message":"Ticker not found."})", "remote_refused"},
           {200, R"({"status":"NOT_AUTHORIZED"})", "remote_refused"},
           {200, R"({"status":"FORBIDDEN"})", "malformed"},
           {200, R"({"status":"ok"})", "malformed"},
           {200, R"({"results":[]})", "malformed"},
       }) {
    auto const got = parse({.status = row.status, .body = row.body});

    ASSERT_FALSE(got.page) << row.status << row.body;
    EXPECT_EQ(to_string(got.page.error().kind), row.kind)
        << row.status << " " << row.body << " " << got.page.error().what;
  }
}

TEST(PolygonRefusal, within_a_200_takes_back_bars_that_came_with_it) {
  auto body = answer(two_bars());
  body.replace(body.find("\"OK\""), 4, "\"ERROR\"");

  EXPECT_FALSE(parse(ok(body)).page);
}

TEST(PolygonRefusal, passes_on_how_long_to_wait) {
  auto const limited = parse({.status = 429, .body = "", .retry_after = 7s});
  auto const unavailable = parse({.status = 503, .body = "", .retry_after = 9s});

  EXPECT_EQ(limited.page.error().retry_after, 7s);
  EXPECT_EQ(unavailable.page.error().retry_after, 9s);
}

TEST(PolygonRefusal, quotes_the_provider_briefly_and_without_secrets) {
  auto const got = parse(
      {.status = 400,
       .body =
           R"({"status":"ERROR","error":"bad \u001b[31mred\n https://x/?apiKey=other-canary&b=1 APIKEY=third of canary-4f1d )" +
           std::string(500, 'x') + "\"}"});

  ASSERT_FALSE(got.page);
  EXPECT_EQ(got.page.error().what,
            "the request was refused: answered 400 ('bad [31mred https://x/?apiKey=(hidden)&b=1 "
            "APIKEY=(hidden) of (key) " +
                std::string(132, 'x') + "'); check the ticker's spelling and the provider's base_url");
}

TEST(PolygonRefusal, a_huge_or_broken_text_is_not_quoted) {
  for (auto const& body : {std::string(200'000, '['), std::string{"{\"error\":\"\xff\"}"},
                           std::string{"{\"error\":1}"}, std::string{"{"}, std::string{"[]"}}) {
    auto const got = parse({.status = 400, .body = body});

    ASSERT_FALSE(got.page);
    EXPECT_EQ(
        got.page.error().what,
        "the request was refused: answered 400; check the ticker's spelling and the provider's base_url");
  }
}

}  // namespace
}  // namespace candled
