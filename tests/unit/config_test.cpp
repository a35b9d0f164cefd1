#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "config/describe.hpp"
#include "config/load_config.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

std::string const example_path = std::string{CANDLED_SOURCE_DIR} + "/config/candled.yaml";

constexpr std::string_view key_from_environment = "${env:MASSIVE_API_KEY}";

// The smallest configuration, with `key` as its api_key and `job` within its only job.
std::string yaml_with(std::string_view key, std::string_view job = "symbols: [AAPL]") {
  std::ostringstream text;
  text << "database: { url: postgresql:///candled }\n"
       << "providers:\n  massive:\n    kind: polygon\n    api_key: " << key << "\n"
       << "jobs:\n  - name: us\n    provider: massive\n    timeframe: 1m\n    history: 2024-01-01\n    "
       << job << "\n";
  return text.str();
}

std::string printed(ConfigResult const& result) {
  if (result) return "no problem";
  std::string text;
  for (auto const& problem : result.error()) text += (text.empty() ? "" : "\n") + to_string(problem);
  return text;
}

class ConfigTest : public testing::Test {
 protected:
  void SetUp() override { setenv("MASSIVE_API_KEY", "CANARY-key", 1); }
  void TearDown() override { unsetenv("MASSIVE_API_KEY"); }

  test::TempDir folder_;
};

class Example : public ConfigTest {};

TEST_F(Example, holds_what_it_says) {
  auto const config = load_config(example_path);

  ASSERT_TRUE(config) << printed(config);
  std::vector<std::string> const expected{
      "database: { url: \"postgresql:///candled\", writers: 2 }",
      "providers:",
      "  massive:",
      "    kind: polygon",
      "    base_url: https://api.massive.com",
      "    api_key: (set, not shown)",
      "    rate_limit: { requests: 150, per: 1m, burst: 5, adaptive: false }",
      "    concurrency: 16",
      "    timeout: 30s",
      "  massive-files:",
      "    kind: flatfile",
      "    fills: massive",
      "    root: /srv/flatfiles",
      "    asset_class: us_stocks_sip",
      "retry: { multiplier: 1s, min: 1s, max: 5m, attempts: 10, jitter: full }",
      "breaker: { failures: 5, open_for: 1m }",
      "jobs:",
      "  - name: us-minute",
      "    provider: massive",
      "    timeframe: 1m",
      "    symbols: [AAPL, MSFT]",
      "    calendar: XNYS",
      "    schedule: { every: 1m, delay: 20s }",
      "    history: 2024-01-01",
      "    batch: { symbols: 50, parallel: 3, stagger: 5s }",
      "    settle: [15m, 1d, 7d]",
      "    retention: (none)",
      "    rollups: [5m, 1h]",
      "  - name: us-day",
      "    provider: massive",
      "    timeframe: 1d",
      "    symbols: [AAPL, MSFT]",
      "    calendar: XNYS",
      "    schedule: { at: \"20:30\", zone: America/New_York }",
      "    history: 2004-01-01",
      "    batch: { symbols: 50, parallel: 3, stagger: 0ms }",
      "    settle: []",
      "    retention: (none)",
      "    rollups: []",
      "calendars: (none)",
      "timings: { csv: timings.csv, rotate: 64MiB, performance: performance_metrics.csv, warn: { error_pct: "
      "5, "
      "rate_limited: 10, response_p95: 10s, freshness_lag: 15m, memory: 256MiB } }",
      "control: { listen: 127.0.0.1:8787, token: (none: nothing can be changed over HTTP) }",
      "log: { level: info, format: text }"};
  EXPECT_EQ(describe(*config), expected);
}

TEST_F(Example, gives_the_same_values_to_the_program) {
  auto const config = load_config(example_path);

  ASSERT_TRUE(config) << printed(config);
  EXPECT_EQ(config->database.url.reveal(), "postgresql:///candled");
  auto const& provider = config->provider("massive");
  EXPECT_EQ(provider.api_key.reveal(), "CANARY-key");
  EXPECT_EQ(provider.rate_limit.requests, 150);
  EXPECT_EQ(provider.rate_limit.per, 60'000ms);
  EXPECT_EQ(provider.rate_limit.burst, 5);
  EXPECT_EQ(provider.timeout, 30'000ms);
  EXPECT_EQ(config->retry.max, 300'000ms);
  EXPECT_EQ(config->jobs[0].timeframe, Timeframe::m1);
  EXPECT_EQ(std::get<EverySchedule>(*config->jobs[0].schedule).delay, 20'000ms);
  EXPECT_EQ(config->jobs[0].history, Date{std::chrono::year{2024} / 1 / 1});
  EXPECT_EQ(config->jobs[0].settle, (std::vector<Milliseconds>{15min, 24h, 7 * 24h}));
  auto const& daily = std::get<DailySchedule>(*config->jobs[1].schedule);
  EXPECT_EQ(daily.time, 20h + 30min);
  EXPECT_EQ(daily.zone, Zone::new_york());
  EXPECT_EQ(config->timings.rotate_bytes, 67'108'864);
}

TEST_F(Example, mentions_every_key) {
  auto const text = test::read_file(example_path);
  auto const keys = known_keys();

  EXPECT_GE(keys.size(), 45U);
  for (auto const& key : keys) {
    auto const name = key.path.substr(key.path.rfind('.') + 1);
    if (name == "NAME") continue;
    bool const written = text.find(name + ":") != std::string::npos;
    bool const explained = text.find("#   " + name + " ") != std::string::npos;
    EXPECT_TRUE(written || explained) << key.path;
  }
}

TEST_F(Example, needs_its_key) {
  unsetenv("MASSIVE_API_KEY");

  auto const config = load_config(example_path);

  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().size(), 1U);
  EXPECT_EQ(config.error()[0].path, "providers.massive.api_key");
  EXPECT_TRUE(config.error()[0].secret_or_permission);
}

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string joined(std::vector<std::string> const& lines) {
  std::string text;
  for (auto const& line : lines) text += line + "\n";
  return text;
}

// The promise of every reading: a configuration, or problems with a place; never an exception.
void expect_config_or_placed_problems(std::string const& yaml) {
  ConfigResult result;
  ASSERT_NO_THROW(result = parse_config(yaml, "FILE", "/nowhere")) << yaml;
  if (result) return;
  EXPECT_FALSE(result.error().empty()) << yaml;
  for (auto const& problem : result.error()) {
    EXPECT_GT(problem.line, 0) << to_string(problem) << "\n" << yaml;
    EXPECT_GT(problem.column, 0) << to_string(problem) << "\n" << yaml;
    EXPECT_FALSE(problem.message.empty()) << yaml;
    EXPECT_EQ(to_string(problem).find("CANARY"), std::string::npos) << to_string(problem);
  }
}

TEST_F(Example, fails_with_a_place_whatever_line_is_missing) {
  auto const lines = lines_of(test::read_file(example_path));

  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto fewer = lines;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    expect_config_or_placed_problems(joined(fewer));
  }
}

TEST_F(Example, fails_with_a_place_whatever_value_is_garbage) {
  auto const lines = lines_of(test::read_file(example_path));
  std::vector<std::string> const garbage{"",
                                         "~",
                                         "garbage",
                                         "-1",
                                         "99999999999999999999",
                                         "[",
                                         "]",
                                         "{",
                                         "}",
                                         "[[]]",
                                         "{a: b}",
                                         "\"",
                                         "'",
                                         "*a",
                                         "&a",
                                         "&a *a",
                                         "!!binary",
                                         "${",
                                         "${env:}",
                                         "- x",
                                         "|",
                                         ">",
                                         "? x",
                                         "a: b: c",
                                         "\t",
                                         "\"\\x00\\x1b\"",
                                         "\xff",
                                         "@",
                                         "%",
                                         "`",
                                         "# x",
                                         "---",
                                         "...",
                                         "\"\\\"",
                                         ": :"};

  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto const colon = lines[i].find(": ");
    if (colon == std::string::npos || lines[i].find('#') < colon) continue;
    for (auto const& value : garbage) {
      auto changed = lines;
      changed[i] = lines[i].substr(0, colon + 2) + value;
      expect_config_or_placed_problems(joined(changed));
    }
  }
}

TEST_F(Example, fails_with_a_place_wherever_it_is_cut) {
  auto const text = test::read_file(example_path);

  for (std::size_t size = 0; size < text.size(); size += 7)
    expect_config_or_placed_problems(text.substr(0, size));
}

class SecretFile : public ConfigTest {
 protected:
  ConfigResult with_file(std::string_view text, unsigned mode) {
    auto const path = folder_.write("api.key", text);
    chmod(path.c_str(), mode);
    return parse_config(yaml_with("${file:api.key}"), "FILE", folder_.path());
  }
};

TEST_F(SecretFile, is_read_from_the_configurations_folder_without_its_line_break) {
  auto const config = with_file("CANARY-of-file\r\n", 0600);

  ASSERT_TRUE(config) << printed(config);
  EXPECT_EQ(config->providers[0].api_key.reveal(), "CANARY-of-file");
}

TEST_F(SecretFile, is_refused_in_every_mode_that_lets_others_in) {
  for (unsigned const mode : {0640U, 0620U, 0610U, 0604U, 0602U, 0601U, 0644U, 0666U}) {
    auto const config = with_file("CANARY", mode);

    ASSERT_FALSE(config) << mode;
    auto const& problem = config.error()[0];
    EXPECT_NE(problem.message.find("expected the file " + (folder_ / "api.key") + " to be its owner's alone"),
              std::string::npos)
        << problem.message;
    EXPECT_EQ(problem.hint, "chmod 600 " + (folder_ / "api.key"));
    EXPECT_TRUE(problem.secret_or_permission);
  }
}

TEST_F(SecretFile, is_accepted_in_every_mode_that_keeps_others_out) {
  for (unsigned const mode : {0400U, 0600U, 0700U}) EXPECT_TRUE(with_file("CANARY", mode)) << mode;
}

TEST_F(SecretFile, that_is_empty_is_refused) {
  for (auto const* text : {"", "\n"}) {
    auto const config = with_file(text, 0600);

    ASSERT_FALSE(config);
    EXPECT_EQ(config.error()[0].message,
              "expected a secret in the file " + (folder_ / "api.key") + ", found that it is empty");
    EXPECT_TRUE(config.error()[0].secret_or_permission);
  }
}

TEST_F(SecretFile, with_more_than_one_line_is_refused_without_showing_it) {
  auto const config = with_file("CANARY\nCANARY\n", 0600);

  ASSERT_FALSE(config);
  EXPECT_EQ(printed(config).find("CANARY"), std::string::npos);
}

class DatabaseUrl : public ConfigTest {};

TEST_F(DatabaseUrl, holds_the_secret_and_is_described_as_written) {
  auto yaml = yaml_with(key_from_environment);
  yaml.replace(yaml.find("postgresql:///candled"), 21,
               "\"postgresql://me:${env:MASSIVE_API_KEY}@db/candled\"");

  auto const config = parse_config(yaml, "FILE", "");

  ASSERT_TRUE(config) << printed(config);
  EXPECT_EQ(config->database.url.reveal(), "postgresql://me:CANARY-key@db/candled");
  EXPECT_EQ(describe(*config)[0],
            "database: { url: \"postgresql://me:${env:MASSIVE_API_KEY}@db/candled\", writers: 2 }");
}

class LoadConfig : public ConfigTest {};

TEST_F(LoadConfig, names_a_file_that_is_not_there) {
  EXPECT_EQ(printed(load_config(folder_ / "none.yaml")),
            (folder_ / "none.yaml") + ": does not exist\n    hint: check the path");
}

TEST_F(LoadConfig, refuses_a_folder) {
  EXPECT_EQ(printed(load_config(folder_.path())),
            folder_.path() + ": is a directory\n    hint: name the file in it");
}

TEST_F(LoadConfig, refuses_a_pipe_without_waiting_for_it) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);

  EXPECT_EQ(printed(load_config(folder_ / "pipe")),
            (folder_ / "pipe") + ": is not a regular file\n    hint: copy it into one");
}

TEST_F(LoadConfig, says_why_a_file_cannot_be_read) {
  // A regular file that nobody, root included, can read from its start.
  EXPECT_EQ(printed(load_config("/proc/self/mem")), "/proc/self/mem: cannot be read: Input/output error");
}

TEST_F(LoadConfig, refuses_more_than_one_mebibyte) {
  auto const comment =
      "#" + std::string(1024 * 1024 - 1 - yaml_with(key_from_environment).size() - 1, 'x') + "\n";
  auto const largest = folder_.write("largest.yaml", comment + yaml_with(key_from_environment));
  auto const larger = folder_.write("larger.yaml", "#" + comment + yaml_with(key_from_environment));

  EXPECT_EQ(printed(load_config(largest)), "no problem");
  EXPECT_EQ(printed(load_config(larger)),
            larger + ": is larger than 1 MiB\n    hint: is this the right file?");
}

TEST_F(LoadConfig, refuses_a_file_that_everybody_may_write) {
  auto const path = folder_.write("open.yaml", yaml_with(key_from_environment));
  chmod(path.c_str(), 0666);

  auto const config = load_config(path);

  EXPECT_EQ(printed(config),
            path + ": may be written by every user of this machine (mode 0666)\n    hint: chmod o-w " + path);
  EXPECT_TRUE(config.error()[0].secret_or_permission);
}

TEST_F(LoadConfig, calls_an_empty_file_empty) {
  auto const path = folder_.write("empty.yaml", "");

  EXPECT_EQ(
      printed(load_config(path)),
      path + ":1:1: expected a configuration, found an empty file\n    hint: start from config/candled.yaml");
}

TEST_F(LoadConfig, reads_a_symbols_file_beside_it) {
  folder_.write("symbols/us.txt", "# two\nAAPL\n  BRK.B # class B\r\n");
  auto const path =
      folder_.write("candled.yaml", yaml_with(key_from_environment, "symbols_file: symbols/us.txt"));

  auto const config = load_config(path);

  ASSERT_TRUE(config) << printed(config);
  EXPECT_EQ(config->jobs[0].symbols, (std::vector<std::string>{"AAPL", "BRK.B"}));
}

TEST(ParseConfig, answers_hostile_text_quickly) {
  std::string const brackets(256 * 1024, '[');
  std::string mapping;
  for (int i = 0; i < 15'000; ++i) mapping += "k" + std::to_string(i) + ": 1\n";
  std::string same;
  for (int i = 0; i < 15'000; ++i) same += "jobs: 1\n";

  for (auto const& text :
       {brackets, mapping, same, std::string(256 * 1024, '&'), std::string(256 * 1024, '-'),
        std::string(256 * 1024, ':'), std::string(256 * 1024, ' '), "a: " + brackets,
        std::string(256 * 1024, '{'), std::string(256 * 1024, '"')}) {
    auto const result = parse_config(text, "FILE", "");
    ASSERT_FALSE(result);
    EXPECT_GT(result.error()[0].line, 0);
  }
}

}  // namespace
}  // namespace candled
