// A provider on a bad day: whatever goes wrong, the table in the end is the one of a good day.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "end_to_end/world.hpp"
#include "exchange/synthetic_market.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

constexpr auto key = "K7fQ-not-to-be-seen";
constexpr std::string_view tickers = "AAPL, BRK.B, F, MSFT";
constexpr int series = 12;  // four tickers in three timeframes

// Two days of four tickers: about 6,400 minute bars.
std::vector<std::string> const backfill = {"backfill", "--from", "2024-03-04", "--to", "2024-03-05"};

struct Fault {
  std::string rule;  // without its rate
  int runs_max = 1;  // of backfill, until it ends with 0
  int runs_min = 1;
  int met_min = 5;            // how often it must have been met, else the test shows nothing
  std::string columns = "*";  // of candled.bars, what must be as on a good day
};

void PrintTo(Fault const& fault, std::ostream* out) {
  *out << fault.rule;
}

std::string name_of(testing::TestParamInfo<Fault> const& info) {
  auto name = info.param.rule;
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

// Everything that a run leaves for users: the bars, what is covered, and whether a bar was ever another one.
std::string table(std::string const& url, std::string const& columns) {
  return value(url,
               fmt::format("SELECT (SELECT count(*) || ' bars ' || md5(string_agg(b::text, '|' ORDER BY "
                           "ticker, timeframe, ts)) FROM (SELECT {} FROM candled.bars) b) || "
                           "(SELECT ' covered ' || string_agg(t.ticker || s.timeframe || s.covered::text, "
                           "'|' ORDER BY t.ticker, s.timeframe) FROM candled.series s JOIN "
                           "candled.instrument_ticker t USING (instrument_id)) || "
                           "(SELECT ' revisions ' || count(*) FROM candled.bar_revision)",
                           columns));
}

World good_day() {
  return World{{.jobs = jobs_in_three_timeframes(std::string{tickers})}};
}

// What every run must end with. Once a process: it is always the same.
std::string const& expected_table(std::string const& columns) {
  static std::map<std::string, std::string> known;
  if (!known.contains(columns)) {
    auto world = good_day();
    auto const finished = world.candled(backfill);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    known[columns] = table(world.url(), columns);
  }
  return known[columns];
}

World bad_day(std::string const& rules, int page_limit) {
  return World{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-01-01", "--key",
                             fmt::format("{}=60/1s", key), "--page-limit-max", std::to_string(page_limit)},
                .faults = rules,
                .jobs = jobs_in_three_timeframes(std::string{tickers}),
                .rate_limit = "{ requests: 60, per: 1s, burst: 10 }",
                .timeout = "1s"}};
}

// How many answers the exchange has spoiled, by its report: the sum of key-1's "by_fault": {"429": 3, …}.
long faults_met(World const& world) {
  auto const report = world.report();
  auto place = report.find('{', report.find("\"by_fault\""));
  auto const end = report.find('}', place);
  long met = 0;
  while ((place = report.find("\":", place)) < end) {
    place += 2;
    met += std::atol(report.c_str() + place);
  }
  return met;
}

struct Story {
  int runs = 0;
  std::string told;  // by all runs: standard output and error
  int exit_code = -1;
};

Story backfill_until_done(World& world, int runs_max) {
  Story story;
  while (story.exit_code != 0 && story.runs < runs_max) {
    auto const finished = world.candled(backfill, {{"CANDLED_TEST_KEY", key}});
    ++story.runs;
    story.told += finished.output + finished.errors;
    story.exit_code = finished.exit_code;
  }
  return story;
}

// The budget lives in the process: several runs in a row may exceed what each one keeps to.
void expect_within_the_budget(World const& world, Story const& story) {
  if (story.runs > 1) return;
  EXPECT_LE(world.reported("max_in_window"), 60);
  EXPECT_EQ(world.reported("limited"), 0);
}

// A job is one batch and one line of result, and passes over it at most three times; a window that failed has
// its line; a progress line comes every five seconds.
void expect_a_short_story(Story const& story, int failed_windows_max) {
  auto const lines = std::ranges::count(story.told, '\n');
  EXPECT_LE(lines, story.runs * 20 + failed_windows_max) << story.told;
  EXPECT_FALSE(story.told.contains(key)) << story.told;
}

class Faults : public testing::TestWithParam<Fault> {};

TEST_P(Faults, at_one_ask_in_five_change_nothing_in_the_end) {
  auto const& fault = GetParam();
  auto world = bad_day(fault.rule + " rate=0.2\n", 300);

  auto const story = backfill_until_done(world, fault.runs_max);

  EXPECT_EQ(story.exit_code, 0) << story.told;
  EXPECT_GE(story.runs, fault.runs_min) << story.told;
  EXPECT_EQ(table(world.url(), fault.columns), expected_table(fault.columns)) << story.told;
  EXPECT_GE(faults_met(world), fault.met_min);
  expect_within_the_budget(world, story);
  expect_a_short_story(story, fault.runs_max == 1 ? 0 : story.runs * series);
}

// Over after a while by themselves, and asked again until they are. (Where all wait for one, one ticker is
// enough.)
INSTANTIATE_TEST_SUITE_P(Transient, Faults,
                         testing::Values(Fault{"429"}, Fault{"429-empty"},
                                         Fault{.rule = "429 retry-after=1s ticker=AAPL", .met_min = 2},
                                         Fault{"500"}, Fault{"502"},
                                         Fault{.rule = "503 retry-after=1s ticker=MSFT", .met_min = 2},
                                         Fault{"504"}, Fault{"html-200"}, Fault{"stall-before"},
                                         Fault{"stall-body"}, Fault{"stall-before for=300ms"},
                                         Fault{"truncate"}, Fault{"reset"}, Fault{"slow-loris"},
                                         Fault{"wrong-date"}),
                         name_of);

// A page that cannot be right is asked for three times before its window is left for the next run: two in a
// row are the most that one run must bear.
INSTANTIATE_TEST_SUITE_P(Malformed, Faults,
                         testing::Values(Fault{"wrong-ticker times=2"}, Fault{"flip-adjusted times=2"},
                                         Fault{"foreign-next-url times=2"}, Fault{"endless-next-url times=2"},
                                         Fault{"cut-results times=2"}, Fault{"cut-at-limit times=2"},
                                         Fault{"wrong-query-count times=2"}, Fault{"error-beside-ok times=2"},
                                         Fault{"date-years-ago times=2"}, Fault{"date-years-ahead times=2"}),
                         name_of);

// All that is needed is in the page.
INSTANTIATE_TEST_SUITE_P(
    Readable, Faults,
    testing::Values(
        Fault{"duplicate"}, Fault{"unsorted"}, Fault{"empty-results-null"}, Fault{"empty-with-next-url"},
        Fault{"foreign-bar"}, Fault{"whole-numbers"},
        Fault{.rule = "null-fields", .columns = "ticker, timeframe, ts, open, high, low, close, volume"},
        Fault{.rule = "missing-fields", .columns = "ticker, timeframe, ts, open, high, low, close, volume"}),
    name_of);

// Bars that cannot be true are asked for three times a run, each by itself (hundreds of requests: one
// ticker is enough), and what is then left is for the next run.
INSTANTIATE_TEST_SUITE_P(
    Rejected, Faults,
    testing::Values(Fault{.rule = "conflicting-duplicate ticker=AAPL", .runs_max = 3, .met_min = 2},
                    Fault{.rule = "impossible ticker=MSFT", .runs_max = 3, .met_min = 2},
                    Fault{.rule = "unreadable-field ticker=AAPL", .runs_max = 3, .met_min = 2},
                    Fault{.rule = "missing-close ticker=MSFT", .runs_max = 3, .met_min = 2}),
    name_of);

// A refusal is not asked again: its window is left for the next run.
INSTANTIATE_TEST_SUITE_P(Refused, Faults,
                         testing::Values(Fault{.rule = "refuse-200", .runs_max = 5, .runs_min = 2},
                                         Fault{.rule = "403-not-entitled", .runs_max = 5, .runs_min = 2}),
                         name_of);

TEST(MixedFaults, at_one_ask_in_five_change_nothing_in_the_end) {
  std::string rules;
  for (auto const* const kind : {"429",
                                 "429-empty",
                                 "429 retry-after=1s",
                                 "500",
                                 "502",
                                 "503",
                                 "504",
                                 "html-200",
                                 "stall-before",
                                 "stall-body",
                                 "truncate",
                                 "reset",
                                 "slow-loris",
                                 "wrong-ticker",
                                 "duplicate",
                                 "conflicting-duplicate",
                                 "unsorted",
                                 "impossible",
                                 "flip-adjusted",
                                 "foreign-next-url",
                                 "endless-next-url",
                                 "missing-close",
                                 "cut-results",
                                 "error-beside-ok",
                                 "date-years-ago",
                                 "unreadable-field",
                                 "empty-with-next-url",
                                 "foreign-bar",
                                 "refuse-200"})
    rules += fmt::format("{} rate=0.0077\n", kind);  // 29 of them: 1 - 0.9923^29 = 0.2
  auto world = bad_day(rules, 60);

  auto const story = backfill_until_done(world, 5);

  EXPECT_EQ(story.exit_code, 0) << story.told;
  EXPECT_EQ(table(world.url(), "*"), expected_table("*")) << story.told;
  EXPECT_GE(faults_met(world), 40);
  expect_within_the_budget(world, story);
  expect_a_short_story(story, story.runs * series);
}

// ticker, seconds since 1970, open, high, low, close, volume, vwap, trade_count
using Row = std::tuple<std::string, long long, double, double, double, double, double, double, int>;

Row row_of(std::string const& ticker, Bar const& bar) {
  return {ticker,         std::chrono::floor<std::chrono::seconds>(bar.start).time_since_epoch().count(),
          bar.open,       bar.high,
          bar.low,        bar.close,
          bar.volume,     bar.vwap,
          bar.trade_count};
}

std::vector<Row> stored_rows(World const& world, std::string const& timeframe) {
  std::vector<Row> found;
  for (auto const& field :
       rows(world.url(), fmt::format("SELECT ticker, extract(epoch FROM ts)::bigint, open, high, low, "
                                     "close, volume, vwap, trade_count FROM candled.bars WHERE "
                                     "timeframe = '{}' ORDER BY ticker COLLATE \"C\", ts",
                                     timeframe))) {
    auto const number = [&](std::size_t i) { return std::strtod(field[i].c_str(), nullptr); };
    found.emplace_back(field[0], std::atoll(field[1].c_str()), number(2), number(3), number(4), number(5),
                       number(6), number(7), std::atoi(field[8].c_str()));
  }
  return found;
}

TEST(GoodDay, stores_every_minute_bar_with_the_values_that_the_market_computes) {
  SyntheticMarket const market{7, Date{2024y / 1 / 1}};
  std::vector<Row> expected;
  for (std::string const ticker : {"AAPL", "BRK.B", "F", "MSFT"})
    for (UtcTime start = std::chrono::sys_days{2024y / 3 / 4} + 5h;
         start < std::chrono::sys_days{2024y / 3 / 6} + 5h; start += 1min)
      if (auto const bar = market.minute_bar(ticker, start)) expected.push_back(row_of(ticker, *bar));
  auto world = good_day();

  auto const finished = world.candled(backfill);

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  ASSERT_GT(expected.size(), 5'000U);
  EXPECT_EQ(stored_rows(world, "1m"), expected);
}

TEST(GoodDay, stores_every_day_bar_with_the_values_that_the_market_computes) {
  SyntheticMarket const market{7, Date{2024y / 1 / 1}};
  UtcTime const later = std::chrono::sys_days{2024y / 3 / 10};
  std::vector<Row> expected;
  for (std::string const ticker : {"AAPL", "BRK.B", "F", "MSFT"})
    for (auto const date : {Date{2024y / 3 / 4}, Date{2024y / 3 / 5}})
      expected.push_back(row_of(ticker, market.day_bar(ticker, date, later).value()));
  auto world = good_day();

  auto const finished = world.candled(backfill);

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_EQ(stored_rows(world, "1d"), expected);
}

}  // namespace
}  // namespace candled::test
