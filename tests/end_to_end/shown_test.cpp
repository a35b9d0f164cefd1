// Whose bars readers see, through the real programs: a provider that is renamed, a job that moves to another
// one, a symbol that is taken out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "end_to_end/notify_socket.hpp"
#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

std::string daily_job(std::string const& symbols, std::string const& history = "2024-03-04",
                      std::string const& more = "") {
  return fmt::format(
      "  - {{ name: daily, provider: exchange, timeframe: 1d, symbols: [{}], calendar: XNYS, history: {}{} "
      "}}\n",
      symbols, history, more);
}

struct Shown : testing::Test {
  // Whose bars the view shows, and from which day on.
  std::string shown() const {
    return value(world.url(),
                 "SELECT string_agg(provider || ':' || first, ' ' ORDER BY first) FROM (SELECT s.provider, "
                 "min(v.ts)::date AS first "
                 "FROM candled.bars v JOIN candled.series s ON s.timeframe = v.timeframe "
                 "JOIN candled.bar b ON b.series_id = s.series_id AND b.ts = v.ts AND b.close = v.close "
                 "JOIN candled.shown_series h ON h.series_id = s.series_id AND b.ts >= h.from_ts AND b.ts < "
                 "h.until_ts "
                 "GROUP BY 1) c");
  }

  void replace(std::string const& what, std::string const& with) {
    auto text = read_file(world.config());
    for (auto place = text.find(what); place != std::string::npos;
         place = text.find(what, place + with.size()))
      text.replace(place, what.size(), with);
    std::ofstream{world.config()} << text;
  }

  Finished candled(std::vector<std::string> arguments, int exit_code = 0) {
    auto const finished = world.candled(std::move(arguments));
    EXPECT_EQ(finished.exit_code, exit_code) << finished.output << finished.errors;
    return finished;
  }

  World world{
      {.exchange = {"--synthetic", "7", "--synthetic-from", "2024-02-01"}, .jobs = daily_job("AAPL")}};
};

TEST_F(Shown, provider_that_is_renamed_asks_for_nothing_again) {
  candled({"once"});
  auto const requests = world.reported("requests");

  replace("  exchange:\n", "  massive:\n");
  replace("provider: exchange", "provider: massive");
  auto const offered = candled({"check"});
  replace("  massive:\n", "  massive:\n    formerly: exchange\n");
  auto const check = candled({"check"});
  auto const plan = candled({"plan"});
  auto const gaps = candled({"gaps"});
  auto const once = candled({"once"});

  EXPECT_TRUE(
      offered.output.contains("note: providers.massive: the database has 1 series of provider 'exchange', "
                              "which the configuration no longer has; "
                              "if it is the same one, write formerly: exchange"))
      << offered.output;
  EXPECT_FALSE(check.output.contains("note: ")) << check.output;
  EXPECT_EQ(plan.output, "daily: nothing is due\n");
  EXPECT_TRUE(gaps.output.starts_with("no gaps")) << gaps.output;
  EXPECT_EQ(once.output, "daily: nothing is due\n");
  EXPECT_EQ(world.reported("requests"), requests);
  EXPECT_EQ(shown(), "massive:2024-03-04");
  EXPECT_EQ(rows(world.url(), "SELECT * FROM candled.gaps"), Rows{});
}

TEST_F(Shown, job_that_moves_is_what_readers_see_with_the_history_before_it) {
  candled({"once"});

  replace("  exchange:\n", "  other:\n");
  replace("provider: exchange", "provider: other");
  replace("history: 2024-03-04", "history: 2024-03-06");
  auto const before = candled({"status"});
  candled({"once"});
  auto const status = candled({"status"});
  auto const check = candled({"check"});
  auto const gaps = candled({"gaps"});
  auto const moved = shown();
  candled({"backfill", "--from", "2024-03-04", "--to", "2024-03-05"});
  auto const filled = candled({"status"});

  EXPECT_TRUE(before.output.contains("note: bars of AAPL 1d are still those of provider 'exchange'"))
      << before.output;
  EXPECT_EQ(moved, "exchange:2024-03-04 other:2024-03-06");
  auto const note = std::string{
      "note: bars of AAPL 1d before 2024-03-06 are still those of provider 'exchange': 'daily' has not "
      "collected them from "
      "'other'"};
  for (auto const* const output : {&status.output, &check.output, &gaps.output})
    EXPECT_TRUE(output->contains(note)) << *output;
  EXPECT_TRUE(gaps.output.starts_with("no gaps")) << gaps.output;
  EXPECT_EQ(shown(), "other:2024-03-04");
  EXPECT_FALSE(filled.output.contains("note: ")) << filled.output;
}

TEST_F(Shown, symbol_that_is_taken_out_of_a_running_daemon_is_no_gap) {
  replace("[AAPL]", "[AAPL, MSFT]");
  replace("history: 2024-03-04 }", "history: 2024-03-04, schedule: { every: 1h } }");
  NotifySocket systemd{world.dir() / "notify"};
  auto const daemon = world.start({"run"}, systemd.environment());
  ASSERT_TRUE(systemd.wait_for("READY=1")) << daemon->errors();
  ASSERT_TRUE(daemon->wait_for("daily 1d: ok: 2 symbols")) << daemon->errors();
  auto const comes_to_be = [&](std::string const& query) {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (value(world.url(), query) != "t")
      if (std::chrono::steady_clock::now() > deadline) return false;
    return true;
  };
  auto const missing = std::string{"SELECT count(*) > 0 FROM candled.gaps WHERE ticker = 'MSFT'"};
  auto const gone =
      std::string{"SELECT wanted_until IS NOT NULL FROM candled.coverage_report WHERE ticker = 'MSFT'"};
  EXPECT_TRUE(comes_to_be("SELECT min(ts)::date = '2024-03-04' FROM candled.bars WHERE ticker = 'MSFT'"))
      << daemon->errors();
  rows(world.url(),
       "UPDATE candled.series s SET covered = covered - tstzmultirange(tstzrange('2024-03-05 05:00Z', "
       "'2024-03-06 05:00Z')) "
       "FROM candled.instrument_ticker t WHERE t.instrument_id = s.instrument_id AND t.ticker = 'MSFT'");
  EXPECT_EQ(value(world.url(), missing), "t");

  replace("[AAPL, MSFT]", "[AAPL]");
  daemon->signal(SIGHUP);
  EXPECT_TRUE(comes_to_be(gone)) << daemon->errors();
  EXPECT_EQ(value(world.url(), missing), "f");
  EXPECT_EQ(value(world.url(), "SELECT min(ts)::date FROM candled.bars WHERE ticker = 'MSFT'"), "2024-03-04");

  replace("[AAPL]", "[AAPL, MSFT]");
  daemon->signal(SIGHUP);
  EXPECT_TRUE(comes_to_be("SELECT NOT (" + gone + ")")) << daemon->errors();
  EXPECT_TRUE(comes_to_be("SELECT NOT (" + missing + ")")) << "what was missing is due again\n"
                                                           << daemon->errors();
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

TEST_F(Shown, what_reads_or_works_on_a_part_leaves_the_others_wanted) {
  replace("[AAPL]", "[AAPL, MSFT]");
  auto text = read_file(world.config());
  auto const place = text.find(daily_job("AAPL, MSFT"));
  text.insert(
      place,
      "  - { name: weekly, provider: exchange, timeframe: 1w, symbols: [AAPL], history: 2024-02-04 }\n");
  std::ofstream{world.config()} << text;
  candled({"once"});

  candled({"once", "--job", "weekly"});
  candled({"backfill", "--job", "daily", "--symbols", "MSFT", "--from", "2024-02-05", "--to", "2024-02-06"});
  auto const partly =
      value(world.url(), "SELECT count(*) FROM candled.series WHERE wanted_until IS NOT NULL");
  replace("[AAPL, MSFT]", "[AAPL]");
  for (auto const* const command : {"plan", "status", "gaps", "check"}) candled({command});
  auto const read = value(world.url(), "SELECT count(*) FROM candled.series WHERE wanted_until IS NOT NULL");
  candled({"once", "--job", "weekly"});

  EXPECT_EQ(partly, "0");
  EXPECT_EQ(read, "0") << "who reads writes nothing";
  EXPECT_EQ(rows(world.url(),
                 "SELECT ticker, timeframe FROM candled.coverage_report WHERE wanted_until IS NOT NULL"),
            (Rows{{"MSFT", "1d"}}));
}

}  // namespace
}  // namespace candled::test
