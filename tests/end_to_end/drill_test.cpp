// Time that runs faster, the same for candled and its exchange.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "core/time_lens.hpp"
#include "end_to_end/world.hpp"
#include "exchange/synthetic_market.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

constexpr auto start = "2024-03-06T14:00:00Z";
constexpr auto speed = 3000;  // an hour in 1.2 s
constexpr auto ticker = "X:BTCUSD";

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

UtcTime seconds_since_1970(std::string const& text) {
  return UtcTime{std::chrono::seconds{std::atoll(text.c_str())}};
}

UtcTime market_now(World const& world) {
  auto const report = world.report();
  auto const place = report.find("\"now\": \"") + 8;
  return at(report.substr(place, report.find('"', place) - place));
}

// What of a timeframe must be in the database when it is covered until `until`: starts and volumes.
std::map<std::string, double> truth(std::string const& timeframe, UtcTime until) {
  SyntheticMarket const market{7, parse_date("2024-03-01").value()};
  auto const length = timeframe == "1h" ? Milliseconds{1h} : Milliseconds{1min};
  std::map<std::string, double> volumes;
  for (auto from = at("2024-03-06T00:00:00Z"); from < until; from += length) {
    auto const minutes = market.bars(
        {ticker, Base::minute, {.from = from, .to = from + length}, Sort::ascending, 100, until + 24h});
    if (!minutes.empty()) volumes[to_rfc3339(from)] = merged(minutes).volume;
  }
  return volumes;
}

std::map<std::string, double> stored(World const& world, std::string const& timeframe) {
  std::map<std::string, double> volumes;
  for (auto const& row : rows(world.url(), fmt::format("SELECT extract(epoch FROM ts)::bigint, volume FROM "
                                                       "candled.bars WHERE timeframe = '{}'",
                                                       timeframe)))
    volumes[to_rfc3339(seconds_since_1970(row[0]))] = std::strtod(row[1].c_str(), nullptr);
  return volumes;
}

UtcTime covered_until(World const& world, std::string const& timeframe) {
  return seconds_since_1970(
      value(world.url(), fmt::format("SELECT coalesce(max(extract(epoch FROM upper(covered))), 0)::bigint "
                                     "FROM candled.series WHERE timeframe = '{}'",
                                     timeframe)));
}

// Every run is a process of its own: that they all live in the same time is what the lens is for.
TEST(Drill, what_a_plan_without_live_data_keeps_back_is_not_covered) {
  auto const zero = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto const epoch = std::to_string(zero.time_since_epoch().count());
  auto const job = [](std::string_view timeframe) {
    return fmt::format(
        "  - {{ name: j{0}, provider: exchange, timeframe: {0}, symbols: [\"{1}\"], calendar: "
        "24x7, history: 2024-03-06 }}\n",
        timeframe, ticker);
  };
  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", start, "--speed",
                            std::to_string(speed), "--zero", epoch, "--delayed"},
               .jobs = job("1m") + job("1h")}};
  std::map<std::string, std::string> const drill{
      {"CANDLED_DRILL_CLOCK", fmt::format("{} x{} @{}", start, speed, epoch)}};

  while (covered_until(world, "1h") < at(start) + 3h && !HasFailure()) {
    auto const before = market_now(world);
    auto const once = world.candled({"once"}, drill);
    auto const after = market_now(world);

    EXPECT_EQ(once.exit_code, 0) << once.output << once.errors;
    EXPECT_TRUE(once.errors.contains("the clock is a drill's")) << once.errors;
    for (auto const& [timeframe, length] : {std::pair{"1m", 1min}, std::pair{"1h", 60min}}) {
      auto const until = covered_until(world, timeframe);
      SCOPED_TRACE(fmt::format("{} is covered until {}; it was {}, then {}", timeframe, to_rfc3339(until),
                               to_rfc3339(before), to_rfc3339(after)));
      EXPECT_TRUE(until <= after - 15min);
      EXPECT_TRUE(until > before - 15min - length);
      EXPECT_EQ(stored(world, timeframe), truth(timeframe, until));
    }
  }
}

TEST(Drill, a_clock_that_is_nonsense_is_refused) {
  auto const finished = run({built_program("candled"), "once", "--config", "/nonexistent"},
                            {{"CANDLED_DRILL_CLOCK", "2024-11-25T00:00:00Z fast"}});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(
      finished.errors.find("candled: CANDLED_DRILL_CLOCK: expected a speed from x1 to x100000, found 'fast'"),
      0U)
      << finished.errors;
}

}  // namespace
}  // namespace candled::test
