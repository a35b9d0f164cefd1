#include "provider/polygon.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

std::string const fixtures = CANDLED_SOURCE_DIR "/tests/fixtures/polygon/";
std::string const massive = "https://api.massive.com";

UtcTime at(char const* text) {
  return *parse_rfc3339(text);
}
UtcTime ms(std::int64_t count) {
  return UtcTime{Milliseconds{count}};
}

// 14:30 to 14:40 of a Monday in New York's winter.
constexpr std::int64_t first_minute = 1'709'562'600'000;  // 2024-03-04T14:30:00Z
constexpr std::int64_t minute = 60'000;

Window minutes(std::string ticker = "AAPL") {
  return {.series = SeriesId{1},
          .ticker = std::move(ticker),
          .range = {.from = ms(first_minute), .to = ms(first_minute + 10 * minute)}};
}

HttpResponse ok(std::string body) {
  return {.status = 200, .body = std::move(body), .content_type = "application/json"};
}

struct Parsed {
  Result<Page> page;
  std::vector<Bar> bars;
};

// As the daemon asks: raw prices of Massive. One bar that was there before must still be there, alone, on an
// error.
Parsed parse(HttpResponse response, Window const& rest = minutes(), Timeframe timeframe = Timeframe::m1,
             Prices prices = Prices::raw, std::string const& base_url = massive) {
  PolygonProvider provider{base_url, Secret{"canary-4f1d"}, prices};
  std::vector<Bar> bars{{.start = ms(1), .open = 1, .high = 1, .low = 1, .close = 1, .volume = 1}};
  auto page = provider.parse(rest, timeframe, response, bars);
  EXPECT_EQ(bars.at(0).start, ms(1));
  if (!page) EXPECT_EQ(bars.size(), 1U) << page.error().what;
  if (page) EXPECT_EQ(bars.size(), 1 + page->bars);
  bars.erase(bars.begin());
  return {.page = std::move(page), .bars = std::move(bars)};
}

// One bar of the window, as the provider writes it.
std::string bar_at(std::int64_t t) {
  return fmt::format(
      R"({{"v":4428,"vw":195.7709,"o":195.89,"c":195.53,"h":195.9,"l":195.52,"t":{},"n":121}})", t);
}

// An answer with these results, and with whatever else.
std::string answer(std::string const& results, std::string const& more = {},
                   std::string const& ticker = "AAPL") {
  return fmt::format(
      R"({{"ticker":"{}","queryCount":2,"resultsCount":2,"adjusted":false,"results":[{}],"status":"OK","request_id":"7fea49fbee5d3f40","count":2{}}})",
      ticker, results, more);
}

std::string two_bars() {
  return bar_at(first_minute) + "," + bar_at(first_minute + minute);
}

void expect_malformed(Parsed const& got, std::string_view reason) {
  ASSERT_FALSE(got.page) << "was taken, instead of: " << reason;
  EXPECT_EQ(to_string(got.page.error().kind), "malformed");
  EXPECT_NE(got.page.error().what.find(reason), std::string::npos) << got.page.error().what;
}

// --- requests ---

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

// --- pages ---

TEST(PolygonPage, holds_the_bars_and_speaks_for_the_whole_window) {
  auto const [page, bars] = parse(ok(answer(two_bars())));

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->bars, 2U);
  EXPECT_EQ(page->proven_until, ms(first_minute + 10 * minute));
  EXPECT_EQ(page->cursor, "");
  EXPECT_EQ(page->request_id, "7fea49fbee5d3f40");
  EXPECT_EQ(page->outside, 0U);
  EXPECT_EQ(bars[0].start, ms(1'709'562'600'000));
  EXPECT_EQ(bars[0].open, 195.89);
  EXPECT_EQ(bars[0].high, 195.9);
  EXPECT_EQ(bars[0].low, 195.52);
  EXPECT_EQ(bars[0].close, 195.53);
  EXPECT_EQ(bars[0].volume, 4428);
  EXPECT_EQ(bars[0].vwap, 195.7709);
  EXPECT_EQ(bars[0].trade_count, 121);
  EXPECT_EQ(bars[1].start, ms(1'709'562'660'000));
}

TEST(PolygonPage, does_not_depend_on_the_order_of_keys) {
  std::vector<std::string> envelope{R"("adjusted":false)", R"("status":"OK")", R"("ticker":"AAPL")",
                                    R"("unknown":{"results":[[{"t":1}]],"x":null})", "\"results\":[BARS]"};
  std::vector<std::string> fields{R"("t":1709562600000)", R"("o":195.89)", R"("h":195.9)", R"("l":195.52)",
                                  R"("c":195.53)",        R"("v":4428)",   R"("T":"AAPL")"};
  std::ranges::sort(envelope);
  do {
    std::ranges::next_permutation(fields);
    auto body = fmt::format("{{{}}}", fmt::join(envelope, ","));
    body.replace(body.find("BARS"), 4, fmt::format("{{{}}}", fmt::join(fields, ",")));

    auto const [page, bars] = parse(ok(body));

    ASSERT_TRUE(page) << page.error().what << "\n" << body;
    ASSERT_EQ(bars.size(), 1U);
    ASSERT_EQ(bars[0].close, 195.53) << body;
    ASSERT_EQ(bars[0].volume, 4428) << body;
  } while (std::ranges::next_permutation(envelope).found);
}

TEST(PolygonPage, may_be_empty_in_three_ways) {
  for (auto const* results : {R"("results":[],)", R"("results":null,)", ""}) {
    auto const [page, bars] =
        parse(ok(fmt::format(R"({{{}"ticker":"AAPL","adjusted":false,"status":"OK"}})", results)));

    ASSERT_TRUE(page) << page.error().what;
    EXPECT_EQ(page->bars, 0U);
    EXPECT_EQ(page->proven_until, ms(first_minute + 10 * minute));
    EXPECT_EQ(page->cursor, "");
  }
}

TEST(PolygonPage, keeps_the_order_in_which_bars_came) {
  auto const [page, bars] = parse(ok(answer(bar_at(first_minute + minute) + "," + bar_at(first_minute))));

  ASSERT_TRUE(page);
  EXPECT_EQ(bars[0].start, ms(first_minute + minute));
  EXPECT_EQ(bars[1].start, ms(first_minute));
}

TEST(PolygonPage, drops_and_counts_the_bar_that_forms_past_the_window) {
  auto const [page, bars] = parse(ok(answer(two_bars() + "," + bar_at(first_minute + 10 * minute) + "," +
                                            bar_at(first_minute + 10 * minute + 86'399'999))));

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->bars, 2U);
  EXPECT_EQ(page->outside, 2U);
}

TEST(PolygonPage, is_malformed_when_a_bar_lies_elsewhere) {
  std::string const elsewhere = "lies outside the range that was asked";
  expect_malformed(parse(ok(answer(bar_at(first_minute - 1)))), elsewhere);
  expect_malformed(parse(ok(answer(bar_at(first_minute + 10 * minute + 86'400'000)))), elsewhere);
  expect_malformed(parse(ok(answer(bar_at(first_minute / 1000)))), elsewhere);       // seconds
  expect_malformed(parse(ok(answer(bar_at(first_minute * 1'000'000)))), elsewhere);  // nanoseconds
  expect_malformed(parse(ok(answer(bar_at(std::numeric_limits<std::int64_t>::max())))), elsewhere);
  expect_malformed(parse(ok(answer(bar_at(std::numeric_limits<std::int64_t>::min())))), elsewhere);
}

TEST(PolygonPage, a_month_that_forms_is_dropped_up_to_a_month_past_the_window) {
  Window const january{.series = SeriesId{1},
                       .ticker = "AAPL",
                       .range = {.from = at("2024-01-01T05:00:00Z"), .to = at("2024-02-01T05:00:00Z")}};

  auto const [page, bars] =
      parse(ok(answer(bar_at(1'706'763'600'000 + 29LL * 86'400'000))), january, Timeframe::mo1);

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->outside, 1U);
}

struct Number {
  char const* text;
  double value;
};

TEST(PolygonPage, takes_volumes_as_numbers_of_any_form) {
  for (auto const& row : {Number{"4428", 4428},
                          {"7.0790813e+07", 70'790'813},
                          {"95595226.0", 95'595'226},
                          {"41120042.153782", 41'120'042.153782},
                          {"1E3", 1000},
                          {"0", 0},
                          {"-1", -1},
                          {"9223372036854775808", 9'223'372'036'854'775'808.0},
                          {"0.00000001", 0.00000001}}) {
    auto const body = fmt::format(R"({{"o":1,"h":1,"l":1,"c":1,"t":{},"v":{}}})", first_minute, row.text);

    auto const [page, bars] = parse(ok(answer(body)));

    ASSERT_TRUE(page) << row.text << " " << page.error().what;
    EXPECT_EQ(bars[0].volume, row.value) << row.text;
  }
}

TEST(PolygonPage, what_a_bar_lacks_is_said_to_be_missing) {
  auto const [page, bars] =
      parse(ok(answer(fmt::format(R"({{"o":1,"h":1,"l":1,"c":1,"t":{},"v":7}})", first_minute))));

  ASSERT_TRUE(page);
  EXPECT_TRUE(std::isnan(bars[0].vwap));
  EXPECT_EQ(bars[0].trade_count, -1);
}

TEST(PolygonPage, without_volume_an_average_of_zero_is_none) {
  auto const [page, bars] =
      parse(ok(answer(fmt::format(R"({{"o":1,"h":1,"l":1,"c":1,"t":{},"v":0,"vw":0}})", first_minute))));

  ASSERT_TRUE(page);
  EXPECT_TRUE(std::isnan(bars[0].vwap));
}

TEST(PolygonPage, a_negative_count_of_trades_does_not_pass_for_a_missing_one) {
  auto const [page, bars] =
      parse(ok(answer(fmt::format(R"({{"o":1,"h":1,"l":1,"c":1,"t":{},"v":1,"n":-1}})", first_minute))));

  ASSERT_TRUE(page);
  EXPECT_LT(bars[0].trade_count, -1);
}

TEST(PolygonPage, impossible_prices_are_for_the_check_to_find) {
  auto const [page, bars] =
      parse(ok(answer(fmt::format(R"({{"o":-1,"h":0,"l":5,"c":1e300,"t":{},"v":1}})", first_minute))));

  ASSERT_TRUE(page);
  EXPECT_EQ(bars[0].open, -1);
  EXPECT_EQ(bars[0].close, 1e300);
}

TEST(PolygonPage, an_index_needs_no_volume_and_no_adjusted) {
  auto const body = fmt::format(
      R"({{"results":[{{"c":2,"h":3,"l":1,"o":2,"t":{}}}],"status":"OK","ticker":"I:NDX"}})", first_minute);

  auto const [page, bars] = parse(ok(body), minutes("I:NDX"));

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(bars[0].volume, 0);
}

TEST(PolygonPage, a_stock_needs_both) {
  auto const no_volume = fmt::format(R"({{"c":2,"h":3,"l":1,"o":2,"t":{}}})", first_minute);

  expect_malformed(parse(ok(answer(no_volume))), "results[0]: v is missing");
  expect_malformed(parse(ok(R"({"ticker":"AAPL","status":"OK"})")), "does not say whether it is adjusted");
}

TEST(PolygonPage, must_be_of_the_ticker_that_was_asked) {
  expect_malformed(parse(ok(answer(two_bars(), "", "MSFT"))), "the answer is for ticker 'MSFT', not AAPL");
  expect_malformed(parse(ok(answer(two_bars(), "", "aapl"))), "the answer is for ticker 'aapl', not AAPL");
  expect_malformed(parse(ok(answer("", "", "MSFT"))), "the answer is for ticker 'MSFT', not AAPL");
  auto nameless = answer(two_bars());
  nameless.erase(nameless.find(R"("ticker":"AAPL",)"), 16);
  expect_malformed(parse(ok(nameless)), "the answer names no ticker");
}

TEST(PolygonPage, must_be_of_the_prices_that_were_asked) {
  auto flipped = answer(two_bars());
  flipped.replace(flipped.find("false"), 5, "true");

  expect_malformed(parse(ok(flipped)), "the answer says adjusted=true, which was not asked for");
  expect_malformed(parse(ok(answer(two_bars())), minutes(), Timeframe::m1, Prices::split_adjusted),
                   "the answer says adjusted=false, which was not asked for");
}

TEST(PolygonPage, says_what_is_wrong_and_what_to_do) {
  auto const got = parse(ok(answer(two_bars(), "", "MSFT")));

  EXPECT_EQ(got.page.error().what,
            "the answer is for ticker 'MSFT', not AAPL; if it stays so, tell the provider");
}

TEST(PolygonPage, a_request_id_that_is_none_is_left_out) {
  auto body = answer(two_bars());
  body.replace(body.find("7fea49fbee5d3f40"), 16, "\\u001b[31m");

  auto const [page, bars] = parse(ok(body));

  ASSERT_TRUE(page);
  EXPECT_EQ(page->request_id, "");
}

// --- bodies that break the contract ---

TEST(PolygonPage, no_part_of_a_page_is_a_page) {
  auto const body =
      answer(two_bars(), R"(,"next_url":"https://api.massive.com/v2/aggs/ticker/AAPL/range/1/minute/)" +
                             std::to_string(first_minute + 2 * minute) + R"(/2024-03-04?cursor=a")");
  ASSERT_TRUE(parse(ok(body)).page);
  for (std::size_t length = 0; length < body.size(); ++length) {
    auto const got = parse(ok(body.substr(0, length)));

    ASSERT_FALSE(got.page) << length;
    auto const kind = got.page.error().kind;
    ASSERT_TRUE(kind == ErrorKind::malformed || kind == ErrorKind::remote_failed) << length;
  }
}

TEST(PolygonPage, a_body_that_ends_in_the_middle_may_be_asked_for_again) {
  auto const body = answer(two_bars());

  auto const got = parse(ok(body.substr(0, body.size() / 2)));

  ASSERT_FALSE(got.page);
  EXPECT_EQ(to_string(got.page.error().kind), "remote_failed");
}

TEST(PolygonPage, one_bad_bar_spoils_the_page) {
  std::string const rest = fmt::format(R"("h":1,"l":1,"c":1,"t":{},"v":1)", first_minute + minute);
  for (auto const* open : {R"("o":NaN)",
                           R"("o":Infinity)",
                           R"("o":-Infinity)",
                           R"("o":1e400)",
                           R"("o":"1")",
                           R"("o":null)",
                           R"("o":true)",
                           R"("o":[1])",
                           R"("o":{"a":1})",
                           R"("o":)",
                           R"("o":1.)",
                           R"("o":.5)",
                           R"("o":0x1)",
                           R"("o":01)",
                           R"("o":1 2)",
                           R"("o":1,"o":1)",
                           R"("o":1,"n":2147483648)",
                           R"("o":1,"n":"1")",
                           R"("o":1,"n":1.5)",
                           R"("o":1,"vw":"x")",
                           R"("O":1)",
                           R"("\u006f":1)",
                           "\"o\":1,\"x\":\"\xff\xfe\"",
                           "\"o\":1,\"x\":\"\xc3\""}) {
    auto const body = answer(fmt::format("{},{{{},{}}}", bar_at(first_minute), open, rest));
    auto const got = parse(ok(body));

    ASSERT_FALSE(got.page) << open;
    EXPECT_EQ(to_string(got.page.error().kind), "malformed") << open;
  }
}

TEST(PolygonPage, a_time_is_a_whole_number_of_milliseconds) {
  for (auto const* t : {"1709562600000.0", "1.7095626e12", "\"1709562600000\"", "null", "9223372036854775808",
                        "99999999999999999999999999", "2024-03-04"}) {
    auto const got = parse(ok(answer(fmt::format(R"({{"o":1,"h":1,"l":1,"c":1,"v":1,"t":{}}})", t))));

    ASSERT_FALSE(got.page) << t;
    EXPECT_EQ(to_string(got.page.error().kind), "malformed") << t;
  }
}

TEST(PolygonPage, what_is_no_such_answer_is_malformed) {
  std::string const deep(100'000, '[');
  std::string const nul{R"({"ticker":"AAPL","adjusted":false,"status":"OK","x":")" + std::string(1, '\0') +
                        "\"}"};
  for (auto const& body : std::vector<std::string>{
           "[]",
           "null",
           "1",
           "\"text\"",
           " ",
           "{}",
           "{\"results\":[]}",
           "{\"results\":[1]}",
           "{\"results\":[[]]}",
           nul,
           R"({"status":"OK","adjusted":false,"ticker":"AAPL","results":{}})",
           R"({"status":"OK","adjusted":false,"ticker":"AAPL","results":"none"})",
           R"({"status":"OK","adjusted":"false","ticker":"AAPL"})",
           R"({"status":1,"adjusted":false,"ticker":"AAPL"})",
           R"({"status":"OK","adjusted":false,"ticker":1})",
           R"({"status":"OK","adjusted":false,"ticker":"AAPL","ticker":"AAPL"})",
           R"({"status":"OK","adjusted":false,"ticker":"AAPL","results":[],"results":[]})",
           R"({"status":"OK","adjusted":false,"ticker":"AAPL"}{})",
           R"({"status":"OK","adjusted":false,"ticker":"AAPL"} x {})",
           R"({"status":"OK","adjusted":false "ticker":"AAPL"})",
           R"({'status':'OK'})",
           "{\"x\":" + deep + "}",
           "{\"results\":" + deep + "}",
           "t,o,h,l,c,v\n1,2,3,4,5,6\n",
           "\xef\xbb\xbf{}",
           "{\"status\":\"OK\",\"adjusted\":false,\"ticker\":\"AAPL\",\"x\":\"\xff\"}"}) {
    auto const got = parse(ok(body));

    ASSERT_FALSE(got.page) << body.substr(0, 100);
    EXPECT_EQ(to_string(got.page.error().kind), "malformed") << body.substr(0, 100);
    EXPECT_LT(got.page.error().what.size(), 400U);
  }
}

// --- the next page ---

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

// --- recorded answers ---

struct Recorded {
  char const* file;
  char const* ticker;
  Timeframe timeframe;
  std::size_t bars;
  Bar first;
  Bar last;
  char const* request_id;
};

void PrintTo(Recorded const& row, std::ostream* out) {
  *out << row.file;
}

constexpr double none = std::numeric_limits<double>::quiet_NaN();

// t, o, h, l, c, v, vw, n
Bar bar(std::int64_t t, double o, double h, double l, double c, double v, double vw = none,
        std::int32_t n = -1) {
  return {
      .start = ms(t), .open = o, .high = h, .low = l, .close = c, .volume = v, .vwap = vw, .trade_count = n};
}

void expect_same(Bar const& got, Bar const& expected) {
  EXPECT_EQ(got.start, expected.start);
  EXPECT_EQ(got.open, expected.open);
  EXPECT_EQ(got.high, expected.high);
  EXPECT_EQ(got.low, expected.low);
  EXPECT_EQ(got.close, expected.close);
  EXPECT_EQ(got.volume, expected.volume);
  if (std::isnan(expected.vwap)) EXPECT_TRUE(std::isnan(got.vwap));
  if (!std::isnan(expected.vwap)) EXPECT_EQ(got.vwap, expected.vwap);
  EXPECT_EQ(got.trade_count, expected.trade_count);
}

Window wide(std::string ticker) {
  return {.series = SeriesId{1},
          .ticker = std::move(ticker),
          .range = {.from = at("2000-01-01T00:00:00Z"), .to = at("2030-01-01T00:00:00Z")}};
}

Parsed parse_recorded(std::string const& file, std::string const& ticker, Timeframe timeframe) {
  return parse(ok(test::read_file(fixtures + file)), wide(ticker), timeframe, Prices::split_adjusted);
}

std::vector<Recorded> recorded_answers() {
  return {
      {"recorded/stocks_AAPL_1day_2023-01-01_2023-01-10.json", "AAPL", Timeframe::d1, 6,
       bar(1672722000000, 130.28, 130.9, 124.17, 125.07, 112117471, 125.725, 1021065),
       bar(1673326800000, 130.26, 131.2636, 128.12, 130.73, 63896155, 129.822, 554940),
       "7b7ea352e9d8d54ea2e3d3e21ff097c7"},
      {"recorded/crypto_BTCUSD_1day_2023-01-01_2023-01-10.json", "X:BTCUSD", Timeframe::d1, 10,
       bar(1672531200000, 16532, 16644, 16490, 16611.58, 12300.315533316923, 16549.5494, 292354),
       bar(1673308800000, 17177.94, 17506, 17145.1, 17443.46, 28242.029977765436, 17313.5673, 567001),
       "da0605fbff27a0878f2b20f5e8ec58bb"},
      {"recorded/stocks_AAPL_1day_2023-01-09_24bars_scientific_v.json", "AAPL", Timeframe::d1, 24,
       bar(1673240400000, 130.465, 133.41, 129.89, 130.15, 70790813, 131.6292, 645365),
       bar(1676005200000, 149.46, 151.3401, 149.22, 151.01, 57388108, 150.4054, 443405),
       "113af1a18af9155b6d9a14c78fe5eb42"},
      {"recorded/stocks_AAPL_1hour_2024-04-29_DELAYED.json", "AAPL", Timeframe::h1, 16,
       bar(1714377600000, 170.49, 172.22, 170.49, 172.13, 122052, 171.7015, 2549),
       bar(1714431600000, 173.57, 173.77, 173.52, 173.52, 28117, 173.6269, 762),
       "6baf112ddad83e33b5a6f0a3ad2cc640"},
      {"recorded/stocks_AAPL_1minute_2023-07-31_limit10_next_url.json", "AAPL", Timeframe::m1, 10,
       bar(1690790400000, 195.89, 195.9, 195.53, 195.53, 4428, 195.7709, 121),
       bar(1690791420000, 195.61, 195.61, 195.61, 195.61, 166, 195.61, 2),
       "7fea49fbee5d3f40e6a66076f1f4be4e"},
      {"recorded/stocks_AAPL_1minute_2025-02-25_3bars_trimmed.json", "AAPL", Timeframe::m1, 3,
       bar(1740474000000, 247.76, 247.76, 246.81, 246.81, 2628, 247.117, 89),
       bar(1740474120000, 247, 247, 247, 247, 952, 247.0297, 80), "e262aa5f0ad32808f97aa5b8d89dd9b7"},
      {"recorded/stocks_NVDA_1day_2024-10-14_DELAYED.json", "NVDA", Timeframe::d1, 1,
       bar(1728878400000, 136.47, 139.6, 136.3, 138.07, 224602526, 138.3656, 1590531),
       bar(1728878400000, 136.47, 139.6, 136.3, 138.07, 224602526, 138.3656, 1590531),
       "02e6f747fd361a9178f09169e300452d"},
      {"recorded/stocks_AAPL_1day_2024-03_10bars_DELAYED_excerpt.json", "AAPL", Timeframe::d1, 10,
       bar(1709787600000, 169.15, 170.73, 168.49, 169, 71763761, 169.3619, 825405),
       bar(1710907200000, 175.72, 178.67, 175.09, 178.67, 53423102, 177.2239, 641653),
       "d8fe9246c8468da9d217206f2cf8cdfd"},
      {"recorded/options_SPY250314C00560000_1day_6bars_DST_trimmed.json", "O:SPY250314C00560000",
       Timeframe::d1, 6, bar(1738558800000, 40.08, 40.08, 40.08, 40.08, 25, 40.08, 1),
       bar(1741924800000, 0.99, 3.93, 0.72, 1.7, 259249, 1.7871, 42827), "5ed4150a95e896d5760d30e61f63dbb4"},
      {"recorded/stocks_AAPL_1day_2026-04-17_fractional_volume_excerpt.json", "AAPL", Timeframe::d1, 1,
       bar(1776398400000, 266.96, 272.3, 266.72, 270.23, 61436228.189065, 269.8735, 723488),
       bar(1776398400000, 266.96, 272.3, 266.72, 270.23, 61436228.189065, 269.8735, 723488),
       "0000000000000000000000000000excerpt"},
      {"recorded/stocks_AAPL_prev_2026-04-23_scientific.json", "AAPL", Timeframe::d1, 1,
       bar(1776974400000, 275.045, 275.77, 271.65, 273.43, 33399639, 273.5556, 551288),
       bar(1776974400000, 275.045, 275.77, 271.65, 273.43, 33399639, 273.5556, 551288),
       "62a9c9ae4f27d0c5ab6547960f000000"},
      {"openapi-examples/v2__aggs__ticker__stocksTicker__range__multiplier__timespan__from__to.json", "AAPL",
       Timeframe::d1, 2, bar(1577941200000, 74.06, 75.15, 73.7975, 75.0875, 135647456, 74.6099, 1),
       bar(1578027600000, 74.2875, 75.145, 74.125, 74.3575, 146535512, 74.7026, 1),
       "6a7e466379af0a71039d60cc78e72282"},
      {"openapi-examples/v2__aggs__ticker__cryptoTicker__range__multiplier__timespan__from__to.json",
       "X:BTCUSD", Timeframe::d1, 2,
       bar(1590984000000, 9557.9, 10429.26, 9490, 10094.75, 303067.6562332156, 9874.5529, 1),
       bar(1591070400000, 10096.87, 10222.72, 9135.68, 9492.62, 323339.6922892879, 9729.5701, 1),
       "0cf72b6da685bcd386548ffe2895904a"},
      {"openapi-examples/v2__aggs__ticker__forexTicker__range__multiplier__timespan__from__to.json",
       "C:EURUSD", Timeframe::d1, 1,
       bar(1626912000000, 1.17921, 1.18305, 1.1756, 1.17721, 125329, 1.1789, 125329),
       bar(1626912000000, 1.17921, 1.18305, 1.1756, 1.17721, 125329, 1.1789, 125329),
       "79c061995d8b627b736170bc9653f15d"},
      {"openapi-examples/v2__aggs__ticker__indicesTicker__range__multiplier__timespan__from__to.json",
       "I:NDX", Timeframe::d1, 2,
       bar(1678341600000, 12230.83658266843, 12340.44936267155, 11970.34221717375, 11995.88235998666, 0),
       bar(1678428000000, 12001.69552583921, 12069.62262033557, 11789.85923449393, 11830.28178808306, 0),
       "0cf72b6da685bcd386548ffe2895904a"},
      {"openapi-examples/v2__aggs__ticker__optionsTicker__range__multiplier__timespan__from__to.json",
       "O:RDFN211119C00025000", Timeframe::d1, 2, bar(1632369600000, 26.2, 26.2, 26.2, 26.2, 2, 26.2, 1),
       bar(1632456000000, 28.3, 28.3, 28.3, 28.3, 2, 28.3, 1), "5585acde-5085-42d6-95b2-2e388a28370a"},
      {"openapi-examples/v2__aggs__ticker__stocksTicker__prev.json", "AAPL", Timeframe::d1, 1,
       bar(1605042000000, 115.55, 117.59, 114.13, 115.97, 131704427, 116.3058),
       bar(1605042000000, 115.55, 117.59, 114.13, 115.97, 131704427, 116.3058),
       "6a7e466379af0a71039d60cc78e72282"},
      {"openapi-examples/v2__aggs__ticker__cryptoTicker__prev.json", "X:BTCUSD", Timeframe::d1, 1,
       bar(1605416400000, 15937.1, 16180, 15639.2, 16035.9, 95045.16897951, 15954.2111),
       bar(1605416400000, 15937.1, 16180, 15639.2, 16035.9, 95045.16897951, 15954.2111),
       "b2170df985474b6d21a6eeccfb6bee67"},
      {"openapi-examples/v2__aggs__ticker__forexTicker__prev.json", "C:EURUSD", Timeframe::d1, 1,
       bar(1651708799999, 1.05252, 1.0631, 1.0505, 1.06206, 180300, 1.055, 180300),
       bar(1651708799999, 1.05252, 1.0631, 1.0505, 1.06206, 180300, 1.055, 180300),
       "08ec061fb85115678d68452c0a609cb7"},
      {"openapi-examples/v2__aggs__ticker__indicesTicker__prev.json", "I:NDX", Timeframe::d1, 1,
       bar(1687291200000, 15036.48391066877, 15127.4195807999, 14946.7243781848, 15070.14948566977, 0),
       bar(1687291200000, 15036.48391066877, 15127.4195807999, 14946.7243781848, 15070.14948566977, 0),
       "b2170df985474b6d21a6eeccfb6bee67"},
      {"openapi-examples/v2__aggs__ticker__optionsTicker__prev.json", "O:TSLA210903C00700000", Timeframe::d1,
       1, bar(1605042000000, 115.55, 117.59, 114.13, 115.97, 131704427, 116.3058, 2),
       bar(1605042000000, 115.55, 117.59, 114.13, 115.97, 131704427, 116.3058, 2),
       "6a7e466379af0a71039d60cc78e72282"},
      {"client-python-mocks/v2__aggs__ticker__AAPL__prev.json", "AAPL", Timeframe::d1, 1,
       bar(1651003200000, 162.25, 162.34, 156.72, 156.8, 95595226, 158.6074, 899965),
       bar(1651003200000, 162.25, 162.34, 156.72, 156.8, 95595226, 158.6074, 899965),
       "5e5378d5ecaf3df794bb52e45d015d2e"},
      {"client-python-mocks/v2__aggs__ticker__AAPL__range__1__day__2005-04-01__2005-04-04.json", "AAPL",
       Timeframe::d1, 2, bar(1112331600000, 1.5032, 1.5064, 1.4489, 1.4604, 642646396, 1.469, 82132),
       bar(1112587200000, 1.4639, 1.4754, 1.4343, 1.4675, 578172308, 1.4589, 65543),
       "12afda77aab3b1936c5fb6ef4241ae42"},
      {"client-python-mocks/v2__aggs__ticker__AAPL__range__1__day__2005-04-02__2005-04-04.json", "AAPL",
       Timeframe::d1, 2, bar(1112331600000, 1.5032, 1.5064, 1.4489, 1.4604, 642646396, 1.469, 82132),
       bar(1112587200000, 1.4639, 1.4754, 1.4343, 1.4675, 578172308, 1.4589, 65543),
       "12afda77aab3b1936c5fb6ef4241ae42"},
  };
}

class EachRecordedAnswer : public testing::TestWithParam<Recorded> {};

TEST_P(EachRecordedAnswer, gives_its_bars) {
  auto const& row = GetParam();

  auto const [page, bars] = parse_recorded(row.file, row.ticker, row.timeframe);

  ASSERT_TRUE(page) << page.error().what;
  ASSERT_EQ(bars.size(), row.bars);
  expect_same(bars.front(), row.first);
  expect_same(bars.back(), row.last);
  EXPECT_EQ(page->request_id, row.request_id);
  EXPECT_EQ(page->outside, 0U);
}

INSTANTIATE_TEST_SUITE_P(Polygon, EachRecordedAnswer, testing::ValuesIn(recorded_answers()));

TEST(PolygonRecorded, minutes_go_on_a_minute_after_the_last_one_that_was_read) {
  auto const [page, bars] =
      parse_recorded("recorded/stocks_AAPL_1minute_2023-07-31_limit10_next_url.json", "AAPL", Timeframe::m1);

  ASSERT_TRUE(page);
  EXPECT_EQ(page->proven_until, ms(1'690'791'480'000));
  EXPECT_EQ(page->cursor,
            "/v2/aggs/ticker/AAPL/range/1/minute/1690791480000/"
            "2023-07-31?cursor=bGltaXQ9MTAmc29ydD1hc2M&adjusted=true");
}

TEST(PolygonRecorded, days_go_on_a_day_later_even_on_a_saturday) {
  auto const [page, bars] = parse_recorded(
      "openapi-examples/v2__aggs__ticker__stocksTicker__range__multiplier__timespan__from__to.json", "AAPL",
      Timeframe::d1);

  ASSERT_TRUE(page);
  EXPECT_EQ(page->proven_until, at("2020-01-04T05:00:00Z"));
  EXPECT_EQ(page->cursor,
            "/v2/aggs/ticker/AAPL/range/1/day/1578114000000/"
            "2020-01-10?cursor=bGltaXQ9MiZzb3J0PWFzYw&adjusted=true");
}

struct RecordedRefusal {
  char const* file;
  int status;
  char const* kind;
  char const* what;
};

TEST(PolygonRecorded, refusals_mean_what_they_say_and_end_with_a_remedy) {
  for (auto const& row : {
           RecordedRefusal{
               "400_from_parse.json", 400, "remote_refused",
               "the request was refused: answered 400 ('Could not parse the time parameter: 'from'. Use "
               "YYYY-MM-DD or Unix MS Timestamps'); check the ticker's spelling and the provider's base_url"},
           {"400_to_parse.json", 400, "remote_refused",
            "the request was refused: answered 400 ('Could not parse the time parameter: 'to'. Use "
            "YYYY-MM-DD or Unix MS "
            "Timestamps'); check the ticker's spelling and the provider's base_url"},
           {"400_to_before_from.json", 400, "remote_refused",
            "the request was refused: answered 400 ('The parameter 'to' cannot be a time that occurs before "
            "'from''); "
            "check the ticker's spelling and the provider's base_url"},
           {"401_no_key.json", 401, "key_refused",
            "the key was refused: answered 401 ('API Key was not provided'); check the provider's api_key"},
           {"401_unknown_key.json", 401, "key_refused",
            "the key was refused: answered 401 ('Unknown API Key'); check the provider's api_key"},
           {"403_not_entitled.json", 403, "remote_refused",
            "the plan does not cover this symbol and timeframe: answered 403 ('You are not entitled to this "
            "data. Please "
            "upgrade your plan at https://massive.com/pricing'); take the symbol out of the job, or upgrade "
            "the plan"},
           {"403_timeframe.json", 403, "remote_refused",
            "the plan does not reach back this far: answered 403 ('Your plan doesn't include this data "
            "timeframe. Please "
            "upgrade your plan at https://polygon.io/pricing'); let the job's history begin later, or "
            "upgrade the plan"},
           {"403_today_before_eod.json", 403, "remote_refused",
            "the plan gives a day's data only after its end: answered 403 ('Attempted to request today's "
            "data before end "
            "of day. Please upgrade your plan at https://polygon.io/pricing'); let the job's schedule ask "
            "later, or "
            "upgrade the plan"},
           {"404_not_found.json", 404, "remote_refused",
            "the request was refused: answered 404 ('Ticker not found.'); check the ticker's spelling and "
            "the provider's "
            "base_url"},
           {"429_rate_limited.json", 429, "rate_limited",
            "too many requests: answered 429 ('You've exceeded the maximum requests per minute, please wait "
            "or upgrade "
            "your subscription to continue. https://polygon.io/pricing'); lower the provider's rate_limit to "
            "its plan"},
           {"504_gateway_timeout.html", 504, "remote_failed",
            "the provider failed: answered 504; asking again may help"},
           {"504_gateway_timeout.html", 200, "remote_failed",
            "answered 200 with HTML instead of JSON; if it stays so, check the provider's base_url"},
           {"200_status_NOT_AUTHORIZED_body.json", 200, "remote_refused",
            "the plan does not cover this symbol and timeframe: answered 200 with status NOT_AUTHORIZED "
            "('You are not "
            "entitled to this data. Please upgrade...'); take the symbol out of the job, or upgrade the "
            "plan"},
       }) {
    auto const body = test::read_file(fixtures + "errors/" + row.file);

    auto const got = parse({.status = row.status, .body = body, .content_type = "application/json"});

    ASSERT_FALSE(got.page) << row.file;
    EXPECT_EQ(to_string(got.page.error().kind), row.kind) << row.file;
    EXPECT_EQ(got.page.error().what, row.what);
  }
}

TEST(PolygonRecorded, empty_answers_are_answers) {
  for (auto const& [file, ticker] : {std::pair{"200_empty_no_results_key.json", "AAPL"},
                                     {"200_empty_results_null_legacy.json", "AAPL"},
                                     {"200_empty_with_count0.json", "DELL"}}) {
    auto const [page, bars] = parse_recorded(std::string{"errors/"} + file, ticker, Timeframe::d1);

    ASSERT_TRUE(page) << file << " " << page.error().what;
    EXPECT_EQ(page->bars, 0U);
    EXPECT_EQ(page->proven_until, at("2030-01-01T00:00:00Z"));
  }
}

TEST(PolygonRecorded, answers_of_other_endpoints_are_malformed) {
  std::set<std::string> ours;
  for (auto const& row : recorded_answers()) ours.insert(row.file);
  int others = 0;
  for (auto const* folder : {"recorded/", "openapi-examples/", "client-python-mocks/"})
    for (auto const& entry : std::filesystem::directory_iterator{fixtures + folder}) {
      auto const file = folder + entry.path().filename().string();
      if (ours.contains(file)) continue;
      ++others;

      expect_malformed(parse_recorded(file, "AAPL", Timeframe::d1), "");
    }
  EXPECT_EQ(others, 41);
}

// --- refusals ---

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
