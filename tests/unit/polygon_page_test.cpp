#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "unit/polygon_answers.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::at;
using test::bar_at;
using test::expect_malformed;
using test::first_minute;
using test::minute;
using test::minutes;
using test::ms;
using test::ok;
using test::parse;
using test::two_bars;

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

  auto const [page, bars] = parse(ok(answer(no_volume)));
  ASSERT_TRUE(page) << page.error().what;
  EXPECT_TRUE(bars.empty());
  ASSERT_EQ(page->unreadable.size(), 1U);
  EXPECT_EQ(page->unreadable[0].problem, "v is missing");
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

TEST(PolygonPage, what_is_no_json_spoils_the_page) {
  std::string const rest = fmt::format(R"("h":1,"l":1,"c":1,"t":{},"v":1)", first_minute + minute);
  for (auto const* open : {R"("o":)", R"("o":1 2)", R"("o")", R"("o":1,,"x":1)", R"("o":])",
                           "\"o\":1,\"x\":\"\xff\xfe\"", "\"o\":1,\"x\":\"\xc3\""}) {
    auto const body = answer(fmt::format("{},{{{},{}}}", bar_at(first_minute), open, rest));
    auto const got = parse(ok(body));

    ASSERT_FALSE(got.page) << open;
    EXPECT_EQ(to_string(got.page.error().kind), "malformed") << open;
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

}  // namespace
}  // namespace candled
