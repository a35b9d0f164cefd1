#include "control/health.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/health_answers.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime const noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h;

ComponentHealth seen(HealthSignals const& signals, std::string const& name) {
  for (auto const& component : judge(signals, noon))
    if (component.name == name) return component;
  ADD_FAILURE() << "no component " << name;
  return {};
}

// state and reason in one, to be read in a table: "down: key_refused"
std::string verdict(HealthSignals const& signals, std::string const& name) {
  auto const component = seen(signals, name);
  return std::string{to_string(component.state)} + ": " + component.reason;
}

std::string provider_verdict(ProviderSignals provider) {
  provider.name = "massive";
  return verdict({.providers = {provider}}, "provider:massive");
}

TEST(Health, is_ok_when_nothing_is_seen) {
  auto const components = judge({.providers = {{.name = "massive"}}}, noon);

  std::vector<std::string> names;
  for (auto const& component : components) {
    names.push_back(component.name);
    EXPECT_EQ(component.state, HealthState::ok) << component.name;
    EXPECT_EQ(component.reason, "ok") << component.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"database", "provider:massive", "scheduler", "budget", "timings",
                                             "clock", "configuration"}));
  EXPECT_EQ(overall(components), HealthState::ok);
}

TEST(Health, a_database_is_down_when_two_calls_in_a_row_find_it_away) {
  EXPECT_EQ(verdict({.database_away_in_a_row = 1, .providers = {}}, "database"), "ok: ok");
  EXPECT_EQ(verdict({.database_away_in_a_row = 2, .providers = {}}, "database"), "down: database_away");
  EXPECT_EQ(verdict({.database_away_in_a_row = 2, .providers = {}}, "budget"), "down: budget_not_on_record");
  EXPECT_EQ(verdict({.work_waits_for_database = true, .providers = {}}, "database"),
            "degraded: database_unsteady");
  EXPECT_EQ(seen({.database_away_in_a_row = 2, .database_next_try = noon + 5s, .providers = {}}, "database")
                .next_try,
            noon + 5s);
}

TEST(Health, tells_what_is_wrong_with_a_provider) {
  EXPECT_EQ(provider_verdict({.failures_in_a_row = 1}), "ok: ok");
  EXPECT_EQ(provider_verdict({.failures_in_a_row = 2}), "degraded: failing");
  EXPECT_EQ(provider_verdict({.batch_failed = true}), "degraded: windows_given_up");
  EXPECT_EQ(provider_verdict({.hold = Hold::rate_limited}), "degraded: rate_limited");
  EXPECT_EQ(provider_verdict({.failures_in_a_row = 5, .hold = Hold::breaker_open}), "down: breaker_open");
  EXPECT_EQ(provider_verdict({.key_refused = true, .batch_failed = true}), "down: key_refused");
  EXPECT_EQ(provider_verdict({.hold = Hold::budget_used_up}), "ok: ok");
}

TEST(Health, a_budget_that_is_used_up_is_no_trouble) {
  HealthSignals const signals{
      .providers = {{.name = "massive", .hold = Hold::budget_used_up, .hold_until = noon + 1min}}};

  EXPECT_EQ(verdict(signals, "budget"), "ok: budget_used_up");
  EXPECT_EQ(seen(signals, "budget").next_try, noon + 1min);
}

TEST(Health, tells_the_daemons_phase_and_a_slow_loop) {
  EXPECT_EQ(verdict({.phase = Phase::starting, .providers = {}}, "scheduler"), "degraded: starting");
  EXPECT_EQ(verdict({.phase = Phase::draining, .providers = {}}, "scheduler"), "down: draining");
  EXPECT_EQ(verdict({.loop_late = 1s, .providers = {}}, "scheduler"), "ok: ok");
  EXPECT_EQ(verdict({.loop_late = 1001ms, .providers = {}}, "scheduler"), "degraded: loop_slow");
}

TEST(Health, tells_of_timings_clock_and_configuration) {
  EXPECT_EQ(verdict({.providers = {}, .timings_lost = true}, "timings"), "degraded: timings_not_written");
  EXPECT_EQ(verdict({.providers = {}, .timings_configured = false}, "timings"), "ok: not_configured");
  EXPECT_EQ(verdict({.providers = {}, .clock_jumped_at = noon - 4min}, "clock"), "degraded: clock_jumped");
  EXPECT_EQ(verdict({.providers = {}, .clock_jumped_at = noon - 5min}, "clock"), "ok: ok");
  EXPECT_EQ(verdict({.providers = {}, .drill_clock = true}, "clock"), "degraded: drill_clock");
  EXPECT_EQ(verdict({.providers = {{.name = "massive", .clock_ahead = -31s}}}, "clock"),
            "degraded: clocks_differ");
  EXPECT_EQ(verdict({.providers = {}, .reload_failed = true, .restart_needed = true}, "configuration"),
            "degraded: reload_failed");
  EXPECT_EQ(verdict({.providers = {}, .restart_needed = true}, "configuration"), "degraded: restart_needed");
}

TEST(Health, as_a_whole_is_down_when_no_bar_can_come) {
  auto const state_of = [](std::vector<ComponentHealth> const& components) {
    return std::string{to_string(overall(components))};
  };

  EXPECT_EQ(state_of({{.name = "database", .state = HealthState::down}}), "down");
  EXPECT_EQ(state_of({{.name = "provider:a", .state = HealthState::down}}), "down");
  EXPECT_EQ(state_of({{.name = "provider:a", .state = HealthState::down}, {.name = "provider:b"}}),
            "degraded");
  EXPECT_EQ(state_of({{.name = "timings", .state = HealthState::degraded}}), "degraded");
}

TEST(HealthRecord, remembers_since_when_it_is_so) {
  HealthRecord record;
  ComponentHealth const well{.name = "database"};
  ComponentHealth const away{.name = "database", .state = HealthState::down, .reason = "database_away"};

  record.see({well}, noon);
  record.see({well}, noon + 1s);
  EXPECT_EQ(record.entries()[0].since, noon);
  record.see({away}, noon + 2s);
  record.see({away}, noon + 9s);

  EXPECT_EQ(record.entries()[0].since, noon + 2s);
  EXPECT_EQ(record.entries()[0].last_ok, noon + 1s);
  EXPECT_EQ(record.since(), noon + 2s);
  EXPECT_EQ(record.state(), HealthState::down);
}

TEST(Readiness, bears_half_a_minute_without_the_database) {
  HealthRecord record;
  record.see({{.name = "database", .state = HealthState::down, .reason = "database_away"}}, noon);
  HealthSignals const running{.providers = {}};

  EXPECT_EQ(not_ready(running, record, noon + 29s), std::nullopt);
  EXPECT_EQ(not_ready(running, record, noon + 30s), "database_away");
  EXPECT_EQ(not_ready({.phase = Phase::starting, .providers = {}}, record, noon), "starting");
  EXPECT_EQ(not_ready({.phase = Phase::draining, .providers = {}}, record, noon), "draining");
}

TEST(HealthAnswer, has_each_component_with_its_words) {
  HealthRecord record;
  record.see({{.name = "database"},
              {.name = "timings", .state = HealthState::degraded, .reason = "timings_not_written"}},
             noon);

  auto const answer = health_answer(record, noon - 1h, noon);

  EXPECT_EQ(answer.status, 200);
  auto const json = nlohmann::json::parse(answer.body);
  EXPECT_EQ(json["state"], "degraded");
  EXPECT_EQ(json["since"], "2026-11-23T12:00:00Z");
  ASSERT_EQ(json["components"].size(), 2U);
  EXPECT_EQ(json["components"][1]["reason"], "timings_not_written");
  EXPECT_EQ(json["components"][1]["last_ok"], nullptr);
  EXPECT_EQ(json["components"][1]["do"], "space or permissions of its folder");
}

TEST(HealthAnswer, is_503_when_it_is_down) {
  HealthRecord record;
  record.see({{.name = "database", .state = HealthState::down, .reason = "database_away"}}, noon);

  EXPECT_EQ(health_answer(record, noon, noon).status, 503);
  EXPECT_EQ(ready_answer("draining").status, 503);
  EXPECT_EQ(ready_answer(std::nullopt).status, 200);
  EXPECT_EQ(live_answer().status, 200);
}

// The document's table is this one.
TEST(HealthReasons, are_all_in_the_document) {
  auto const document = test::read_file(std::string{CANDLED_SOURCE_DIR} + "/docs/control.md");

  EXPECT_GE(all_reasons().size(), 15U);
  for (auto const& [reason, means, todo] : all_reasons())
    EXPECT_TRUE(document.contains("| `" + std::string{reason} + "` | " + std::string{means} + " | " +
                                  std::string{todo} + " |"))
        << "| `" << reason << "` | " << means << " | " << todo << " |";
}

}  // namespace
}  // namespace candled
