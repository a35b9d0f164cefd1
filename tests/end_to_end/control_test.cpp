// The control plane of a real daemon: what `curl localhost:8787/healthz` shows while things go wrong and
// right.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "end_to_end/control_client.hpp"
#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

using Json = nlohmann::json;

constexpr auto every_second_job =
    "  - { name: live, provider: exchange, timeframe: 1d, symbols: [AAPL], calendar: XNYS, history: "
    "2024-03-04, schedule: { every: 1s } }\n";
constexpr auto control = "control: { listen: 127.0.0.1:0 }\n";

std::vector<std::string> const past = {"--synthetic", "7",     "--synthetic-from",
                                       "2024-03-01",  "--now", "2024-03-09"};

// The value of one series; -1: it is not there.
long number_of(std::string const& metrics, std::string const& series) {
  auto const at = metrics.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::atol(metrics.c_str() + at + series.size() + 2);
}

TEST(Control, tells_that_all_is_well_and_what_was_done) {
  World world{{.exchange = past, .jobs = every_second_job, .more = control}};
  auto const daemon = world.start({"run"});
  ControlClient const client{*daemon};
  ASSERT_TRUE(daemon->wait_for("live 1d: ok: 1 symbols")) << daemon->errors();

  EXPECT_EQ(client.get("/livez").status, 200);
  ControlReply metrics;
  EXPECT_TRUE(client.comes_to_be("/readyz", [&](Json const& json) {
    metrics = client.get("/metrics");  // a batch is told first, and counted once it is on record
    return json["ready"] == true &&
           number_of(metrics.body, "candled_batches_total{job=\"live\",outcome=\"ok\"}") >= 1;
  }));
  auto const health = Json::parse(client.get("/healthz").body);

  std::vector<std::string> names;
  for (auto const& component : health["components"]) names.push_back(component["name"]);
  EXPECT_EQ(names, (std::vector<std::string>{"database", "provider:exchange", "scheduler", "budget",
                                             "timings", "clock", "configuration"}));
  EXPECT_EQ(state_of(health, "database"), "ok: ok");
  EXPECT_EQ(state_of(health, "scheduler"), "ok: ok");
  EXPECT_EQ(state_of(health, "provider:exchange"), "ok: ok");
  EXPECT_TRUE(metrics.head.contains("Content-Type: text/plain; version=0.0.4")) << metrics.head;
  EXPECT_GE(number_of(metrics.body, "candled_requests_total{provider=\"exchange\",outcome=\"ok\"}"), 1);
  EXPECT_TRUE(metrics.body.contains("candled_component_up{component=\"database\"} 1\n")) << metrics.body;
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

TEST(Control, sees_a_database_go_away_and_come_back) {
  PrivateCluster cluster;
  World world{{.exchange = past, .jobs = every_second_job, .database_url = cluster.url(), .more = control}};
  ASSERT_EQ(world.candled({"migrate"}).exit_code, 0);
  auto const daemon = world.start({"run"});
  ControlClient const client{*daemon};
  ASSERT_TRUE(daemon->wait_for("live 1d: ok: 1 symbols")) << daemon->errors();

  cluster.stop_immediate();
  EXPECT_TRUE(client.becomes("database", "down: database_away"));
  EXPECT_EQ(client.get("/healthz").status, 503);
  EXPECT_EQ(client.get("/livez").status, 200);
  cluster.start();
  EXPECT_TRUE(client.becomes("database", "ok: ok"));

  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

TEST(Control, sees_a_start_that_waits_for_its_database) {
  PrivateCluster cluster;
  World world{{.exchange = past, .jobs = every_second_job, .database_url = cluster.url(), .more = control}};
  ASSERT_EQ(world.candled({"migrate"}).exit_code, 0);
  cluster.stop();

  auto const daemon = world.start({"run"});
  ControlClient const client{*daemon};

  EXPECT_TRUE(client.becomes("scheduler", "degraded: starting"));
  EXPECT_TRUE(client.comes_to_be("/readyz", [](Json const& json) { return json["reason"] == "starting"; }));
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

struct FaultCase {
  char const* name;
  char const* fault;
  char const* state;
};

class ControlFaults : public testing::TestWithParam<FaultCase> {};

TEST_P(ControlFaults, of_the_provider_are_seen) {
  World world{{.exchange = past,
               .faults = GetParam().fault,
               .jobs = every_second_job,
               .retry = "{ multiplier: 500ms, min: 500ms, max: 500ms, attempts: 100 }",
               .more = control}};
  auto const daemon = world.start({"run"});
  ControlClient const client{*daemon};

  EXPECT_TRUE(client.becomes("provider:exchange", GetParam().state)) << daemon->errors();

  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

INSTANTIATE_TEST_SUITE_P(
    All, ControlFaults,
    testing::Values(FaultCase{"server_errors", "502 ticker=AAPL\n", "degraded: failing"},
                    FaultCase{"truncated_bodies", "truncate ticker=AAPL\n", "degraded: failing"},
                    FaultCase{"a_refused_key", "401 ticker=AAPL\n", "down: key_refused"}),
    [](auto const& fault) { return fault.param.name; });

TEST(Control, sees_a_fault_clear) {
  World world{{.exchange = past,
               .faults = "502 ticker=AAPL times=6\n",
               .jobs = every_second_job,
               .retry = "{ multiplier: 500ms, min: 500ms, max: 500ms, attempts: 100 }",
               .more = control}};
  auto const daemon = world.start({"run"});
  ControlClient const client{*daemon};

  EXPECT_TRUE(client.becomes("provider:exchange", "degraded: failing")) << daemon->errors();
  EXPECT_TRUE(client.becomes("provider:exchange", "ok: ok")) << daemon->errors();

  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

TEST(Control, sees_a_broken_reload_and_what_needs_a_restart) {
  World world{{.exchange = past, .jobs = every_second_job, .more = control}};
  auto const daemon = world.start({"run"});
  ControlClient const client{*daemon};
  auto const config = read_file(world.config());

  world.dir().write("candled.yaml", config + "no_such_key: 1\n");
  daemon->signal(SIGHUP);
  EXPECT_TRUE(client.becomes("configuration", "degraded: reload_failed"));
  EXPECT_TRUE(client.get("/metrics").body.contains("candled_config_last_reload_successful 0\n"));
  EXPECT_FALSE(client.get("/healthz").body.contains("no_such_key"));
  world.dir().write("candled.yaml", config + "log: { format: json }\n");
  daemon->signal(SIGHUP);
  EXPECT_TRUE(client.becomes("configuration", "degraded: restart_needed"));
  world.dir().write("candled.yaml", config);
  daemon->signal(SIGHUP);
  EXPECT_TRUE(client.becomes("configuration", "ok: ok"));

  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

TEST(Control, an_address_that_is_taken_ends_the_start) {
  World first{{.exchange = past, .jobs = every_second_job, .more = control}};
  auto const daemon = first.start({"run"});
  ControlClient const client{*daemon};
  World second{{.exchange = past,
                .jobs = every_second_job,
                .more = fmt::format("control: {{ listen: 127.0.0.1:{} }}\n", client.port())}};

  auto const ended = second.candled({"run"});

  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_TRUE(ended.errors.contains("Address already in use")) << ended.errors;
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

TEST(Control, is_not_there_when_it_is_not_configured) {
  World world{{.exchange = past, .jobs = every_second_job}};
  auto const daemon = world.start({"run"});

  EXPECT_TRUE(daemon->wait_for("live 1d: ok: 1 symbols")) << daemon->errors();
  EXPECT_FALSE(daemon->errors().contains("control: listening"));
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

}  // namespace
}  // namespace candled::test
