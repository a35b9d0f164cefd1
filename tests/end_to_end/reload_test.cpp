// SIGHUP: the configuration file is read again while the daemon works.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "end_to_end/notify_socket.hpp"
#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

std::string daily_job(std::string const& name, std::string const& ticker) {
  return fmt::format(
      "  - {{ name: {}, provider: exchange, timeframe: 1d, symbols: [{}], calendar: XNYS, history: "
      "2024-03-04, schedule: {{ every: 1h }} }}\n",
      name, ticker);
}

// A daemon that has fetched its job `first`, and its configuration.
struct Reloads : testing::Test {
  void SetUp() override {
    daemon = world.start({"run"}, systemd.environment());
    ASSERT_TRUE(systemd.wait_for("READY=1")) << daemon->errors();
    ASSERT_TRUE(daemon->wait_for("first 1d: ok: 1 symbols")) << daemon->errors();
  }
  void TearDown() override {
    daemon->signal(SIGTERM);
    EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
  }

  // The file with `more` after its jobs.
  void write_jobs(std::string const& jobs) {
    auto changed = config;
    changed.replace(changed.find(daily_job("first", "AAPL")), daily_job("first", "AAPL").size(), jobs);
    world.dir().write("candled.yaml", changed);
  }
  void hang_up() {
    daemon->signal(SIGHUP);
    EXPECT_TRUE(systemd.wait_for("RELOADING=1\nMONOTONIC_USEC=")) << daemon->errors();
    EXPECT_TRUE(systemd.wait_for("READY=1\nSTATUS=")) << daemon->errors();
  }
  std::string config_error() const {
    return value(world.url(), "SELECT config_error FROM candled.ingest_run WHERE command = 'run'");
  }
  // Until the ledger has it.
  bool comes_to_be(std::string const& query) const {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (value(world.url(), query) != "t")
      if (std::chrono::steady_clock::now() > deadline) return false;
    return true;
  }

  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09"},
               .jobs = daily_job("first", "AAPL")}};
  std::string const config = read_file(world.config());
  NotifySocket systemd{world.dir() / "notify"};
  std::unique_ptr<Process> daemon;
};

TEST_F(Reloads, starts_new_jobs_and_ends_gone_ones) {
  write_jobs(daily_job("first", "AAPL") + daily_job("second", "MSFT"));
  hang_up();

  EXPECT_TRUE(daemon->wait_for("jobs ended: none; started: second; untouched: 1")) << daemon->errors();
  EXPECT_TRUE(daemon->wait_for("second 1d: ok: 1 symbols")) << daemon->errors();

  write_jobs(daily_job("second", "MSFT"));
  hang_up();

  EXPECT_TRUE(daemon->wait_for("jobs ended: first; started: none; untouched: 1")) << daemon->errors();
}

TEST_F(Reloads, goes_on_through_bad_good_bad_good) {
  for (int round = 0; round < 2; ++round) {
    world.dir().write("candled.yaml", config + "no_such_key: 1\n");
    hang_up();
    EXPECT_TRUE(systemd.heard().back().contains("the configuration has 1 problems: nothing has changed"));
    EXPECT_TRUE(daemon->wait_for("candled.yaml:")) << daemon->errors();
    EXPECT_TRUE(comes_to_be(
        "SELECT config_error LIKE '%no_such_key%' FROM candled.ingest_run WHERE command = 'run'"));
    world.dir().write("candled.yaml", config);
    EXPECT_TRUE(world.candled({"status"}).output.contains("it could not be loaded again:\n"));

    write_jobs(daily_job("first", "AAPL"));
    hang_up();
    EXPECT_TRUE(systemd.heard().back().contains("jobs ended: none; started: none; untouched: 1"));
    EXPECT_TRUE(comes_to_be(
        "SELECT config_error = '' AND config_loaded_at > started_at FROM candled.ingest_run WHERE command = "
        "'run'"));
  }
}

TEST_F(Reloads, names_what_needs_a_restart_and_takes_the_log_level) {
  auto changed = config + "log: { level: debug, format: json }\n";
  changed.replace(changed.find("timings.csv"), 11, "another.csv");
  world.dir().write("candled.yaml", changed);
  hang_up();

  EXPECT_TRUE(daemon->wait_for("a restart is needed for what has changed in timings, log.format"))
      << daemon->errors();
  EXPECT_TRUE(daemon->errors().contains("untouched: 1")) << daemon->errors();
}

TEST(ReloadUnderLoad, leaves_the_requests_of_an_unchanged_job_alone) {
  std::string const long_job =
      "  - { name: long, provider: exchange, timeframe: 1d, symbols: [A, B, C, D, E, F, G, H, I, J], "
      "calendar: "
      "XNYS, history: 2024-03-04, schedule: { every: 1h }, batch: { symbols: 10, parallel: 2 } }\n";
  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09",
                            "--latency", "200ms"},
               .jobs = long_job}};
  NotifySocket systemd{world.dir() / "notify"};
  auto const config = read_file(world.config());

  auto const daemon = world.start({"run"}, systemd.environment());
  ASSERT_TRUE(systemd.wait_for("READY=1")) << daemon->errors();
  for (auto const* const name : {"one", "two", "three"}) {
    auto changed = config;
    changed.insert(changed.find(long_job), daily_job(name, "MSFT"));
    world.dir().write("candled.yaml", changed);
    daemon->signal(SIGHUP);
    EXPECT_TRUE(daemon->wait_for(fmt::format("started: {}; untouched: 1", name))) << daemon->errors();
  }
  EXPECT_TRUE(daemon->wait_for("long 1d: ok: 10 symbols, 50 bars")) << daemon->errors();
  EXPECT_FALSE(daemon->errors().contains("long 1d: stopped")) << daemon->errors();

  daemon->signal(SIGTERM);  // which may stop the same job's other lanes
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

}  // namespace
}  // namespace candled::test
