// /api/v1 of a real daemon: what its OpenAPI description promises is so.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <set>

#include "end_to_end/control_client.hpp"
#include "end_to_end/json_schema.hpp"
#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

using Json = nlohmann::json;

constexpr auto token = "0123456789abcdef0123456789abcdef";
// Of the token.
constexpr auto control =
    "control: { listen: 127.0.0.1:0, token_sha256: "
    "3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9 }\n";

std::string const with_token = fmt::format("Authorization: Bearer {}\r\n", token);
std::string const json_with_token = with_token + "Content-Type: application/json\r\n";

// A daemon whose one job has fetched its bars.
struct ControlApi : testing::Test {
  void SetUp() override {
    daemon = world.start({"run"});
    client.emplace(*daemon);
    // The last days, without a bar, and the history with the sessions of March, in either order.
    ASSERT_TRUE(daemon->wait_for("live 1d: ok: 2 symbols, 0 bars")) << daemon->errors();
    ASSERT_TRUE(daemon->wait_for("live 1d: ok: 2 symbols, 10 bars")) << daemon->errors();
    document = Json::parse(client->get("/api/v1/openapi.json").body);
  }
  void TearDown() override {
    daemon->signal(SIGTERM);
    EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
  }

  Json get(std::string const& path) const {
    auto const reply = client->get(path);
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    return Json::parse(reply.body, nullptr, false);
  }
  Json post(std::string const& path, int status, std::string const& body = {}) const {
    auto const reply = client->ask("POST", path, json_with_token, body);
    EXPECT_EQ(reply.status, status) << path << ": " << reply.body;
    return Json::parse(reply.body, nullptr, false);
  }
  // Every problem of an answer, by the schema that the document has for it.
  std::vector<std::string> problems(std::string const& path, ControlReply const& reply) const {
    auto const& responses = document["paths"][path]["get"]["responses"];
    auto const status = std::to_string(reply.status);
    auto const& response = responses.contains(status) ? responses[status] : responses["default"];
    return schema_problems(document, response["content"].begin().value()["schema"],
                           Json::parse(reply.body, nullptr, false));
  }

  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09"},
               .jobs = "  - { name: live, provider: exchange, timeframe: 1d, symbols: [AAPL, MSFT], "
                       "calendar: XNYS, history: "
                       "2024-03-04, schedule: { every: 1h } }\n",
               .more = control}};
  std::unique_ptr<Process> daemon;
  std::optional<ControlClient> client;
  Json document;
};

TEST_F(ControlApi, answers_as_its_description_says) {
  ASSERT_TRUE(client->comes_to_be("/api/v1/batches", [](Json const& page) { return page["total"] > 0; }));
  post("/api/v1/backfills", 202, R"({"kind": "repair", "job": "live"})");

  int asked = 0;
  for (auto const& [path, methods] : document["paths"].items()) {
    if (!methods.contains("get") || path == "/metrics") continue;
    ++asked;
    EXPECT_EQ(problems(path, client->get(path)), std::vector<std::string>{}) << path;
    EXPECT_EQ(problems(path, client->get(path + "?nonsense=1")), std::vector<std::string>{}) << path;
  }
  EXPECT_GE(asked, 10);
}

TEST_F(ControlApi, has_the_methods_that_its_description_names) {
  for (auto const& [path, methods] : document["paths"].items()) {
    auto const reply = client->ask("DELETE", path);
    EXPECT_EQ(reply.status, 405) << path;
    std::string allow;
    for (auto const* const method : {"get", "post"})
      if (methods.contains(method))
        allow += (allow.empty() ? "" : ", ") +
                 std::string{method == std::string_view{"get"} ? "GET, HEAD" : "POST"};
    EXPECT_TRUE(reply.head.contains("\r\nAllow: " + allow + "\r\n")) << path << "\n" << reply.head;
  }
}

TEST_F(ControlApi, lists_what_was_fetched_a_page_at_a_time) {
  auto const coverage = get("/api/v1/coverage");
  auto const second = get("/api/v1/coverage?limit=1&offset=1");
  auto const filtered = get("/api/v1/coverage?ticker=AAPL&timeframe=1d");

  EXPECT_EQ(coverage["total"], 2);
  ASSERT_EQ(second["items"].size(), 1U);
  EXPECT_EQ(second["items"][0]["ticker"], "MSFT");
  EXPECT_EQ(second["total"], 2);
  ASSERT_EQ(filtered["items"].size(), 1U);
  EXPECT_EQ(filtered["items"][0]["ticker"], "AAPL");
  EXPECT_EQ(get("/api/v1/jobs")["items"][0]["symbols"], (Json{"AAPL", "MSFT"}));
  EXPECT_EQ(get("/api/v1/runs")["total"], 1);
  EXPECT_EQ(client->get("/api/v1/coverage?limit=0").status, 400);
  EXPECT_EQ(client->get("/api/v1/coverage?limit=1001").status, 400);
  EXPECT_EQ(client->get("/api/v1/coverage?tickr=AAPL").status, 400);
}

// 2024-03-09 is a Saturday.
TEST_F(ControlApi, maps_the_sessions_of_a_job) {
  auto const path = "/api/v1/sessions?job=live&from=2024-02-28&to=2024-03-09";
  auto const reply = client->get(path);
  auto const map = Json::parse(reply.body);

  EXPECT_EQ(problems("/api/v1/sessions", reply), std::vector<std::string>{});
  EXPECT_EQ(map["sessions"], (Json{"2024-02-28", "2024-02-29", "2024-03-01", "2024-03-04", "2024-03-05",
                                   "2024-03-06", "2024-03-07", "2024-03-08"}));
  ASSERT_EQ(map["total"], 2);
  EXPECT_EQ(map["items"][1]["ticker"], "MSFT");
  EXPECT_EQ(map["items"][1]["states"], "---ccccc");
  EXPECT_EQ(get("/api/v1/sessions?job=live")["sessions"].size(), 60U);
  EXPECT_EQ(get("/api/v1/sessions?job=live&ticker=M")["total"], 1);
  EXPECT_EQ(get("/api/v1/sessions?job=live&holes=true")["total"], 0);
  EXPECT_EQ(get("/api/v1/sessions?job=live&limit=1&offset=1")["items"].size(), 1U);
  for (auto const* const wrong : {"", "?job=other", "?job=live&from=March", "?job=live&holes=yes",
                                  "?job=live&from=2024-03-05&to=2024-03-04", "?job=live&from=2020-01-01"})
    EXPECT_EQ(client->get("/api/v1/sessions" + std::string{wrong}).status, 400) << wrong;
}

TEST_F(ControlApi, shows_bars_and_what_they_were_before) {
  auto const reply = client->get("/api/v1/bars?ticker=AAPL&timeframe=1d&from=2024-03-05&to=2024-03-08");
  auto const bars = Json::parse(reply.body);

  EXPECT_EQ(problems("/api/v1/bars", reply), std::vector<std::string>{});
  ASSERT_EQ(bars["items"].size(), 3U);
  EXPECT_EQ(bars["items"][0]["ts"], "2024-03-05T05:00:00Z");
  EXPECT_EQ(bars["items"][0]["revised"], false);
  EXPECT_EQ(get("/api/v1/bars?ticker=AAPL&timeframe=1d&limit=2")["items"][1]["ts"], "2024-03-08T05:00:00Z");

  auto const changed =
      run({"psql", "--no-psqlrc", "--quiet", world.url(), "-c",
           "INSERT INTO candled.bar_revision (series_id, ts, open, high, low, close, volume, "
           "vwap, trade_count) SELECT series_id, ts, open, high, low, close + 1, volume, vwap, "
           "trade_count FROM candled.bar WHERE ts = '2024-03-06 05:00Z'"});
  ASSERT_EQ(changed.exit_code, 0) << changed.errors;
  EXPECT_EQ(get("/api/v1/bars?ticker=AAPL&timeframe=1d&from=2024-03-06&limit=1")["items"][0]["revised"],
            false);
  EXPECT_EQ(get("/api/v1/bars?ticker=AAPL&timeframe=1d&to=2024-03-07")["items"][2]["revised"], true);
  auto const changes = client->get("/api/v1/revisions?ticker=AAPL&timeframe=1d");
  EXPECT_EQ(problems("/api/v1/revisions", changes), std::vector<std::string>{});
  EXPECT_EQ(Json::parse(changes.body)["items"][0]["before"]["close"],
            bars["items"][1]["close"].get<double>() + 1);
  for (auto const* const wrong :
       {"", "?ticker=AAPL", "?ticker=AAPL&timeframe=2m", "?ticker=AAPL&timeframe=1d&from=x",
        "?ticker=AAPL&timeframe=1d&limit=5001", "?ticker=AAPL&timeframe=1d&offset=1"})
    EXPECT_EQ(client->get("/api/v1/bars" + std::string{wrong}).status, 400) << wrong;
}

TEST_F(ControlApi, tells_what_goes_on_now) {
  ASSERT_TRUE(client->comes_to_be("/api/v1/freshness", [](Json const& page) { return page["total"] == 1; }));
  auto const fresh = get("/api/v1/freshness")["items"][0];
  auto const live = get("/api/v1/live");

  EXPECT_EQ(fresh["job"], "live");
  EXPECT_EQ(fresh["series"], 2);
  EXPECT_EQ(fresh["late_series"], 0);
  EXPECT_EQ(fresh["covered_through"], fresh["expected_through"]);
  EXPECT_EQ(live["changes_allowed"], true);
  EXPECT_EQ(live["jobs"][0]["name"], "live");
  EXPECT_GT(live["providers"][0]["requests"]["ok"], 0);
  EXPECT_EQ(live["providers"][0]["breaker"], "closed");
  EXPECT_EQ(post("/api/v1/counters/reset", 200)["providers"][0]["requests"]["ok"], 0);
  EXPECT_EQ(get("/api/v1/live")["providers"][0]["requests"]["ok"], 0);
}

TEST_F(ControlApi, takes_requests_and_the_daemon_works_on_them) {
  auto const asked = post(
      "/api/v1/backfills", 202,
      R"({"kind": "backfill", "job": "live", "symbols": ["AAPL"], "from": "2024-03-01", "to": "2024-03-05"})");

  EXPECT_EQ(asked["job"], "live");
  EXPECT_EQ(asked["symbols"], Json{"AAPL"});
  EXPECT_TRUE(client->comes_to_be("/api/v1/backfills?state=done",
                                  [](Json const& page) { return page["total"] == 1; }));
  post(fmt::format("/api/v1/backfills/{}/cancel", asked["request_id"].get<int>()), 200);
  post("/api/v1/jobs/live/trigger", 202);
  EXPECT_TRUE(client->comes_to_be("/api/v1/backfills?state=done",
                                  [](Json const& page) { return page["total"] == 2; }));
}

TEST_F(ControlApi, changes_nothing_without_the_token) {
  for (auto const& [path, methods] : document["paths"].items()) {
    if (!methods.contains("post")) continue;
    EXPECT_EQ(client->ask("POST", path, "Content-Type: application/json\r\n", "{}").status, 401) << path;
    EXPECT_EQ(client->ask("POST", path, "Authorization: Bearer wrong\r\n", "{}").status, 401) << path;
  }
  EXPECT_EQ(get("/api/v1/backfills")["total"], 0);
}

TEST_F(ControlApi, says_what_is_wrong_with_a_request) {
  auto const detail_of = [&](std::string const& body) {
    return post("/api/v1/backfills", 400, body)["detail"];
  };

  EXPECT_EQ(detail_of("[1]"), "the body is a JSON object");
  EXPECT_EQ(detail_of("{"), "the body is a JSON object");
  EXPECT_EQ(detail_of(R"({"kind": "drop", "job": "live"})"), R"(kind is "backfill" or "repair")");
  EXPECT_EQ(detail_of(R"({"kind": "repair", "job": "other"})"),
            "there is no such job: GET /api/v1/jobs lists them");
  EXPECT_EQ(detail_of(R"({"kind": "repair", "job": "live", "more": 1})"),
            "the members of the body are kind, job, symbols, from and to");
  EXPECT_EQ(detail_of(R"({"kind": "backfill", "job": "live"})"),
            "from and to are both there, or, for a repair, both left out");
  EXPECT_EQ(detail_of(R"({"kind": "backfill", "job": "live", "from": "2024-03-01", "to": "soon"})"),
            "from and to are two dates (2024-01-31), or two times (2024-01-31T14:30:00Z)");
  EXPECT_EQ(
      client->ask("POST", "/api/v1/backfills", with_token + "Content-Type: text/plain\r\n", "{}").status,
      415);
  post("/api/v1/backfills/no/cancel", 404);
  post("/api/v1/backfills/99/cancel", 409);
  post("/api/v1/jobs/other/trigger", 404);
}

}  // namespace
}  // namespace candled::test
