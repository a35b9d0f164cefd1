// candled as systemd and an operator see it over its life.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "end_to_end/notify_socket.hpp"
#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

constexpr auto every_second_job =
    "  - { name: live, provider: exchange, timeframe: 1d, symbols: [AAPL], calendar: XNYS, history: "
    "2024-03-04, schedule: { every: 1s } }\n";

std::vector<std::string> const past = {"--synthetic", "7",     "--synthetic-from",
                                       "2024-03-01",  "--now", "2024-03-09"};

std::size_t count_of(std::string const& text, std::string_view word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

TEST(Service, pings_the_watchdog_tells_its_status_and_says_when_it_stops) {
  World world{{.exchange = past, .jobs = every_second_job}};
  NotifySocket systemd{world.dir() / "notify"};
  auto environment = systemd.environment();
  environment["WATCHDOG_USEC"] = "300000";

  auto const daemon = world.start({"run"}, environment);
  EXPECT_TRUE(systemd.wait_for("READY=1")) << daemon->errors();
  EXPECT_TRUE(systemd.wait_for("STATUS=1 job: live")) << daemon->errors();
  for (int ping = 0; ping < 3; ++ping) EXPECT_TRUE(systemd.wait_for("WATCHDOG=1")) << daemon->errors();
  daemon->signal(SIGTERM);

  EXPECT_TRUE(systemd.wait_for("STOPPING=1")) << daemon->errors();
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

TEST(Service, shows_its_progress_in_the_database_while_it_lives) {
  World world{{.exchange = past, .jobs = every_second_job}};

  auto const daemon = world.start({"run"});
  EXPECT_TRUE(daemon->wait_for("live 1d: ok: 1 symbols")) << daemon->errors();
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (value(world.url(), "SELECT count(*) FROM candled.job_progress") == "0" &&
         std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(value(world.url(), "SELECT string_agg(lane, ' ' ORDER BY lane) FROM candled.job_progress"),
            "backfill live repair settle");
  daemon->signal(SIGTERM);

  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
  EXPECT_EQ(value(world.url(), "SELECT count(*) FROM candled.job_progress"), "0");
}

TEST(Service, a_database_that_goes_away_and_comes_back_leaves_few_lines) {
  PrivateCluster cluster;
  World world{{.exchange = past, .jobs = every_second_job, .database_url = cluster.url()}};
  ASSERT_EQ(world.candled({"migrate"}).exit_code, 0);
  NotifySocket systemd{world.dir() / "notify"};

  auto const daemon = world.start({"run"}, systemd.environment());
  EXPECT_TRUE(daemon->wait_for("live 1d: ok: 1 symbols")) << daemon->errors();
  cluster.stop_immediate();
  EXPECT_TRUE(daemon->wait_for("the database is not there, work waits for it: ")) << daemon->errors();
  EXPECT_TRUE(systemd.wait_for("STATUS=waiting for the database: ")) << daemon->errors();
  cluster.start();
  EXPECT_TRUE(daemon->wait_for("the database is back after ")) << daemon->errors();
  EXPECT_TRUE(systemd.wait_for("STATUS=1 job: live")) << daemon->errors();
  daemon->signal(SIGTERM);

  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
  // The server's own start and end may each be an outage of its own, a second apart.
  EXPECT_LE(count_of(daemon->errors(), "warning the database is not there"), 4U) << daemon->errors();
}

TEST(Service, a_second_sigterm_ends_a_start_that_hangs) {
  // Somebody migrates: the schema cannot be read.
  World world{{.exchange = past, .jobs = every_second_job}};
  Process holder{{"psql", "--no-psqlrc", "--quiet", world.url(), "-c",
                  "BEGIN; LOCK TABLE candled.schema_migration;", "-c", "SELECT 'locked'", "-c",
                  "SELECT pg_sleep(60)"}};
  ASSERT_TRUE(holder.wait_for("locked")) << holder.errors();

  auto const daemon = world.start({"run"});
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (value(world.url(),
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
               "wait_event_type = 'Lock'") == "0" &&
         std::chrono::steady_clock::now() < deadline) {
  }
  daemon->signal(SIGTERM);
  EXPECT_TRUE(daemon->wait_for("stopping: ")) << daemon->errors();
  daemon->signal(SIGTERM);

  EXPECT_EQ(daemon->wait(), 1) << daemon->errors();
  EXPECT_TRUE(daemon->errors().contains("asked twice to stop: ending now")) << daemon->errors();
}

TEST(Repair, tries_gaps_that_wait_for_a_later_time) {
  World world{{.exchange = past,
               .faults = "502 ticker=AAPL times=12\n",
               .jobs =
                   "  - { name: daily, provider: exchange, timeframe: 1d, symbols: [AAPL], calendar: XNYS, "
                   "history: 2024-03-04 }\n"}};

  auto const backfill = world.candled({"backfill", "--from", "2024-03-04", "--to", "2024-03-08"});
  ASSERT_EQ(backfill.exit_code, 1) << backfill.errors;
  auto const gaps = world.candled({"gaps", "--reason", "fetch_failed"});
  EXPECT_TRUE(gaps.output.contains("fetch_failed")) << gaps.output;
  EXPECT_TRUE(gaps.output.contains("`candled repair` works all other gaps now")) << gaps.output;
  auto const repair = world.candled({"repair"});

  EXPECT_EQ(repair.exit_code, 0) << repair.errors << repair.output;
  EXPECT_EQ(world.candled({"gaps", "--reason", "fetch_failed"}).output,
            "no gaps of the reason fetch_failed\n");
}

TEST(Repair, detached_it_is_a_request_of_its_kind) {
  World world{{.exchange = past,
               .jobs =
                   "  - { name: daily, provider: exchange, timeframe: 1d, symbols: [AAPL], calendar: XNYS, "
                   "history: 2024-03-04 }\n"}};

  auto const repair = world.candled({"repair", "--detach"});

  EXPECT_EQ(repair.exit_code, 0) << repair.errors;
  EXPECT_EQ(value(world.url(), "SELECT kind || ' ' || state FROM candled.backfill_request"), "repair queued");
}

}  // namespace
}  // namespace candled::test
