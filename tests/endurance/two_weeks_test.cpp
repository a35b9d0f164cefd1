// Two weeks of a small market, in minutes: candled keeps it, bars settle late, days close early or not open
// at all, summer time begins, and again and again candled and the exchange are killed. In the end every bar
// is right.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGKILL is POSIX's, not C's

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/time_lens.hpp"
#include "end_to_end/world.hpp"
#include "exchange/synthetic_market.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

constexpr double speed = 8000;            // a day in 10.8 s
constexpr auto real_time_at_most = 9min;  // nothing but an end to a test that hangs

constexpr int requests_per_hour = 60;
constexpr int kills_of_each = 12;

// Wednesday to Monday; of the days after it none trades, so that all there is settles.
constexpr auto begin = "2024-02-28T08:00:00Z";
constexpr auto first_session = "2024-02-28";
constexpr auto last_session = "2024-03-11";         // on summer time, which began the day before
constexpr auto last_kill = "2024-03-12T12:00:00Z";  // before the last session is read a day after its close
constexpr auto all_settled = "2024-03-13T00:00:00Z";
std::vector<std::string> const closed_days = {"2024-03-05", "2024-03-12", "2024-03-13",
                                              "2024-03-14", "2024-03-15", "2024-03-18"};
std::vector<std::string> const early_closes = {"2024-03-01", "2024-03-08"};
std::vector<std::string> const tickers = {"AAPL", "BRK.B", "F"};
constexpr std::uint64_t market_seed = 7;

using Ticks = std::chrono::steady_clock::time_point;

// ------------------------------------------------------------------------------------------- what must be
// there

struct Values {
  double open, high, low, close, volume, vwap;
  int trade_count;
  friend bool operator==(Values const&, Values const&) = default;
};

void PrintTo(Values const& values, std::ostream* out) {
  *out << fmt::format("{} {} {} {} volume {} vwap {} trades {}", values.open, values.high, values.low,
                      values.close, values.volume, values.vwap, values.trade_count);
}

using Series = std::map<std::string, Values>;  // start -> the rest of the row

std::set<Date> dates(std::vector<std::string> const& texts) {
  std::set<Date> all;
  for (auto const& text : texts) all.insert(parse_date(text).value());
  return all;
}

// What a series holds when all has settled, by the market's rules alone: no server, no pages.
Series truth(std::string const& ticker, std::string const& timeframe) {
  SyntheticMarket const market{market_seed,
                               parse_date("2024-02-01").value(),
                               {.closed = dates(closed_days), .early_closes = dates(early_closes)}};
  auto const zone = market_zone(ticker);
  TimeRange const all{.from = zone.at(parse_date(first_session).value(), 0ms),
                      .to = zone.at(parse_date("2024-03-12").value(), 0ms)};
  auto const bars_in = [&](Base base, TimeRange range) {
    return market.bars({ticker, base, range, Sort::ascending, 100'000, all.to + std::chrono::days{30}});
  };
  std::vector<Bar> bars;
  if (timeframe == "1h") {
    for (auto from = all.from; from < all.to; from += 1h) {
      auto const minutes = bars_in(Base::minute, {.from = from, .to = from + 1h});
      if (minutes.empty()) continue;
      bars.push_back(merged(minutes));
      bars.back().start = from;
    }
  } else {
    bars = bars_in(timeframe == "1m" ? Base::minute : Base::day, all);
  }
  Series series;
  for (auto const& bar : bars)
    series[to_rfc3339(bar.start)] = {.open = bar.open,
                                     .high = bar.high,
                                     .low = bar.low,
                                     .close = bar.close,
                                     .volume = bar.volume,
                                     .vwap = bar.vwap,
                                     .trade_count = bar.trade_count};
  return series;
}

Series stored(std::string const& url, std::string const& ticker, std::string const& timeframe) {
  Series series;
  auto const number = [](std::string const& text) { return std::strtod(text.c_str(), nullptr); };
  for (auto const& row :
       rows(url, fmt::format("SELECT extract(epoch FROM ts)::bigint, open, high, low, close, volume, vwap, "
                             "trade_count FROM candled.bars WHERE ticker = '{}' AND timeframe = '{}'",
                             ticker, timeframe)))
    series[to_rfc3339(UtcTime{std::chrono::seconds{std::atoll(row[0].c_str())}})] = {
        .open = number(row[1]),
        .high = number(row[2]),
        .low = number(row[3]),
        .close = number(row[4]),
        .volume = number(row[5]),
        .vwap = number(row[6]),
        .trade_count = std::atoi(row[7].c_str())};
  return series;
}

// Names the first difference: a whole series would be a thousand lines.
void expect_same(Series const& found, Series const& expected) {
  EXPECT_EQ(found.size(), expected.size());
  for (auto const& [start, values] : expected) {
    auto const bar = found.find(start);
    ASSERT_NE(bar, found.end()) << "no bar at " << start;
    ASSERT_EQ(bar->second, values) << "at " << start;
  }
  for (auto const& [start, values] : found)
    ASSERT_TRUE(expected.contains(start)) << "none trades at " << start;
}

// ------------------------------------------------------------------------------------------------- the two
// weeks

std::string job(std::string const& timeframe, std::string const& schedule) {
  return fmt::format(
      "  - {{ name: j{}, provider: exchange, timeframe: {}, symbols: [{}], calendar: XNYS, schedule: {}, "
      "history: {}, settle: [15m, 1d] }}\n",
      timeframe, timeframe, fmt::join(tickers, ", "), schedule, first_session);
}

class TwoWeeks : public testing::Test {
 protected:
  TwoWeeks()
      : world_{{.exchange = exchange_arguments(),
                .faults = "502 rate=0.02\n429 rate=0.02 retry-after=1s\ntruncate rate=0.02\n",
                .jobs = job("1m", "{ every: 15m, delay: 20s }") + job("1h", "{ every: 1h, delay: 1m }") +
                        job("1d", "{ at: \"20:30\", zone: America/New_York }"),
                .rate_limit = fmt::format("{{ requests: {}, per: 1h, burst: 12 }}", requests_per_hour),
                .timeout = "10m",
                .retry = "{ multiplier: 10s, min: 5s, max: 300s, attempts: 12 }",
                .more = fmt::format("log: {{ level: warn }}\ncalendars: {{ overrides: \"{}\" }}",
                                    dir_.write("days.txt", days()))}} {}

  UtcTime now() const { return lens_.now(std::chrono::system_clock::now()); }
  bool hangs() const { return std::chrono::steady_clock::now() > started_ + real_time_at_most; }

  void start_candled() {
    // Through a shell, so that the log is a file: nobody reads a pipe for two weeks.
    candled_ = std::make_unique<Process>(
        std::vector<std::string>{"/bin/sh", "-c", "exec \"$@\" 2>>" + log_, "sh", built_program("candled"),
                                 "run", "--config", world_.config()},
        std::map<std::string, std::string>{
            {"CANDLED_TEST_KEY", "demo"},
            {"CANDLED_DRILL_CLOCK", fmt::format("{} x{} @{}", begin, speed, epoch())}});
  }

  void kill_candled() {
    candled_->signal(SIGKILL);
    EXPECT_EQ(candled_->wait(), -SIGKILL) << "it had ended before it was killed: " << log();
    start_candled();
  }

  void kill_exchange() {
    look_at_report();
    world_.kill_exchange();
  }

  // Kept across the exchange's lives.
  void look_at_report() {
    most_in_an_hour_ = std::max(most_in_an_hour_, world_.reported("max_in_window"));
    requests_ += world_.reported("requests");
    limited_ += world_.reported("limited");
  }

  // Whatever the market has is there, and was read again when it was final.
  bool at_rest() const {
    return value(world_.url(), fmt::format(R"(
      SELECT (SELECT count(*) FROM candled.series) = {0}
         AND NOT EXISTS (SELECT FROM candled.gap WHERE closed_at IS NULL)
         AND NOT EXISTS (
           SELECT FROM candled.series s
           JOIN candled.market_session m ON m.calendar = s.calendar AND m.session_date BETWEEN '{1}' AND '{2}'
           CROSS JOIN (VALUES (interval '15 minutes'), (interval '1 day')) AS a (after)
           WHERE NOT s.covered @> candled.session_range(m, s.timeframe)
              OR NOT EXISTS (SELECT FROM candled.settled k
                             WHERE k.series_id = s.series_id AND k.after = a.after
                               AND k.during @> candled.session_range(m, s.timeframe)
                                                * tstzrange(k.since, NULL))))",
                                           3 * tickers.size(), first_session, last_session)) == "t";
  }

  std::string log() const {
    auto const all = read_file(log_);
    return all.substr(all.size() - std::min<std::size_t>(all.size(), 5'000));
  }

  std::string const& url() const { return world_.url(); }

  TempDir dir_;
  std::string log_ = dir_ / "candled.log";
  UtcTime zero_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  TimeLens lens_{.start = parse_rfc3339(begin).value(), .speed = speed, .zero = zero_};
  Ticks started_ = std::chrono::steady_clock::now();
  World world_;
  std::unique_ptr<Process> candled_;
  long most_in_an_hour_ = 0;
  long requests_ = 0;
  long limited_ = 0;

 private:
  std::string epoch() const {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(zero_.time_since_epoch()).count());
  }

  std::vector<std::string> exchange_arguments() const {
    std::vector<std::string> arguments{"--synthetic",
                                       std::to_string(market_seed),
                                       "--synthetic-from",
                                       "2024-02-01",
                                       "--settles-after",
                                       "6h",
                                       "--publish-after",
                                       "10s",
                                       "--limit",
                                       fmt::format("{}/1h", requests_per_hour),
                                       "--now",
                                       begin,
                                       "--speed",
                                       fmt::format("{}", speed),
                                       "--zero",
                                       epoch()};
    for (auto const& day : closed_days) arguments.insert(arguments.end(), {"--closed", day});
    for (auto const& day : early_closes) arguments.insert(arguments.end(), {"--early-close", day});
    return arguments;
  }

  static std::string days() {
    std::string text;
    for (auto const& day : closed_days) text += "XNYS " + day + " closed\n";
    for (auto const& day : early_closes) text += "XNYS " + day + " 13:00\n";
    return text;
  }
};

enum class Victim { candled, exchange };

// When who is killed: in the market's time, so that a slow machine makes them no fewer.
std::multimap<UtcTime, Victim> kills() {
  std::mt19937_64 random{20240310};
  auto const from = parse_rfc3339(begin).value() + 1h;
  std::uniform_int_distribution<std::int64_t> milliseconds{
      0, Milliseconds{parse_rfc3339(last_kill).value() - from}.count()};
  std::multimap<UtcTime, Victim> kills;
  for (auto const victim : {Victim::candled, Victim::exchange})
    for (int i = 0; i < kills_of_each; ++i) kills.emplace(from + Milliseconds{milliseconds(random)}, victim);
  return kills;
}

TEST_F(TwoWeeks, end_with_every_bar_as_it_settled_however_often_somebody_was_killed) {
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
  GTEST_SKIP()
      << "a start takes an hour of this market's time under AddressSanitizer: only the dev build runs this";
#endif
  ASSERT_EQ(world_.candled({"migrate"}).exit_code, 0);  // the sessions are a table of migrate's
  start_candled();
  std::map<Victim, int> killed;
  for (auto const& [when, victim] : kills()) {
    while (now() < when && !HasFailure()) value(url(), "SELECT pg_sleep(0.002)");
    victim == Victim::candled ? kill_candled() : kill_exchange();
    ++killed[victim];
  }
  while (!at_rest() && !hangs() && !HasFailure()) value(url(), "SELECT pg_sleep(0.2)");
  auto const rested_at = now();
  look_at_report();
  candled_->signal(SIGTERM);

  EXPECT_EQ(candled_->wait(), 0) << log();
  EXPECT_TRUE(rested_at >= parse_rfc3339(all_settled).value());
  EXPECT_TRUE(at_rest()) << "not at rest at " << to_rfc3339(rested_at) << ": " << log();
  EXPECT_GE(killed[Victim::candled], 10);
  EXPECT_GE(killed[Victim::exchange], 10);
  EXPECT_LE(most_in_an_hour_, requests_per_hour);
  EXPECT_EQ(limited_, 0);
  EXPECT_EQ(
      value(url(), fmt::format("SELECT string_agg(DISTINCT state, ' ') FROM candled.session_completeness "
                               "WHERE session_date BETWEEN '{}' AND '{}'",
                               first_session, last_session)),
      "complete");
  EXPECT_EQ(value(url(), "SELECT count(*) FROM candled.gap WHERE closed_at IS NULL"), "0");
  EXPECT_EQ(value(url(), "SELECT count(*) > 0 FROM candled.bar_revision WHERE existed"), "t");
  EXPECT_EQ(value(url(), "SELECT count(*) > 0 FROM candled.bar_revision WHERE NOT existed"), "t");
  std::size_t bars = 0;
  for (auto const& ticker : tickers)
    for (auto const* const timeframe : {"1m", "1h", "1d"}) {
      SCOPED_TRACE(fmt::format("{} {}", ticker, timeframe));
      auto const expected = truth(ticker, timeframe);
      bars += expected.size();
      expect_same(stored(url(), ticker, timeframe), expected);
    }
  std::cout << fmt::format(
      "candled was killed {} times, the exchange {} times; {} bars, {} revisions, {} requests, {} in an hour "
      "at most\n",
      killed[Victim::candled], killed[Victim::exchange], bars,
      value(url(), "SELECT count(*) FROM candled.bar_revision"), requests_, most_in_an_hour_);
}

}  // namespace
}  // namespace candled::test
