// What a person asks of the daemon, without one: the queue, and what status says of it.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "end_to_end/world.hpp"
#include "support/eventually.hpp"

namespace candled::test {
namespace {

using Json = nlohmann::json;

class Detached : public testing::Test {
 protected:
  Finished ask(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"backfill", "--detach", "--from", "2024-03-04", "--to", "2024-03-05"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return world_.candled(arguments);
  }
  Json status() { return Json::parse(world_.candled({"status", "--json"}).output); }
  void sql(std::string const& text) { rows(world_.url(), text); }

  // As a daemon does that is at work.
  void show_progress(std::string const& stage, std::string const& parked_until) {
    sql("INSERT INTO candled.job_progress (job, lane, stage, detail, windows, windows_done, requests, bars, "
        "parked_until) VALUES ('daily', 'backfill', '" +
        stage + "', 'the quota of the day is used up', 40, 3, 5, 6, " + parked_until + ")");
  }

  World world_{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09"},
                .jobs = "  - { name: daily, provider: exchange, timeframe: 1d, symbols: [AAPL, MSFT], "
                        "calendar: XNYS, history: 2024-03-04 }\n"
                        "  - { name: hourly, provider: exchange, timeframe: 1h, symbols: [MSFT], "
                        "calendar: XNYS, history: 2024-03-04 }\n"}};
};

TEST_F(Detached, a_backfill_is_queued_for_each_job_and_says_how_to_watch_it) {
  auto const finished = ask();

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_EQ(finished.output,
            "request 1: daily, 2 symbols, 2024-03-04T05:00:00Z to 2024-03-06T05:00:00Z\n"
            "request 2: hourly, 1 symbol, 2024-03-04T05:00:00Z to 2024-03-06T05:00:00Z\n"
            "no daemon has been seen in the last minute: it waits until `candled run` is started\n"
            "`candled status` shows how far it is, `candled cancel ID` ends it\n");
  EXPECT_FALSE(world_.report().contains("/v2/aggs")) << world_.report();
  auto const requests = status()["requests"];
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0]["request_id"], 2);
  EXPECT_EQ(requests[1]["job"], "daily");
  EXPECT_EQ(requests[1]["state"], "queued");
  EXPECT_EQ(requests[1]["symbols"], Json::array());
  EXPECT_EQ(requests[1]["from"], "2024-03-04T05:00:00Z");
  EXPECT_EQ(requests[1]["until"], "2024-03-06T05:00:00Z");
}

TEST_F(Detached, the_same_asked_twice_is_one_request) {
  auto const first = ask({"--symbols", "AAPL"});
  auto const second = ask({"--symbols", "AAPL"});

  EXPECT_EQ(first.exit_code, 0) << first.errors;
  EXPECT_EQ(second.output, first.output);
  ASSERT_EQ(status()["requests"].size(), 1U);
  EXPECT_EQ(status()["requests"][0]["symbols"], Json::array({"AAPL"}));
}

TEST_F(Detached, wrong_options_are_refused_as_without_it) {
  EXPECT_EQ(ask({"--symbols", "ZZTOP"}).exit_code, 2);
  EXPECT_EQ(ask({"--job", "dialy"}).errors,
            "candled: there is no job 'dialy'; the configuration has daily, hourly\n");
  EXPECT_EQ(status()["requests"], Json::array());
}

TEST_F(Detached, with_a_daemon_nothing_is_said_about_waiting) {
  show_progress("fetching", "NULL");

  auto const finished = ask();

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_FALSE(finished.output.contains("no daemon")) << finished.output;
}

TEST_F(Detached, a_full_queue_says_what_to_do) {
  sql("INSERT INTO candled.backfill_request (job, from_ts, to_ts) "
      "SELECT 'daily', '2023-01-01Z', '2023-01-02Z' FROM generate_series(1, 100)");

  auto const finished = ask();

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_TRUE(finished.errors.contains("100 requests are open")) << finished.errors;
}

TEST_F(Detached, requests_are_cancelled_and_tried_again) {
  ask({"--job", "daily"});

  auto const cancelled = world_.candled({"cancel", "1"});
  EXPECT_EQ(cancelled.exit_code, 0) << cancelled.errors;
  EXPECT_EQ(cancelled.output, "request 1 is cancelled: what is committed stays\n");
  EXPECT_EQ(status()["requests"][0]["state"], "cancelled");

  auto const again = world_.candled({"retry", "1"});
  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_EQ(again.output, "request 1 is queued\n");

  sql("UPDATE candled.backfill_request SET state = 'running'");
  auto const ending = world_.candled({"cancel", "1"});
  EXPECT_EQ(ending.exit_code, 0) << ending.errors;
  EXPECT_TRUE(ending.output.contains("within two seconds")) << ending.output;
  EXPECT_TRUE(world_.candled({"status"}).output.contains("ending"));
}

TEST_F(Detached, what_is_done_is_neither_cancelled_nor_tried_again) {
  ask({"--job", "daily"});
  sql("UPDATE candled.backfill_request SET state = 'done'");

  auto const cancelled = world_.candled({"cancel", "1"});
  auto const again = world_.candled({"retry", "1"});

  EXPECT_EQ(cancelled.exit_code, 1);
  EXPECT_EQ(cancelled.errors, "candled: request 1 has ended before (done): there is nothing to cancel\n");
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_EQ(again.errors, "candled: request 1 is done: there is nothing to try again\n");
}

TEST_F(Detached, an_unknown_request_is_a_clear_error) {
  for (auto const* const command : {"cancel", "retry"}) {
    auto const finished = world_.candled({command, "77"});
    EXPECT_EQ(finished.exit_code, 1) << command;
    EXPECT_EQ(finished.errors, "candled: there is no request 77: `candled status` shows them\n") << command;
  }
}

TEST_F(Detached, status_says_what_the_daemon_does_and_until_when_it_is_parked) {
  show_progress("parked", "'2024-06-02T01:00:00Z'");

  auto const text = world_.candled({"status"});
  auto const json = status();

  EXPECT_TRUE(text.output.contains("parked until 2024-06-02T01:00:00Z: the quota of the day is used up"))
      << text.output;
  EXPECT_TRUE(text.output.contains("3 of 40")) << text.output;
  ASSERT_EQ(json["now"].size(), 1U);
  EXPECT_EQ(json["now"][0]["stage"], "parked");
  EXPECT_EQ(json["now"][0]["parked_until"], "2024-06-02T01:00:00Z");
}

TEST_F(Detached, status_says_nothing_of_a_daemon_that_is_gone) {
  ask();
  show_progress("fetching", "NULL");
  sql("UPDATE candled.job_progress SET updated_at = now() - interval '61 s'");

  auto const text = world_.candled({"status"});

  EXPECT_EQ(status()["now"], Json::array());
  EXPECT_FALSE(text.output.contains("3 of 40")) << text.output;
  EXPECT_TRUE(text.output.contains("requests wait: no daemon has been seen in the last minute"))
      << text.output;
}

TEST_F(Detached, status_says_what_a_budget_allows_and_what_was_learned) {
  sql("INSERT INTO candled.budget VALUES ('https://api.example.com a1b2c3', 150, '1 min', 48, now())");
  sql("INSERT INTO candled.budget_place VALUES ('https://api.example.com a1b2c3', "
      "'00000000-0000-0000-0000-000000000001', now() + interval '1 hour', 12)");

  auto const text = world_.candled({"status"});
  auto const budget = status()["budgets"][0];

  EXPECT_TRUE(text.output.contains("learned 48 of 150 per 1m")) << text.output;
  EXPECT_EQ(budget["requests"], 150);
  EXPECT_EQ(budget["per"], "1m");
  EXPECT_EQ(budget["learned"], 48);
  EXPECT_EQ(budget["held"], 12);
}

// A plan from 2024-03-06 on, and a daemon that has found that out.
struct Horizon : testing::Test {
  std::string text(std::string const& query) const { return value(world.url(), query); }
  bool comes_to_be(std::string const& query) const {
    return eventually([&] { return text(query) == "t"; });
  }

  World world{
      {.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09", "--horizon",
                    "2024-03-06"},
       .jobs = "  - { name: daily, provider: exchange, timeframe: 1d, symbols: [AAPL, MSFT, GOOG], "
               "calendar: XNYS, history: 2024-03-04, schedule: { every: 1h }, batch: { parallel: 1 } }\n"}};
};

TEST_F(Horizon, a_repair_through_the_daemon_asks_and_counts_the_tries_that_were_made) {
  auto const daemon = world.start({"run"});
  EXPECT_TRUE(
      comes_to_be("SELECT count(*) = 3 FROM candled.gap WHERE reason = 'horizon' AND closed_at IS NULL"))
      << daemon->errors();
  auto const attempts =
      "SELECT string_agg(ticker || ' ' || attempts, ', ' ORDER BY ticker) FROM candled.gaps WHERE reason = "
      "'horizon'";
  EXPECT_EQ(text(attempts), "AAPL 1, GOOG 0, MSFT 1")
      << "GOOG was not asked for what two others were refused";
  auto const requests = "SELECT coalesce(sum(requests), 0) FROM candled.ingest_batch";
  auto const before = text(requests);

  auto const asked = world.candled({"repair", "--detach", "--symbols", "GOOG"});
  EXPECT_EQ(asked.exit_code, 0) << asked.errors;
  EXPECT_TRUE(comes_to_be("SELECT count(*) = 1 FROM candled.backfill_request WHERE state = 'failed'"))
      << daemon->errors();

  EXPECT_NE(text(requests), before);
  EXPECT_EQ(text(attempts), "AAPL 1, GOOG 1, MSFT 1");
  EXPECT_EQ(text("SELECT outcome FROM candled.ingest_batch ORDER BY batch_id DESC LIMIT 1"), "failed");
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

}  // namespace
}  // namespace candled::test
