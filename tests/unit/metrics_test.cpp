// /metrics: the names and the format that Prometheus wants, and the numbers that were counted.
#include "control/metrics.hpp"

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime const noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h;

// Of a daemon that has done a little of everything.
std::string example() {
  Meters meters;
  auto& requests = meters.providers["massive"];
  requests.ok = 7;
  requests.rate_limited = 2;
  requests.bytes = 4096;
  requests.in_flight = 3;
  requests.took.add(30ms);
  requests.took.add(40s);
  auto& batches = meters.jobs["us-minute"];
  batches.batches["ok"] = 5;
  batches.inserted = 1'000;
  batches.phases["fetch"] = 1500ms;
  batches.last_ok_at = noon;
  meters.database.calls = 9;
  meters.database.errors["db_unavailable"] = 1;
  HealthRecord health;
  health.see({{.name = "database", .state = HealthState::down, .reason = "database_away"}, {.name = "clock"}},
             noon);
  AnswerCounts const answers{{{"/healthz", 200}, 4}, {{"none", 404}, 1}};
  return metrics_text(
      {.meters = meters,
       .health = health,
       .answers = answers,
       .budgets = {{.provider = "massive", .limit = {.requests = 150}, .learned = 120, .taken = 11}},
       .lanes = {{.job = "us-minute", .lane = "live", .windows = 10, .windows_done = 4}},
       .lags = {{.job = "us-minute", .calendar = "XNYS", .lag = Milliseconds{61'500}}},
       .gaps = {{"us-minute", {{GapReason::fetch_failed, 3}}}},
       .sessions = {{"XNYS", true}},
       .process = {.cpu_seconds = 1.5, .resident_bytes = 1 << 20, .open_files = 12},
       .started_at = noon - 1h,
       .config_loaded_at = noon - 1h});
}

// The value of the one line that begins so.
std::string value_of(std::string const& line_begin) {
  std::istringstream lines{example()};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(line_begin + " ")) return line.substr(line_begin.size() + 1);
  return "none";
}

TEST(Metrics, count_what_happened) {
  EXPECT_EQ(value_of("candled_requests_total{provider=\"massive\",outcome=\"ok\"}"), "7");
  EXPECT_EQ(value_of("candled_requests_total{provider=\"massive\",outcome=\"rate_limited\"}"), "2");
  EXPECT_EQ(value_of("candled_requests_in_flight{provider=\"massive\"}"), "3");
  EXPECT_EQ(value_of("candled_batches_total{job=\"us-minute\",outcome=\"ok\"}"), "5");
  EXPECT_EQ(value_of("candled_bars_written_total{job=\"us-minute\",kind=\"inserted\"}"), "1000");
  EXPECT_EQ(value_of("candled_phase_seconds_total{job=\"us-minute\",phase=\"fetch\"}"), "1.5");
  EXPECT_EQ(value_of("candled_batch_last_ok_timestamp_seconds{job=\"us-minute\"}"), "1795435200");
  EXPECT_EQ(value_of("candled_budget_taken_requests{provider=\"massive\"}"), "11");
  EXPECT_EQ(value_of("candled_windows{job=\"us-minute\",lane=\"live\",state=\"done\"}"), "4");
  EXPECT_EQ(value_of("candled_bar_lag_seconds{job=\"us-minute\",calendar=\"XNYS\"}"), "61.5");
  EXPECT_EQ(value_of("candled_open_gaps{job=\"us-minute\",reason=\"fetch_failed\"}"), "3");
  EXPECT_EQ(value_of("candled_open_gaps{job=\"us-minute\",reason=\"not_entitled\"}"), "0");
  EXPECT_EQ(value_of("candled_component_up{component=\"database\"}"), "0");
  EXPECT_EQ(value_of("candled_component_up{component=\"clock\"}"), "1");
  EXPECT_EQ(value_of("candled_session_open{calendar=\"XNYS\"}"), "1");
  EXPECT_EQ(value_of("candled_control_requests_total{route=\"none\",code=\"404\"}"), "1");
  EXPECT_EQ(value_of("process_resident_memory_bytes"), "1048576");
}

TEST(Metrics, have_cumulated_histograms_that_end_with_all) {
  EXPECT_EQ(value_of("candled_request_seconds_bucket{provider=\"massive\",le=\"0.025\"}"), "0");
  EXPECT_EQ(value_of("candled_request_seconds_bucket{provider=\"massive\",le=\"0.05\"}"), "1");
  EXPECT_EQ(value_of("candled_request_seconds_bucket{provider=\"massive\",le=\"30\"}"), "1");
  EXPECT_EQ(value_of("candled_request_seconds_bucket{provider=\"massive\",le=\"+Inf\"}"), "2");
  EXPECT_EQ(value_of("candled_request_seconds_count{provider=\"massive\"}"), "2");
}

// The text format 0.0.4: HELP and TYPE before the samples of each name, names and labels as allowed, no
// series twice; and the conventions: counters end with _total, units are base units at the end of the name.
TEST(Metrics, are_text_that_prometheus_reads) {
  static std::regex const help{R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) [A-Z0-9].*\.?)"};
  static std::regex const type{R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))"};
  static std::regex const sample{
      R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="[^"\\\n]*",?)*\})? (-?[0-9.eE+-]+))re"};
  std::map<std::string, std::string> types;
  std::set<std::string> series;
  std::string described;
  std::istringstream lines{example()};
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      described = match[1];
    } else if (std::regex_match(line, match, type)) {
      EXPECT_EQ(match[1], described) << line;
      EXPECT_TRUE(types.emplace(match[1], match[2]).second) << line << " comes twice";
    } else {
      ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
      auto const name = match[1].str();
      auto const of_histogram = types[described] == "histogram" && name.starts_with(described + "_");
      EXPECT_TRUE(name == described || of_histogram) << line;
      EXPECT_TRUE(series.insert(name + match[2].str()).second) << line << " comes twice";
    }
  }
  EXPECT_GE(types.size(), 25U);
  static std::regex const unit_in_the_middle{R"(_(milliseconds|ms|kb|kib|minutes|percent)(_|$))"};
  for (auto const& [name, kind] : types) {
    EXPECT_EQ(kind == "counter", name.ends_with("_total")) << name;
    EXPECT_TRUE(name.starts_with("candled_") || name.starts_with("process_")) << name;
    EXPECT_FALSE(std::regex_search(name, unit_in_the_middle)) << name;
  }
}

TEST(Metrics, are_all_in_the_document) {
  auto const document = test::read_file(std::string{CANDLED_SOURCE_DIR} + "/docs/control.md");
  static std::regex const type{R"(# TYPE (\S+) )"};
  auto const text = example();
  for (std::sregex_iterator match{text.begin(), text.end(), type}, end; match != end; ++match)
    EXPECT_TRUE(document.contains("`" + (*match)[1].str())) << (*match)[1];
}

TEST(Metrics, read_the_process_from_the_kernel) {
  auto const numbers = read_process_numbers();

  EXPECT_GT(numbers.resident_bytes, 1 << 20);
  EXPECT_GE(numbers.open_files, 3);
}

}  // namespace
}  // namespace candled
