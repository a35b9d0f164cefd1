// Every fault that can be injected is seen on /healthz within two intervals of the job that meets it, and is
// gone within a minute of its repair, by the times that the daemon itself says.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/time.hpp"
#include "end_to_end/control_client.hpp"
#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr auto interval = 5s;
constexpr auto repaired_within = 60s;
// `since` is when the daemon looked: right to a second.
constexpr auto look = 1s;

constexpr auto job =
    "  - { name: live, provider: exchange, timeframe: 1d, symbols: [AAPL], calendar: XNYS, history: "
    "2024-03-04, schedule: { every: 5s } }\n";

UtcTime now() {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

class HealthFaults : public testing::Test {
 protected:
  // The faults file is there, so that what it says can be changed.
  WorldOptions options() const {
    return {.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09"},
            .faults = "# none\n",
            .jobs = job,
            .timeout = "1s",
            .retry = "{ multiplier: 500ms, min: 500ms, max: 500ms, attempts: 100 }",
            .more = "control: { listen: 127.0.0.1:0 }\n"};
  }

  void start(WorldOptions const& options, std::string const& ready = "live 1d: ok: 1 symbols") {
    world_.emplace(options);
    // What parks the requests for less than five seconds is not told.
    auto config = read_file(world_->config());
    config.replace(config.find("open_for: 1s"), 12, "open_for: 8s");
    world_->dir().write("candled.yaml", config);
    if (!options.database_url.empty()) ASSERT_EQ(world_->candled({"migrate"}).exit_code, 0);
    daemon_ = world_->start({"run"});
    client_.emplace(*daemon_);
    ASSERT_TRUE(daemon_->wait_for(ready)) << daemon_->errors();
    // A bar that is there is not asked for again: each batch needs something to ask.
    ASSERT_TRUE(client_->becomes("scheduler", "ok: ok"));
  }

  void TearDown() override {
    daemon_->signal(SIGTERM);
    EXPECT_EQ(daemon_->wait(), 0) << daemon_->errors();
  }

  // What is not covered is due: the next batch asks, from now on in every second. A batch on its way covers
  // it again.
  void make_work() { needs_work_ = true; }

  void exchange_says(std::string const& faults) {
    world_->dir().write("faults", faults);
    world_->kill_exchange();
  }

  // When the component came to have the state that it has, which is one of `states`.
  UtcTime since(std::string const& component, std::vector<std::string> const& states) const {
    UtcTime found{};
    int looks = 0;
    EXPECT_TRUE(client_->comes_to_be("/healthz", [&](Json const& health) {
      if (needs_work_ && looks++ % 50 == 0) rows(world_->url(), "UPDATE candled.series SET covered = '{}'");
      for (auto const& one : health["components"])
        if (one["name"] == component) found = parse_rfc3339(one["since"].get<std::string>()).value();
      return std::ranges::find(states, state_of(health, component)) != states.end();
    })) << component;
    return found;
  }

  void expect_seen(std::string const& component, std::vector<std::string> const& states,
                   UtcTime injected) const {
    EXPECT_LE(since(component, states) - injected, 2 * interval + look) << component;
  }
  void expect_clear(std::string const& component, UtcTime repaired) const {
    EXPECT_LE(since(component, {"ok: ok"}) - repaired, repaired_within) << component;
  }

  bool needs_work_ = false;
  std::optional<World> world_;
  std::unique_ptr<Process> daemon_;
  std::optional<ControlClient> client_;
};

TEST_F(HealthFaults, a_database_that_stops_and_starts) {
  PrivateCluster cluster;
  auto with_cluster = options();
  with_cluster.database_url = cluster.url();
  start(with_cluster);

  auto const injected = now();
  cluster.stop_immediate();
  expect_seen("database", {"down: database_away"}, injected);
  expect_seen("budget", {"down: budget_not_on_record"}, injected);
  cluster.start();
  auto const repaired = now();
  expect_clear("database", repaired);
  expect_clear("budget", repaired);
  TearDown();
  daemon_ = world_->start({"run"});  // TearDown's, while the cluster is there
}

TEST_F(HealthFaults, an_exchange_that_nobody_reaches) {
  start(options());

  world_->stop_exchange();
  make_work();
  expect_seen("provider:exchange", {"degraded: failing", "down: breaker_open"}, now());
  world_->kill_exchange();
  expect_clear("provider:exchange", now());
}

struct ProviderFault {
  char const* name;
  char const* fault;
  std::vector<std::string> states;
  char const* component = "provider:exchange";
};

class HealthProviderFaults : public HealthFaults, public testing::WithParamInterface<ProviderFault> {};

TEST_P(HealthProviderFaults, are_seen_and_clear) {
  start(options());

  exchange_says(GetParam().fault);
  make_work();
  expect_seen(GetParam().component, GetParam().states, now());
  exchange_says("# none\n");
  expect_clear(GetParam().component, now());
}

INSTANTIATE_TEST_SUITE_P(
    All, HealthProviderFaults,
    testing::Values(ProviderFault{"too_many_requests", "429 retry-after=15s\n", {"degraded: rate_limited"}},
                    ProviderFault{"server_errors", "500\n", {"degraded: failing", "down: breaker_open"}},
                    ProviderFault{"broken_bodies", "truncate\n", {"degraded: failing", "down: breaker_open"}},
                    ProviderFault{"stalls", "stall-before\n", {"degraded: failing", "down: breaker_open"}},
                    ProviderFault{"wrong_dates", "wrong-date\n", {"degraded: clocks_differ"}, "clock"}),
    [](auto const& fault) { return fault.param.name; });

TEST_F(HealthFaults, a_storm_of_server_errors_opens_the_breaker) {
  auto stormy = options();
  stormy.retry = "{ multiplier: 20ms, min: 10ms, max: 20ms, attempts: 100 }";
  start(stormy);

  exchange_says("503\n");
  make_work();
  expect_seen("provider:exchange", {"down: breaker_open"}, now());
  exchange_says("# none\n");
  expect_clear("provider:exchange", now());
}

// A refused key is not tried again by itself: its repair is the key, and a restart.
TEST_F(HealthFaults, a_refused_key) {
  start(options());

  exchange_says("401\n");
  make_work();
  expect_seen("provider:exchange", {"down: key_refused"}, now());
  exchange_says("# none\n");
  TearDown();
  auto const repaired = now();
  daemon_ = world_->start({"run"});
  client_.emplace(*daemon_);
  ASSERT_TRUE(daemon_->wait_for("live 1d: ok: 1 symbols")) << daemon_->errors();
  expect_clear("provider:exchange", repaired);
}

TEST_F(HealthFaults, timings_that_cannot_be_written) {
  start(options());
  auto const file = world_->dir() / "timings.csv";

  std::filesystem::rename(file, file + ".away");
  std::filesystem::create_directory(
      file);  // root may write everywhere, but not into a folder as if it were a file
  make_work();
  expect_seen("timings", {"degraded: timings_not_written"}, now());
  std::filesystem::remove(file);
  std::filesystem::rename(file + ".away", file);
  make_work();
  expect_clear("timings", now());
}

TEST_F(HealthFaults, a_mistake_in_a_changed_configuration) {
  start(options());
  auto const good = read_file(world_->config());

  world_->dir().write("candled.yaml", good + "no_such_key: 1\n");
  daemon_->signal(SIGHUP);
  expect_seen("configuration", {"degraded: reload_failed"}, now());
  world_->dir().write("candled.yaml", good);
  daemon_->signal(SIGHUP);
  expect_clear("configuration", now());
}

TEST_F(HealthFaults, a_loop_that_is_late) {
  start(options());

  daemon_->signal(SIGSTOP);
  ASSERT_TRUE(daemon_->wait_until_stopped());
  poll(nullptr, 0, 2'500);  // this is the fault: two ticks and a half are missed
  daemon_->signal(SIGCONT);
  auto const injected = now();
  expect_seen("scheduler", {"degraded: loop_slow"}, injected);
  expect_clear("scheduler", injected);
}

}  // namespace
}  // namespace candled::test
