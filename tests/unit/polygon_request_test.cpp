#include <gtest/gtest.h>

#include "unit/polygon_answers.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::at;
using test::bar_at;
using test::expect_malformed;
using test::first_minute;
using test::massive;
using test::minute;
using test::minutes;
using test::ms;
using test::ok;
using test::parse;
using test::two_bars;

TEST(PolygonRequest, asks_for_the_window_with_both_ends_included) {
  PolygonProvider const provider{massive, Secret{"canary-4f1d"}};

  auto const request = provider.request(minutes(), Timeframe::m1, "");

  EXPECT_EQ(request.url,
            "https://api.massive.com/v2/aggs/ticker/AAPL/range/1/minute/1709562600000/1709563199999"
            "?adjusted=false&sort=asc&limit=50000");
  EXPECT_EQ(request.bearer.reveal(), "canary-4f1d");
}

TEST(PolygonRequest, names_each_timeframe_as_the_provider_does) {
  PolygonProvider const provider{massive, Secret{}};
  for (auto const& [timeframe, span] : {std::pair{Timeframe::m1, "1/minute"},
                                        {Timeframe::m5, "5/minute"},
                                        {Timeframe::m15, "15/minute"},
                                        {Timeframe::m30, "30/minute"},
                                        {Timeframe::h1, "1/hour"},
                                        {Timeframe::h4, "4/hour"},
                                        {Timeframe::d1, "1/day"},
                                        {Timeframe::w1, "1/week"},
                                        {Timeframe::mo1, "1/month"}}) {
    auto const url = provider.request(minutes(), timeframe, "").url;

    EXPECT_NE(url.find(fmt::format("/AAPL/range/{}/1709562600000/", span)), std::string::npos) << url;
  }
}

TEST(PolygonRequest, writes_tickers_into_the_path_so_that_they_stay_in_it) {
  PolygonProvider const provider{massive, Secret{}};
  for (auto const& [ticker, written] : {std::pair{"X:BTCUSD", "X:BTCUSD"},
                                        {"BRK.B", "BRK.B"},
                                        {"KIMpL", "KIMpL"},
                                        {"A/../B?c#d e%", "A%2F..%2FB%3Fc%23d%20e%25"}}) {
    auto const url = provider.request(minutes(ticker), Timeframe::m1, "").url;

    EXPECT_NE(url.find(fmt::format("/ticker/{}/range/", written)), std::string::npos) << url;
  }
}

TEST(PolygonRequest, goes_on_where_the_cursor_says_on_the_configured_host) {
  PolygonProvider const provider{"http://127.0.0.1:8080", Secret{"canary-4f1d"}};

  auto const request =
      provider.request(minutes(), Timeframe::m1, "/v2/aggs/ticker/AAPL?cursor=abc&adjusted=false");

  EXPECT_EQ(request.url, "http://127.0.0.1:8080/v2/aggs/ticker/AAPL?cursor=abc&adjusted=false");
  EXPECT_EQ(request.bearer.reveal(), "canary-4f1d");
}

std::string with_next(std::string const& url) {
  return answer(two_bars(), fmt::format(R"(,"next_url":"{}")", url));
}

std::string const good_path = "/v2/aggs/ticker/AAPL/range/1/minute/1709562720000/1709563199999";

TEST(PolygonNextPage, is_asked_by_a_cursor_that_is_a_path_of_ours) {
  auto const [page, bars] = parse(ok(with_next(massive + good_path + "?cursor=bGltaXQ9Mg")));

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->proven_until, ms(1'709'562'720'000));
  EXPECT_EQ(page->cursor, good_path + "?cursor=bGltaXQ9Mg&adjusted=false");
}

struct NextUrl {
  std::string url;
  std::string cursor;  // empty: the page before was the last
};

TEST(PolygonNextPage, may_be_named_in_several_ways) {
  for (auto const& row : std::vector<NextUrl>{
           {"https://api.polygon.io" + good_path + "?cursor=a", good_path + "?cursor=a&adjusted=false"},
           {"http://API.Massive.com:80" + good_path + "?cursor=a", good_path + "?cursor=a&adjusted=false"},
           {massive + ":443" + good_path, good_path + "?adjusted=false"},
           {massive + good_path + "?cursor=a&adjusted=false", good_path + "?cursor=a&adjusted=false"},
           {massive + good_path + "?apiKey=canary&cursor=a", good_path + "?cursor=a&adjusted=false"},
           {massive + good_path + "?cursor=a&APIKEY=canary", good_path + "?cursor=a&adjusted=false"},
           {massive + good_path + "?cursor=a&api%4bey=canary", good_path + "?cursor=a&adjusted=false"},
           {massive + "/v2/aggs/ticker/AAPL/range/1/minute/1709562720000/2024-03-04?cursor=a",
            "/v2/aggs/ticker/AAPL/range/1/minute/1709562720000/2024-03-04?cursor=a&adjusted=false"},
           {massive + "/v2/aggs/ticker/AAPL/range/1/minute/1709563200000/2024-03-04?cursor=a",
            ""},  // past the window
           {massive + "/v2/aggs/ticker/AAPL/range/1/minute/2024-03-05/2024-03-05?cursor=a", ""},
       }) {
    auto const [page, bars] = parse(ok(with_next(row.url)));

    ASSERT_TRUE(page) << row.url << " " << page.error().what;
    EXPECT_EQ(page->cursor, row.cursor) << row.url;
    EXPECT_EQ(page->proven_until,
              row.cursor.empty() ? ms(first_minute + 10 * minute) : ms(1'709'562'720'000));
  }
}

TEST(PolygonNextPage, null_is_none) {
  auto const [page, bars] = parse(ok(answer(two_bars(), R"(,"next_url":null)")));

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->cursor, "");
}

TEST(PolygonNextPage, that_leads_elsewhere_is_malformed) {
  std::string const start = massive + "/v2/aggs/ticker/";
  std::string const times = "/1709562720000/1709563199999?cursor=a";
  struct Bad {
    std::string url;
    char const* reason;
  };
  for (auto const& [url, reason] : std::vector<Bad>{
           {"https://evil.example" + good_path, "names another host"},
           {"https://api.massive.com.evil.example" + good_path, "names another host"},
           {"https://api.massive.com:8443" + good_path, "names another host"},
           {"https://api.massive.com@evil.example" + good_path, "not an absolute"},
           {"https://evil.example\\\\@api.massive.com" + good_path, "not an absolute"},
           {"http://169.254.169.254" + good_path, "names another host"},
           {"file://" + good_path, "not an absolute"},
           {"//api.massive.com" + good_path, "not an absolute"},
           {good_path, "not an absolute"},
           {"", "not an absolute"},
           {massive, "not an absolute"},
           {massive + good_path + "#part", "not an absolute"},
           {massive + good_path + "?a=\\r\\nHost: evil", "not an absolute"},
           {massive + good_path + "?a=" + std::string(5000, 'a'), "not an absolute"},
           {start + "MSFT/range/1/minute" + times, "another ticker, timeframe or endpoint"},
           {start + "aapl/range/1/minute" + times, "another ticker, timeframe or endpoint"},
           {start + "AAPL/range/5/minute" + times, "another ticker, timeframe or endpoint"},
           {start + "AAPL/range/1/hour" + times, "another ticker, timeframe or endpoint"},
           {massive + "/v3/trades/AAPL?cursor=a", "another ticker, timeframe or endpoint"},
           {start + "AAPL/range/1/minute/../../1/2", "does not end with two times"},
           {start + "AAPL/range/1/minute/1709562720000", "does not end with two times"},
           {start + "AAPL/range/1/minute/-1/1709563199999", "neither a date nor milliseconds"},
           {start + "AAPL/range/1/minute/17095627200000000/1709563199999", "neither a date nor milliseconds"},
           {start + "AAPL/range/1/minute/1709562720000/tomorrow", "neither a date nor milliseconds"},
           {start + "AAPL/range/1/minute/%3/1", "another ticker, timeframe or endpoint"},
           {massive + good_path + "?cursor=a&adjusted=true", "asks for prices adjusted otherwise"},
           {massive + good_path + "?adjusted&cursor=a", "asks for prices adjusted otherwise"},
       })
    expect_malformed(parse(ok(with_next(url))), reason);
}

TEST(PolygonNextPage, must_advance) {
  for (auto const from :
       {first_minute - minute, first_minute, first_minute + minute}) {  // the last is the last bar's
    auto const url =
        fmt::format("{}/v2/aggs/ticker/AAPL/range/1/minute/{}/1709563199999?cursor=a", massive, from);

    expect_malformed(parse(ok(with_next(url))), "next_url does not advance");
  }
}

TEST(PolygonNextPage, must_advance_even_when_the_page_is_empty) {
  auto const next = [](std::int64_t from) {
    return answer(
        "", fmt::format(R"(,"next_url":"{}/v2/aggs/ticker/AAPL/range/1/minute/{}/1709563199999?cursor=a")",
                        massive, from));
  };

  expect_malformed(parse(ok(next(first_minute))), "next_url does not advance");
  auto const [page, bars] = parse(ok(next(first_minute + minute)));
  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->proven_until, ms(first_minute + minute));
  EXPECT_NE(page->cursor, "");
}

TEST(PolygonNextPage, that_begins_within_a_bar_has_that_bar_whole) {
  Window const hours{.series = SeriesId{1},
                     .ticker = "AAPL",
                     .range = {.from = at("2024-03-04T14:00:00Z"), .to = at("2024-03-04T20:00:00Z")}};
  auto const from = at("2024-03-04T15:40:00Z").time_since_epoch().count();
  auto const body =
      answer(bar_at(at("2024-03-04T14:00:00Z").time_since_epoch().count()),
             fmt::format(R"(,"next_url":"{}/v2/aggs/ticker/AAPL/range/1/hour/{}/2024-03-04?cursor=a")",
                         massive, from));

  auto const [page, bars] = parse(ok(body), hours, Timeframe::h1);

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->proven_until, at("2024-03-04T15:00:00Z"));
}

TEST(PolygonNextPage, a_date_begins_at_midnight_where_the_asset_is_at_home) {
  for (auto const& [ticker, midnight] : {std::pair{"AAPL", "2024-03-05T05:00:00Z"},
                                         {"X:BTCUSD", "2024-03-05T00:00:00Z"},
                                         {"C:EURUSD", "2024-03-05T00:00:00Z"},
                                         {"I:NDX", "2024-03-05T06:00:00Z"}}) {
    Window const days{.series = SeriesId{1},
                      .ticker = ticker,
                      .range = {.from = at("2024-03-01T00:00:00Z"), .to = at("2024-03-20T00:00:00Z")}};
    auto const body =
        answer("",
               fmt::format(R"(,"next_url":"{}/v2/aggs/ticker/{}/range/1/day/2024-03-05/2024-03-19?cursor=a")",
                           massive, ticker),
               ticker);

    auto const [page, bars] = parse(ok(body), days, Timeframe::d1);

    ASSERT_TRUE(page) << page.error().what;
    EXPECT_EQ(page->proven_until, at(midnight)) << ticker;
  }
}

TEST(PolygonNextPage, a_stand_in_names_its_own_host) {
  std::string const stand_in = "http://127.0.0.1:8080";

  auto const [page, bars] = parse(ok(with_next(stand_in + good_path + "?cursor=a")), minutes(), Timeframe::m1,
                                  Prices::raw, stand_in);

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->cursor, good_path + "?cursor=a&adjusted=false");
  expect_malformed(parse(ok(with_next(massive + good_path)), minutes(), Timeframe::m1, Prices::raw, stand_in),
                   "names another host");
  expect_malformed(parse(ok(with_next("http://127.0.0.1:8081" + good_path)), minutes(), Timeframe::m1,
                         Prices::raw, stand_in),
                   "names another host");
}

}  // namespace
}  // namespace candled
