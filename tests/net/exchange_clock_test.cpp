// Time that runs faster, in the real program. Nothing here waits: whatever the machine does, what is compared
// was read in order.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <chrono>
#include <string>

#include "core/time.hpp"
#include "net/exchange_client.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace test;
using namespace std::chrono_literals;

std::string const minutes = "/v2/aggs/ticker/X:BTCUSD/range/1/minute/2024-05-01/2024-05-02?limit=50000";

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

// What /exchange/report says that it is.
UtcTime market_now(RunningExchange const& exchange) {
  simdjson::dom::parser parser;
  auto const body = get(exchange, "/exchange/report").body;
  return at(parser.parse(body).value()["now"].get_string().value());
}

UtcTime last_bar(RunningExchange const& exchange) {
  simdjson::dom::parser parser;
  auto const body = get(exchange, minutes).body;
  auto const bars = parser.parse(body).value()["results"].get_array().value();
  return UtcTime{Milliseconds{bars.at(bars.size() - 1)["t"].get_int64().value()}};
}

std::string real_seconds(std::chrono::system_clock::time_point time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

TEST(ExchangeClock, stands_where_it_is_set) {
  RunningExchange const exchange{{"--synthetic", "1", "--now", "2024-05-01T12:00:00Z"}};

  EXPECT_EQ(market_now(exchange), at("2024-05-01T12:00:00Z"));
  EXPECT_EQ(market_now(exchange), at("2024-05-01T12:00:00Z"));
}

TEST(ExchangeClock, runs_on_from_now_at_its_speed) {
  auto const before = std::chrono::steady_clock::now();
  RunningExchange const exchange{{"--synthetic", "1", "--now", "2024-05-01T12:00:00Z", "--speed", "500"}};

  auto const first = market_now(exchange);
  auto const bar = last_bar(exchange);
  auto const second = market_now(exchange);

  auto const at_most = 500 * (std::chrono::steady_clock::now() - before);
  EXPECT_GE(first, at("2024-05-01T12:00:00Z"));
  EXPECT_GT(second, first);
  EXPECT_LE(second, at("2024-05-01T12:00:00Z") + at_most + 5s);  // it began within a millisecond
  EXPECT_LE(bar, second);
  EXPECT_GE(bar, first - 5min);  // one minute in two hundred has no trade
}

TEST(ExchangeClock, goes_on_where_a_killed_exchange_was) {
  auto const an_hour_ago = real_seconds(std::chrono::system_clock::now() - 1h);
  std::vector<std::string> const options{"--synthetic", "1",  "--now",  "2024-05-01T00:00:00Z",
                                         "--speed",     "20", "--zero", an_hour_ago};
  UtcTime killed_at;
  {
    RunningExchange const first{options};
    killed_at = market_now(first);
  }
  RunningExchange const second{options};

  EXPECT_GE(killed_at, at("2024-05-01T20:00:00Z"));
  EXPECT_GE(market_now(second), killed_at);
}

// Real time is too short for three windows of an hour to pass; the market's is not.
TEST(ExchangeClock, counts_its_limit_in_the_markets_time) {
  RunningExchange const exchange{
      {"--synthetic", "1", "--now", "2024-05-01T00:00:00Z", "--speed", "100000", "--limit", "1/1h"}};
  int accepted = 0;
  auto const from = market_now(exchange);
  while (accepted < 3 && market_now(exchange) < from + 240h)
    accepted += get(exchange, minutes).status == 200 ? 1 : 0;

  EXPECT_EQ(accepted, 3);
  EXPECT_GE(market_now(exchange), from + 2h);
}

TEST(ExchangeClock, shows_what_its_options_let_it_show) {
  std::string const now = "2024-05-01T12:30:30Z";
  RunningExchange const late{{"--synthetic", "1", "--now", now, "--publish-after", "10m"}};
  RunningExchange const settling{{"--synthetic", "1", "--now", now, "--settles-after", "1d"}};
  RunningExchange const settled{{"--synthetic", "1", "--now", now}};
  RunningExchange const closed{
      {"--synthetic", "1", "--now", "2024-05-04", "--closed", "2024-05-02", "--early-close", "2024-05-03"}};
  auto const bars = [](std::string const& body) { return body.substr(0, body.find("\"status\"")); };

  EXPECT_EQ(last_bar(late), at("2024-05-01T12:19:00Z"));
  EXPECT_NE(bars(get(settling, minutes).body), bars(get(settled, minutes).body));
  EXPECT_TRUE(get(closed, "/v2/aggs/ticker/AAPL/range/1/day/2024-05-01/2024-05-03")
                  .body.contains("\"resultsCount\":2"));
  EXPECT_TRUE(get(closed, "/v2/aggs/ticker/AAPL/range/1/minute/1714770000000/2024-05-03")  // 17:00
                  .body.contains("\"resultsCount\":0"));
}

TEST(ExchangeClock, refuses_what_it_cannot_be) {
  auto const exit_code = [](std::vector<std::string> options) {
    options.insert(options.begin(), {built_program("candled-exchange"), "--synthetic", "1"});
    auto const finished = run(std::move(options));
    EXPECT_NE(finished.errors, "");
    return finished.exit_code;
  };
  std::string const now = "2024-05-01";

  EXPECT_EQ(exit_code({"--speed", "10"}), 2);
  EXPECT_EQ(exit_code({"--now", now, "--zero", "1764000000"}), 2);
  EXPECT_EQ(exit_code({"--now", now, "--speed", "0"}), 2);
  EXPECT_EQ(exit_code({"--now", now, "--speed", "fast"}), 2);
  EXPECT_EQ(exit_code({"--now", now, "--speed", "10", "--zero", "yesterday"}), 2);
  EXPECT_EQ(exit_code({"--publish-after", "soon"}), 2);
  EXPECT_EQ(exit_code({"--settles-after", "soon"}), 2);
  EXPECT_EQ(exit_code({"--closed", "Christmas"}), 2);
  EXPECT_EQ(exit_code({"--early-close", "2024-11-31"}), 2);
}

TEST(ExchangeClock, leaves_the_synthetic_markets_options_to_it) {
  TempDir const folder;

  auto const finished =
      run({built_program("candled-exchange"), "--data", folder.path(), "--settles-after", "1h"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.errors.find("go with --synthetic only"), std::string::npos) << finished.errors;
}

}  // namespace
}  // namespace candled
