// One market, all ways to collect it: whichever way bars come, the same are stored, as much is covered, and
// sessions have the same hashes. The market has bars in every minute: at night, on a weekend, on holidays,
// after an early close, and on a day that the operator calls closed by mistake. One ticker is renamed,
// another's is used again, a bar cannot be true, an old year expires, and bars are rolled up.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGTERM is POSIX's, too

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "end_to_end/world.hpp"
#include "support/eventually.hpp"
#include "support/gzip.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

// New York is at UTC-5 all the time. 2024-12-27 is a Friday, 2025-01-01 a holiday.
constexpr auto first_day = "2024-12-26";
constexpr auto end_of_market = "2025-01-03T15:00:00Z";
std::vector<std::string> const days = {"2023-12-28", "2023-12-29", "2024-12-26", "2024-12-27",
                                       "2024-12-28", "2024-12-29", "2024-12-30", "2024-12-31",
                                       "2025-01-01", "2025-01-02", "2025-01-03"};
// What is compared: whole days, which day files have too.
constexpr auto compared = "tstzrange('2024-12-26 05:00Z', '2025-01-03 05:00Z')";

constexpr auto overrides = R"(XNYS 2024-12-27 13:00   # early close
XNYS 2024-12-30 closed   # by mistake
)";

// FB is META from the 30th on; META was METV's ticker until the 26th.
constexpr auto names = R"(instrument,ticker,first_date,last_date
FIGI-FB,FB,2012-05-18,2024-12-29
FIGI-FB,META,2024-12-30,
FIGI-ETF,META,2021-06-30,2024-12-26
FIGI-ETF,METV,2024-12-27,
)";

UtcTime midnight(std::string const& day) {
  return parse_rfc3339(day + "T05:00:00Z").value();
}

std::string row(std::string_view ticker, UtcTime start, double price, double low) {
  return fmt::format("{},{},{},{},{},{},{},{}\n", ticker, 100 + price, price, price + 0.25, price + 0.5, low,
                     start.time_since_epoch().count() * 1'000'000, 7);
}

struct Traded {
  std::string_view ticker;
  double price;
  std::chrono::minutes every;
  std::string_view from;  // days
  std::string_view to;
};

// FB has no bars after its last day under that name, nor META before its first: whoever asks under the wrong
// one gets another's bars, or none.
constexpr Traded traded[] = {{"AAPL", 200, 1min, "2023-01-01", "2026-01-01"},
                             {"FB", 300, 30min, "2023-01-01", "2024-12-29"},
                             {"META", 13, 30min, "2023-01-01", "2024-12-26"},
                             {"META", 301, 30min, "2024-12-30", "2026-01-01"},
                             {"METV", 14, 30min, "2024-12-27", "2026-01-01"}};

// The day's file of minutes, or of days.
std::string file_of(std::string const& day, bool minutes) {
  std::string text = "ticker,volume,open,close,high,low,window_start,transactions\n";
  for (auto const& [ticker, price, every, from, to] : traded) {
    if (day < from || day > to) continue;
    int number = 0;
    for (auto at = midnight(day); at < midnight(day) + (minutes ? 24h : 1min); at += every, ++number) {
      auto const open = price + number % 7;
      bool const impossible = ticker == "AAPL" && day == "2024-12-31" && minutes && number == 700;
      text += row(ticker, at, open, impossible ? open + 100 : open - 0.5);
    }
  }
  return text;
}

// All that a way starts with: files that the exchange serves, a folder of the same as day files, an empty
// database.
class Market {
 public:
  Market() {
    for (auto const& day : days)
      for (bool const minutes : {true, false}) {
        auto const folder = fmt::format("{}/us_stocks_sip/{}_aggs_v1/{}/{}", files_.path(),
                                        minutes ? "minute" : "day", day.substr(0, 4), day.substr(5, 2));
        std::filesystem::create_directories(folder);
        std::ofstream{fmt::format("{}/{}.csv.gz", folder, day), std::ios::binary}
            << gzipped(file_of(day, minutes));
      }
    overrides_ = dir_.write("overrides", overrides);
    names_ = dir_.write("names.csv", names);
    auto const world = at("2024-12-26T05:00:00Z");
    for (auto const& command : {std::vector<std::string>{"migrate"}, {"instruments", "import", names_}}) {
      auto const done = world->as_migrate(command);
      EXPECT_EQ(done.exit_code, 0) << done.errors;
    }
  }

  struct How {
    std::string faults = {};
    std::string schedule = {};
    bool with_files = false;
    int speed = 1;
    bool settles = false;
  };
  // The exchange and the configuration at a time.
  std::unique_ptr<World> at(std::string const& now) const { return at(now, How{}); }
  std::unique_ptr<World> at(std::string const& now, How const& how) const {
    auto const zero =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch();
    clock_ = fmt::format("{} x{} @{}", now, how.speed, zero.count());
    std::string jobs;
    for (auto const* const timeframe : {"1m", "1d"})
      jobs += fmt::format(
          "  - {{ name: j{0}, provider: exchange, timeframe: {0}, symbols: [AAPL, META, METV], calendar: "
          "XNYS, history: "
          "2023-12-28, retention: 1y{1}{2}{3} }}\n",
          timeframe, how.schedule, how.settles ? ", settle: [12h]" : "",
          timeframe == std::string{"1m"} ? ", rollups: [1h]" : "");
    return std::make_unique<World>(WorldOptions{
        .exchange = {"--data", files_.path(), "--now", now, "--speed", std::to_string(how.speed), "--zero",
                     std::to_string(zero.count())},
        .faults = how.faults,
        .jobs = jobs,
        .retry = how.faults.empty() ? "{ multiplier: 20ms, min: 10ms, max: 200ms, attempts: 12 }"
                                    : "{ multiplier: 20ms, min: 10ms, max: 20ms, attempts: 2 }",
        .database_url = with_option(database_.url(), "user", "candled_ingest"),
        .providers =
            how.with_files
                ? fmt::format("  files: {{ kind: flatfile, fills: exchange, root: {} }}\n", files_.path())
                : "",
        .more = fmt::format("calendars: {{ overrides: {} }}\nlog: {{ level: warn }}\n", overrides_)});
  }

  // A command at the time of the last `at`. A bar that cannot be true remains, so 1 is as good as 0.
  void run(World& world, std::vector<std::string> const& arguments) const {
    auto const finished = world.candled(arguments, clock());
    EXPECT_LE(finished.exit_code, 1) << finished.output << finished.errors;
  }
  std::map<std::string, std::string> clock() const { return {{"CANDLED_DRILL_CLOCK", clock_}}; }
  std::string const& url() const { return database_.url(); }

  // All that is compared, as text that says where two ways differ.
  std::string outcome() const;

 private:
  TempDir dir_;
  TempDir files_;
  TempDatabase database_;
  std::string overrides_;
  std::string names_;
  mutable std::string clock_;
};

std::string Market::outcome() const {
  // Of whoever traded: META named nobody for some days, and a job that meets it then has a series of nobody.
  auto const bars = fmt::format(R"(
    SELECT ticker, timeframe, (ts AT TIME ZONE 'America/New_York')::date, count(*),
           md5(string_agg(concat_ws(',', ts AT TIME ZONE 'UTC', open, high, low, close, volume, vwap, trade_count), ' '
                          ORDER BY ts))
    FROM candled.bars WHERE {} @> ts GROUP BY 1, 2, 3 ORDER BY 1, 2, 3)",
                                compared);
  auto const coverage = fmt::format(R"(
    SELECT coalesce(identifier, 'AAPL'), timeframe,
           (SELECT string_agg(lower(r) AT TIME ZONE 'UTC' || ' to ' || (upper(r) AT TIME ZONE 'UTC'), ' and ')
            FROM unnest(covered * tstzmultirange({})) r)
    FROM candled.series s JOIN candled.instrument USING (instrument_id)
    WHERE EXISTS (SELECT FROM candled.bar b WHERE b.series_id = s.series_id) ORDER BY 1, 2)",
                                    compared);
  auto const sessions = fmt::format(R"(
    SELECT coalesce(identifier, 'AAPL'), timeframe, session_date, bars, hash, complete_at IS NOT NULL
    FROM candled.series_session JOIN candled.series USING (series_id) JOIN candled.instrument USING (instrument_id)
    WHERE session_date BETWEEN '{}' AND '2025-01-02' AND bars > 0 ORDER BY 1, 2, 3)",
                                    first_day);
  std::string text;
  for (auto const& [what, sql] : {std::pair{"bars", bars}, {"coverage", coverage}, {"sessions", sessions}})
    for (auto const& line : rows(url(), sql)) text += fmt::format("{}: {}\n", what, fmt::join(line, " "));
  return text;
}

// One backfill of all: what the others are compared with.
void backfill(Market const& market) {
  auto const world = market.at(end_of_market);
  market.run(*world, {"backfill", "--from", "2023-12-28", "--to", "2025-01-03"});
}

void daily_once(Market const& market) {
  for (auto const& day : days)
    if (day >= first_day) market.run(*market.at(day + "T14:00:00Z"), {"once"});
  market.run(*market.at(end_of_market), {"once"});
}

// The daemon over eight days, in some twenty seconds. A daily bar changes until midnight, and is read again
// then.
void daemon(Market const& market) {
  auto const world =
      market.at("2024-12-26T05:00:00Z",
                {.schedule = ", schedule: { every: 1h, delay: 20s }", .speed = 30'000, .settles = true});
  auto const process = world->start({"run"}, market.clock());
  EXPECT_TRUE(eventually([&] {
    return value(market.url(),
                 "SELECT min(upper(covered)) >= '2025-01-03 14:00Z' FROM candled.series JOIN "
                 "candled.instrument_ticker USING (instrument_id) WHERE timeframe = '1m' AND valid @> "
                 "'2025-01-03'::date") == "t";
  }));
  process->signal(SIGTERM);
  EXPECT_EQ(process->wait(20s), 0) << process->errors();
}

void detached(Market const& market) {
  auto const world = market.at(end_of_market);
  for (auto const* const job : {"j1m", "j1d"})
    market.run(*world, {"backfill", "--job", job, "--from", "2023-12-28", "--to", "2025-01-03", "--detach"});
  auto const process = world->start({"run"}, market.clock());
  EXPECT_TRUE(eventually([&] {
    return value(market.url(),
                 "SELECT count(*) FROM candled.backfill_request WHERE state IN ('queued', 'running')") == "0";
  }));
  process->signal(SIGTERM);
  EXPECT_EQ(process->wait(20s), 0) << process->errors();
}

// Every file that there is, then requests for the day that is not over.
void day_files(Market const& market) {
  auto const world = market.at(end_of_market, {.with_files = true});
  market.run(*world, {"once"});
}

void day_files_then_requests(Market const& market) {
  auto const files = market.at("2024-12-30T06:00:00Z", {.with_files = true});
  market.run(*files, {"once"});
  market.run(*market.at(end_of_market), {"once"});
}

void requests_then_day_files(Market const& market) {
  auto const requests = market.at("2024-12-28T06:00:00Z");
  market.run(*requests, {"once"});
  market.run(*market.at(end_of_market, {.with_files = true}), {"once"});
}

// A day's bars are other ones in its evening, and read again on the next day.
void settle(Market const& market) {
  market.run(*market.at("2024-12-26T10:00:00Z", {.settles = true}), {"once"});
  market.run(*market.at("2024-12-27T02:00:00Z", {.faults = "changed ticker=AAPL\n", .settles = true}),
             {"once"});
  market.run(*market.at(end_of_market, {.settles = true}), {"once"});
  EXPECT_NE(value(market.url(), "SELECT count(*) FROM candled.bar_revision"), "0");
}

void repair(Market const& market) {
  market.run(*market.at("2024-12-28T06:00:00Z"), {"once"});
  market.run(*market.at(end_of_market, {.faults = "500 rate=0.7\n"}), {"once"});
  EXPECT_NE(value(market.url(), "SELECT count(*) FROM candled.gap WHERE reason = 'fetch_failed'"), "0");
  market.run(*market.at(end_of_market), {"repair"});
}

struct Way {
  char const* name;
  void (*collect)(Market const&);
};

void PrintTo(Way const& way, std::ostream* out) {
  *out << way.name;
}

class Ways : public testing::TestWithParam<Way> {};

std::string expected() {
  static std::string const outcome = [] {
    Market const market;
    backfill(market);
    return market.outcome();
  }();
  return outcome;
}

TEST_P(Ways, end_in_the_same_bars_coverage_and_hashes) {
  Market const market;

  GetParam().collect(market);

  EXPECT_EQ(market.outcome(), expected());
}

INSTANTIATE_TEST_SUITE_P(All, Ways,
                         testing::Values(Way{"daily_once", daily_once}, Way{"daemon", daemon},
                                         Way{"detached", detached}, Way{"day_files", day_files},
                                         Way{"day_files_then_requests", day_files_then_requests},
                                         Way{"requests_then_day_files", requests_then_day_files},
                                         Way{"settle", settle}, Way{"repair", repair}),
                         [](auto const& info) { return std::string{info.param.name}; });

// What the others are compared with is what was there: every minute, and each ticker's own.
TEST(OneWay, has_every_bar_of_the_market) {
  Market const market;

  backfill(market);

  EXPECT_EQ(rows(market.url(), fmt::format("SELECT ticker, count(*), min(low)::int / 100 FROM candled.bars "
                                           "WHERE timeframe = '1m' AND {} @> "
                                           "ts GROUP BY 1 ORDER BY 1",
                                           compared)),
            (Rows{{"AAPL", std::to_string(8 * 1440 - 1), "2"},
                  {"FB", std::to_string(4 * 48), "3"},
                  {"META", std::to_string(48 + 4 * 48), "0"},
                  {"METV", std::to_string(7 * 48), "0"}}));
  EXPECT_EQ(rows(market.url(), "SELECT min(ts) AT TIME ZONE 'UTC' FROM candled.bars"),
            (Rows{{"2024-12-26 05:00:00"}}))
      << "2023 is not kept";
}

}  // namespace
}  // namespace candled::test
