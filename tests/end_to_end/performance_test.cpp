// The record of performance, and what a person makes of it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

constexpr auto start = "2024-03-06T14:00:00Z";
constexpr auto speed = 200;  // five minutes in 1.5 s
constexpr auto job =
    "  - { name: crypto, provider: exchange, timeframe: 1m, symbols: [\"X:BTCUSD\"], calendar: 24x7, "
    "history: "
    "2024-03-06, schedule: { every: 1m, delay: 20s } }\n";

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string cell(std::string const& line, std::size_t number) {
  std::istringstream stream{line};
  std::string text;
  for (std::size_t i = 0; i <= number; ++i) std::getline(stream, text, ',');
  return text;
}

struct Performance : testing::Test {
  Performance() {
    auto config = read_file(world.config());
    auto const csv = config.find("timings.csv\"") + 12;
    world.dir().write("candled.yaml", config.insert(csv, ", warn: { memory: 1MiB }"));
  }

  Finished report(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "report");
    return world.candled(std::move(arguments), drill);
  }

  std::string const epoch = std::to_string(
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count());
  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", start, "--speed",
                            std::to_string(speed), "--zero", epoch},
               .jobs = job}};
  std::map<std::string, std::string> const drill{
      {"CANDLED_DRILL_CLOCK", fmt::format("{} x{} @{}", start, speed, epoch)}};
};

TEST_F(Performance, is_recorded_each_five_minutes_warned_of_and_reported) {
  auto const daemon = world.start({"run"}, drill);
  ASSERT_TRUE(daemon->wait_for("performance: the memory in use was ")) << daemon->errors();
  nlohmann::json json;
  do {
    auto const finished = report({"--json"});
    ASSERT_EQ(finished.exit_code, 0) << finished.errors;
    json = nlohmann::json::parse(finished.output);
  } while (json["rows"] < 3);
  daemon->signal(SIGTERM);
  ASSERT_EQ(daemon->wait(), 0) << daemon->errors();

  auto const lines = lines_of(read_file(world.dir() / "performance_metrics.csv"));
  EXPECT_EQ(lines.front().substr(0, 34), "from,to,uptime_s,requests,succeede");
  EXPECT_GE(lines.size(), 4U);
  long requests = 0;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (i > 1) EXPECT_EQ(cell(lines[i], 0), cell(lines[i - 1], 1)) << "a row begins where the last one ended";
    requests += std::atol(cell(lines[i], 3).c_str());
  }
  // Of the first row and the last, too; what the stop cut short was seen by the exchange only.
  EXPECT_GT(requests, 0);
  EXPECT_LE(requests, world.reported("requests"));
  EXPECT_GE(requests, world.reported("requests") - 16);
  EXPECT_EQ(json["trend"]["success_pct"]["median"], 100.0);
  EXPECT_EQ(json["stands_out"][0]["about"], "starts");
}

TEST_F(Performance, of_a_daemon_that_never_ran_is_not_there) {
  auto const finished = report({"--since", "1h"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_TRUE(
      finished.errors.contains((world.dir() / "performance_metrics.csv") + ": No such file or directory"))
      << finished.errors;
}

TEST_F(Performance, of_another_machine_needs_no_configuration) {
  auto const csv = std::string{CANDLED_SOURCE_DIR} + "/tests/fixtures/performance/two_hours.csv";

  auto const finished = run({built_program("candled"), "report", "--config", "/nonexistent", "--file", csv},
                            {{"CANDLED_DRILL_CLOCK", "2026-11-23T13:30:00Z x1 @" + epoch}});

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_TRUE(finished.output.contains("what stands out:\n- nothing is on record from ")) << finished.output;
}

TEST_F(Performance, that_cannot_be_written_ends_the_start_with_4) {
  auto config = read_file(world.config());
  world.dir().write("candled.yaml", config.insert(config.find(", warn:"),
                                                  ", performance: \"" + (world.dir() / "none/p.csv") + "\""));

  auto const finished = world.candled({"run"});

  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_TRUE(finished.errors.contains("the record of performance cannot be written: ")) << finished.errors;
}

}  // namespace
}  // namespace candled::test
