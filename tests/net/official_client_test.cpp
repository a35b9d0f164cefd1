// The judge that we did not write: the provider's official JavaScript client reads from the exchange, and
// gets what its market holds. Needs node and npm (tools/install-deps); the client comes by
// tools/node-modules.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

#include "exchange/aggregates.hpp"
#include "exchange/synthetic_market.hpp"
#include "net/exchange_client.hpp"
#include "support/process.hpp"

namespace candled {
namespace {

using namespace test;

std::string const client_folder = CANDLED_SOURCE_DIR "/tests/net/official_client";

class OfficialClient : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto const installed = run({CANDLED_SOURCE_DIR "/tools/node-modules", client_folder});
    ASSERT_EQ(installed.exit_code, 0) << installed.errors;
  }

  // What the client was given for each of `asks` (a JSON array, see judge.mjs).
  simdjson::dom::array judge(std::string const& key, std::string const& asks) {
    auto const finished = run({"node", client_folder + "/judge.mjs", exchange_.url(), key, asks});
    EXPECT_EQ(finished.exit_code, 0) << finished.errors
                                     << " (exit 127: node is missing; tools/install-deps installs it)";
    return parser_.parse(finished.exit_code == 0 ? finished.output : "[]").get_array().value();
  }

  RunningExchange exchange_{{"--synthetic", "5"}};
  SyntheticMarket const market_{5, Date{std::chrono::year{2020} / 1 / 1}};
  simdjson::dom::parser parser_;
};

std::vector<Bar> bars_in(simdjson::dom::element answer) {
  std::vector<Bar> bars;
  for (auto const row : answer["results"].get_array().value()) {
    auto const number = [&](std::string_view key) { return row[key].get_double().value(); };
    bars.push_back({.start = UtcTime{Milliseconds{row["t"].get_int64().value()}},
                    .open = number("o"),
                    .high = number("h"),
                    .low = number("l"),
                    .close = number("c"),
                    .volume = number("v"),
                    .vwap = number("vw"),
                    .trade_count = static_cast<std::int32_t>(row["n"].get_int64().value())});
  }
  return bars;
}

// The market's own base bars of New York's days `from` to `to`, both included.
std::vector<Bar> held(SyntheticMarket const& market, std::string_view ticker, Base base,
                      std::string_view from, std::string_view to) {
  auto const zone = Zone::new_york();
  TimeRange const range{.from = zone.at(parse_date(from).value(), Milliseconds{0}),
                        .to = zone.at(next_day(parse_date(to).value()), Milliseconds{0})};
  auto const now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  return market.bars({ticker, base, range, Sort::ascending, 1'000'000, now});
}

void expect_same(std::vector<Bar> const& got, std::vector<Bar> const& expected) {
  ASSERT_EQ(got.size(), expected.size());
  ASSERT_FALSE(got.empty());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].start, expected[i].start) << i;
    EXPECT_EQ(got[i].open, expected[i].open) << i;
    EXPECT_EQ(got[i].high, expected[i].high) << i;
    EXPECT_EQ(got[i].low, expected[i].low) << i;
    EXPECT_EQ(got[i].close, expected[i].close) << i;
    EXPECT_EQ(got[i].volume, expected[i].volume) << i;
    EXPECT_EQ(got[i].vwap, expected[i].vwap) << i;
    EXPECT_EQ(got[i].trade_count, expected[i].trade_count) << i;
  }
}

TEST_F(OfficialClient, reads_the_bars_that_the_market_holds) {
  auto const answers = judge("demo", R"([
      {"ticker": "AAPL", "multiplier": 1, "timespan": "minute", "from": "2024-03-08", "to": "2024-03-11", "limit": 50000},
      {"ticker": "BRK.B", "multiplier": 1, "timespan": "day", "from": "2024-01-01", "to": "2024-06-30", "limit": 50000}])");

  ASSERT_EQ(answers.size(), 2U);
  expect_same(bars_in(answers.at(0)), held(market_, "AAPL", Base::minute, "2024-03-08", "2024-03-11"));
  expect_same(bars_in(answers.at(1)), held(market_, "BRK.B", Base::day, "2024-01-01", "2024-06-30"));
  EXPECT_EQ(answers.at(0)["ticker"].get_string().value(), "AAPL");
  EXPECT_FALSE(answers.at(0)["adjusted"].get_bool().value());
}

TEST_F(OfficialClient, reads_hours_that_are_made_of_the_markets_minutes) {
  auto const answers = judge("demo", R"([
      {"ticker": "AAPL", "multiplier": 1, "timespan": "hour", "from": "2024-05-01", "to": "2024-05-01", "limit": 50000}])");

  ASSERT_EQ(answers.size(), 1U);
  std::vector<Bar> hours;
  auto const minutes = held(market_, "AAPL", Base::minute, "2024-05-01", "2024-05-01");
  for (auto const start : {8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}) {
    std::vector<Bar> hour;
    auto const from =
        UtcTime{std::chrono::sys_days{std::chrono::year{2024} / 5 / 1}} + std::chrono::hours{start};
    std::ranges::copy_if(minutes, std::back_inserter(hour), [&](Bar const& bar) {
      return bar.start >= from && bar.start < from + std::chrono::hours{1};
    });
    hours.push_back(merged(hour));
    hours.back().start = from;
  }
  expect_same(bars_in(answers.at(0)), hours);
}

TEST_F(OfficialClient, follows_next_url_over_many_pages) {
  auto const answers = judge("demo", R"([
      {"ticker": "MSFT", "multiplier": 1, "timespan": "minute", "from": "2024-05-01", "to": "2024-05-02", "limit": 300}])");

  ASSERT_EQ(answers.size(), 1U);
  auto bars = bars_in(answers.at(0));
  EXPECT_EQ(answers.at(0)["count"].get_uint64().value(), bars.size());
  // The client puts the next page before this one: 300 bars of the first page stand last.
  ASSERT_GT(bars.size(), 900U);
  EXPECT_GT(bars[0].start, bars[bars.size() - 300].start);
  std::ranges::sort(bars, {}, &Bar::start);
  expect_same(bars, held(market_, "MSFT", Base::minute, "2024-05-01", "2024-05-02"));
}

TEST_F(OfficialClient, gets_no_results_for_a_ticker_that_does_not_trade) {
  auto const answers = judge("demo", R"([
      {"ticker": "ZZZZ", "multiplier": 1, "timespan": "day", "from": "2024-05-01", "to": "2024-05-02", "limit": 300}])");

  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers.at(0)["resultsCount"].get_int64().value(), 0);
  EXPECT_EQ(answers.at(0)["results"].error(), simdjson::NO_SUCH_FIELD);
}

TEST_F(OfficialClient, gets_401_for_a_wrong_key_and_400_for_a_wrong_date) {
  auto const wrong_key = judge("wrong", R"([
      {"ticker": "AAPL", "multiplier": 1, "timespan": "day", "from": "2024-05-01", "to": "2024-05-02", "limit": 300}])");
  ASSERT_EQ(wrong_key.size(), 1U);
  EXPECT_EQ(wrong_key.at(0)["failed"]["status"].get_int64().value(), 401);
  EXPECT_EQ(wrong_key.at(0)["failed"]["data"]["error"].get_string().value(), "Unknown API Key");

  auto const wrong_date = judge("demo", R"([
      {"ticker": "AAPL", "multiplier": 1, "timespan": "day", "from": "2024-05-02", "to": "2024-05-01", "limit": 300}])");
  ASSERT_EQ(wrong_date.size(), 1U);
  EXPECT_EQ(wrong_date.at(0)["failed"]["status"].get_int64().value(), 400);
}

}  // namespace
}  // namespace candled
