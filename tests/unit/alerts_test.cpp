// The alerts and the dashboard speak of metrics and labels that candled has, and of sections that there are.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "control/metrics.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using Labels = std::set<std::string>;
using LabelsByName = std::map<std::string, Labels>;

std::string file(std::string const& path) {
  return test::read_file(std::string{CANDLED_SOURCE_DIR} + "/" + path);
}

std::vector<std::smatch> matches(std::string const& text, std::regex const& pattern) {
  return {std::sregex_iterator{text.begin(), text.end(), pattern}, std::sregex_iterator{}};
}

Labels names_in(std::string const& text) {
  static std::regex const name{"[a-z_]+"};
  Labels labels;
  for (auto const& match : matches(text, name)) labels.insert(match.str());
  return labels;
}

// Every metric that /metrics can answer with, and its labels.
LabelsByName exposed() {
  Meters meters;
  meters.providers["massive"].took.add(Milliseconds{30});
  auto& job = meters.jobs["us-minute"];
  job.batches["ok"] = 1;
  job.phases["fetch"] = Milliseconds{1};
  job.last_ok_at = UtcTime{};
  meters.database.errors["db_unavailable"] = 1;
  HealthRecord health;
  health.see({{.name = "database"}}, UtcTime{});
  AnswerCounts const answers{{{"/healthz", 200}, 1}};
  auto const text = metrics_text({.meters = meters,
                                  .health = health,
                                  .answers = answers,
                                  .budgets = {{.provider = "massive", .limit = {}}},
                                  .lanes = {{.job = "us-minute", .lane = "live"}},
                                  .lags = {{.job = "us-minute", .calendar = "XNYS"}},
                                  .gaps = {{"us-minute", {}}},
                                  .short_of_history = {{"us-minute", 1}},
                                  .sessions = {{"XNYS", true}},
                                  .process = {},
                                  .started_at = UtcTime{},
                                  .config_loaded_at = UtcTime{}});
  static std::regex const type{R"(# TYPE (\S+) .*)"};
  static std::regex const label{R"re(([a-z_]+)=")re"};
  LabelsByName all;
  std::string family;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, type)) family = match[1];
    if (line.starts_with('#')) continue;
    auto& labels = all[family];
    for (auto const& one : matches(line, label))
      if (one[1] != "le") labels.insert(one[1]);
  }
  return all;
}

LabelsByName documented() {
  auto const document = file("docs/control.md");
  auto const begin = document.find("\n## Metrics");
  auto const section = document.substr(begin, document.find("\n## ", begin + 1) - begin);
  static std::regex const metric{R"re(`((?:candled|process)_[a-z_]+)(?:\{([a-z_,]+)\})?`)re"};
  LabelsByName all;
  for (auto const& match : matches(section, metric)) all[match[1]] = names_in(match[2]);
  return all;
}

// What Prometheus adds: the scrape's labels, candled's `job` under the name that it gets, buckets.
Labels const prometheus_own{"job", "instance", "exported_job", "le"};

// The rules without their comments, and the expressions and legends of the dashboard.
std::string rules() {
  std::istringstream lines{file("config/alerts.yml")};
  std::string text;
  for (std::string line; std::getline(lines, line);)
    if (!line.substr(std::min(line.find_first_not_of(' '), line.size())).starts_with('#'))
      text += line + "\n";
  return text;
}

std::string dashboard() {
  auto const json = nlohmann::json::parse(file("config/grafana.json"));
  std::string text;
  for (auto const& panel : json["panels"])
    for (auto const& target : panel["targets"])
      text += target["expr"].get<std::string>() + "\n" + target["legendFormat"].get<std::string>() + "\n";
  for (auto const& annotation : json["annotations"]["list"])
    text += annotation["expr"].get<std::string>() + "\n";
  for (auto const& variable : json["templating"]["list"]) text += variable["query"].dump() + "\n";
  return text;
}

void expect_known(std::string const& text, LabelsByName const& metrics) {
  static std::regex const use{R"re(\b((?:candled|process)_[a-z_]+)(?:\{([^}]*)\})?)re"};
  static std::regex const matcher{R"re(([a-z_]+)\s*(?:=~|!~|!=|=)\s*")re"};
  static std::regex const histogram_part{"_(bucket|sum|count)$"};
  Labels all_labels = prometheus_own;
  for (auto const& [name, labels] : metrics) all_labels.insert(labels.begin(), labels.end());
  auto const uses = matches(text, use);
  EXPECT_GE(uses.size(), 15U);
  for (auto const& match : uses) {
    auto found = metrics.find(match[1]);
    if (found == metrics.end()) found = metrics.find(std::regex_replace(match[1].str(), histogram_part, ""));
    ASSERT_NE(found, metrics.end()) << "there is no metric " << match[1];
    auto const within = match[2].str();
    for (auto const& label : matches(within, matcher)) {
      // By `job` a rule means the scrape, and by `exported_job` what candled itself calls job.
      auto const own = label[1] == "exported_job" ? "job" : label[1].str();
      EXPECT_TRUE(found->second.contains(own) || label[1] == "job" || label[1] == "instance")
          << match[1] << " has no label " << label[1];
    }
  }
  static std::regex const grouping{R"re(\b(?:by|without|ignoring|on|group_left) ?\(([^)]*)\))re"};
  static std::regex const shown{R"re(\{\{ ?(?:\$labels\.)?([a-z_]+) ?\}\})re"};
  for (auto const& match : matches(text, grouping))
    for (auto const& label : names_in(match[1])) EXPECT_TRUE(all_labels.contains(label)) << match.str();
  for (auto const& match : matches(text, shown)) EXPECT_TRUE(all_labels.contains(match[1])) << match.str();
}

TEST(MetricsDocument, has_every_metric_with_its_labels_and_no_other) {
  EXPECT_EQ(documented(), exposed());
}

TEST(Alerts, speak_of_metrics_and_labels_that_there_are) {
  expect_known(rules(), exposed());
}

TEST(GrafanaDashboard, shows_metrics_and_labels_that_there_are) {
  expect_known(dashboard(), exposed());
}

// Of a heading as GitHub and others make anchors of it: small letters, no signs, minus for blanks.
std::string anchor_of(std::string const& heading) {
  std::string anchor;
  for (char const c : heading) {
    if (c == ' ' || c == '-') anchor += '-';
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) anchor += static_cast<char>(std::tolower(c));
  }
  return anchor;
}

TEST(Alerts, have_each_its_section_of_the_runbook) {
  Labels anchors;
  auto const document = file("docs/operations.md");
  for (auto const& match : matches(document, std::regex{"\n##+ ([^\n]+)"}))
    anchors.insert(anchor_of(match[1]));
  auto const text = rules();
  static std::regex const rule{R"re(- alert: (\w+)[^#]*?runbook: docs/operations\.md#(\w+))re"};

  auto const alerts = matches(text, rule);

  EXPECT_EQ(alerts.size(), matches(text, std::regex{"- alert: "}).size());
  EXPECT_GE(alerts.size(), 12U);
  for (auto const& match : alerts) {
    EXPECT_EQ(match[2], anchor_of(match[1])) << match[1];
    EXPECT_TRUE(anchors.contains(match[2])) << "docs/operations.md has no section " << match[1];
  }
}

TEST(Alerts, are_tested_each_one) {
  std::string tests;
  for (auto const* const name : {"data", "down", "service", "stale"})
    tests += file(std::string{"tests/alerts/"} + name + ".test.yml");
  auto const text = rules();
  for (auto const& match : matches(text, std::regex{R"(- alert: (\w+))"}))
    EXPECT_TRUE(tests.contains("alertname: " + match[1].str() + "\n        exp_alerts:")) << match[1];
}

}  // namespace
}  // namespace candled
