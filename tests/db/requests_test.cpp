// The queue between people and the daemon, and what the daemon shows of itself.
#include "store/requests.hpp"

#include "store/pg_ledger.hpp"
#include "store_fixture.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

BackfillRequest wish(std::string job = "us-minute", std::vector<std::string> symbols = {}) {
  BackfillRequest request;
  request.job = std::move(job);
  request.symbols = std::move(symbols);
  request.range = {.from = at("2024-01-02T00:00:00Z"), .to = at("2024-02-01T00:00:00Z")};
  return request;
}

class RequestTest : public testing::Test {
 protected:
  std::int64_t queue(BackfillRequest const& request) { return must(queue_request(url_, request)); }
  std::vector<BackfillRequest> open() { return must(await(ledger_.open_requests())); }

  // As the daemon tells it.
  void tell(std::int64_t id, RequestState state) {
    BackfillRequest request;
    request.id = id;
    request.state = state;
    must(await(ledger_.update_request(request)));
  }

  BackfillRequest found(std::int64_t id) {
    for (auto& request : must(read_requests(url_, 1000)))
      if (request.id == id) return std::move(request);
    throw std::runtime_error("no such request");
  }

  void fill_queue() {
    rows(
        "INSERT INTO candled.backfill_request (job, from_ts, to_ts) SELECT 'job ' || n, "
        "'2024-01-02Z', '2024-02-01Z' FROM generate_series(0, 99) n");
  }

  Rows rows(std::string const& sql) const { return test::rows(database_.url(), sql); }
  std::string value(std::string const& sql) const { return test::value(database_.url(), sql); }

  TempDatabase database_;
  Secret const url_{database_.url()};
  PgLedger ledger_{url_};
};

using Requests = RequestTest;

TEST_F(Requests, the_daemon_gets_what_was_asked_oldest_first) {
  auto const first = queue(wish("us-minute", {"AAPL", R"(A,"B\ {C})", ""}));
  auto repair = wish("us-daily");
  repair.kind = RequestKind::repair;
  auto const second = queue(repair);

  auto const requests = open();

  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].id, first);
  EXPECT_EQ(requests[0].kind, RequestKind::backfill);
  EXPECT_EQ(requests[0].state, RequestState::queued);
  EXPECT_EQ(requests[0].job, "us-minute");
  EXPECT_EQ(requests[0].symbols, (std::vector<std::string>{"AAPL", R"(A,"B\ {C})", ""}));
  EXPECT_EQ(requests[0].range, wish().range);
  EXPECT_FALSE(requests[0].cancel_asked);
  EXPECT_EQ(requests[1].id, second);
  EXPECT_EQ(requests[1].kind, RequestKind::repair);
  EXPECT_TRUE(requests[1].symbols.empty());
}

TEST_F(Requests, the_same_while_open_is_made_once) {
  auto const first = queue(wish());
  auto const same = queue(wish());
  auto later = wish();
  later.range.to += 24h;

  EXPECT_EQ(same, first);
  EXPECT_NE(queue(wish("us-minute", {"AAPL"})), first);
  EXPECT_NE(queue(wish("us-daily")), first);
  EXPECT_NE(queue(later), first);
  tell(first, RequestState::running);
  EXPECT_EQ(queue(wish()), first);
  must(cancel_request(url_, first));
  auto const after_cancel = queue(wish());
  EXPECT_NE(after_cancel, first);
  tell(after_cancel, RequestState::done);
  EXPECT_NE(queue(wish()), after_cancel);
}

TEST_F(Requests, too_many_are_refused_with_what_to_do) {
  fill_queue();

  auto const refused = queue_request(url_, wish("one more"));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::db_refused);
  EXPECT_TRUE(refused.error().what.contains("100 requests are open")) << refused.error().what;
  EXPECT_TRUE(refused.error().what.contains("candled cancel ID")) << refused.error().what;
  EXPECT_TRUE(queue_request(url_, wish("job 0"))) << "it is there already";
}

TEST_F(Requests, people_see_the_newest_and_all_that_are_open) {
  auto const oldest = queue(wish("a"));
  auto const old = queue(wish("b"));
  auto const newest = queue(wish("c"));
  tell(old, RequestState::done);
  tell(newest, RequestState::done);

  auto const seen = must(read_requests(url_, 1));

  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].id, newest);
  EXPECT_EQ(seen[1].id, oldest);
}

TEST_F(Requests, the_daemon_tells_how_far_one_is) {
  auto request = wish();
  request.id = queue(request);
  request.state = RequestState::running;
  request.windows = 40;
  request.windows_done = 7;
  request.bars = 123'456'789'012;
  must(await(ledger_.update_request(request)));
  EXPECT_EQ(rows("SELECT started_at IS NOT NULL, ended_at IS NULL FROM candled.backfill_request"),
            (Rows{{"t", "t"}}));

  request.state = RequestState::failed;
  request.detail = "2 windows are still missing";
  must(await(ledger_.update_request(request)));

  auto const seen = found(request.id);
  EXPECT_EQ(seen.state, RequestState::failed);
  EXPECT_EQ(seen.windows, 40);
  EXPECT_EQ(seen.windows_done, 7);
  EXPECT_EQ(seen.bars, 123'456'789'012);
  EXPECT_EQ(seen.detail, "2 windows are still missing");
  EXPECT_EQ(value("SELECT ended_at >= started_at FROM candled.backfill_request"), "t");
  EXPECT_TRUE(open().empty());
}

TEST_F(Requests, a_queued_one_is_cancelled_at_once_and_no_daemon_revives_it) {
  auto const id = queue(wish());

  EXPECT_EQ(must(cancel_request(url_, id)).state, RequestState::cancelled);
  tell(id, RequestState::running);

  EXPECT_EQ(found(id).state, RequestState::cancelled);
  EXPECT_TRUE(open().empty());
  EXPECT_EQ(value("SELECT ended_at IS NOT NULL FROM candled.backfill_request"), "t");
}

TEST_F(Requests, a_running_one_is_asked_to_end) {
  auto const id = queue(wish());
  tell(id, RequestState::running);

  auto const asked = must(cancel_request(url_, id));

  EXPECT_EQ(asked.state, RequestState::running);
  EXPECT_TRUE(asked.cancel_asked);
  tell(id, RequestState::running);
  ASSERT_EQ(open().size(), 1U);
  EXPECT_TRUE(open()[0].cancel_asked);
}

TEST_F(Requests, one_that_has_ended_is_not_cancelled) {
  auto const id = queue(wish());
  tell(id, RequestState::done);

  auto const same = must(cancel_request(url_, id));

  EXPECT_EQ(same.state, RequestState::done);
  EXPECT_FALSE(same.cancel_asked);
}

TEST_F(Requests, failed_and_cancelled_ones_are_queued_again) {
  auto const failed = queue(wish("a"));
  BackfillRequest end{.id = failed, .state = RequestState::failed, .windows = 5, .detail = "no answer"};
  must(await(ledger_.update_request(end)));
  auto const cancelled = queue(wish("b"));
  tell(cancelled, RequestState::running);
  must(cancel_request(url_, cancelled));
  tell(cancelled, RequestState::cancelled);

  for (auto const id : {failed, cancelled}) {
    auto const again = must(retry_request(url_, id));
    EXPECT_EQ(again.id, id);
    EXPECT_EQ(again.state, RequestState::queued);
    EXPECT_FALSE(again.cancel_asked);
    EXPECT_EQ(again.windows, 0);
    EXPECT_EQ(again.detail, "");
  }
  EXPECT_EQ(open().size(), 2U);
}

TEST_F(Requests, others_are_not_queued_again) {
  auto const id = queue(wish());
  EXPECT_EQ(must(retry_request(url_, id)).state, RequestState::queued);
  tell(id, RequestState::running);
  EXPECT_EQ(must(retry_request(url_, id)).state, RequestState::running);
  tell(id, RequestState::done);
  EXPECT_EQ(must(retry_request(url_, id)).state, RequestState::done);
  EXPECT_TRUE(open().empty());
}

TEST_F(Requests, one_is_not_queued_again_beside_the_same_or_when_there_are_too_many) {
  auto const cancelled = queue(wish());
  must(cancel_request(url_, cancelled));
  auto const same = queue(wish());

  EXPECT_EQ(must(retry_request(url_, cancelled)).id, same);
  must(cancel_request(url_, same));
  fill_queue();
  auto const refused = retry_request(url_, cancelled);

  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().what.contains("100 requests are open")) << refused.error().what;
  EXPECT_EQ(found(cancelled).state, RequestState::cancelled);
}

TEST_F(Requests, an_unknown_one_is_said_to_be) {
  for (auto const& answer : {cancel_request(url_, 77), retry_request(url_, 77)}) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::db_refused);
    EXPECT_EQ(answer.error().what, "there is no request 77: `candled status` shows them");
  }
}

using ProgressTable = RequestTest;

std::vector<JobProgressRow> three_rows() {
  return {{.job = "us", .lane = Lane::backfill, .stage = "idle"},
          {.job = "eu",
           .lane = Lane::live,
           .stage = "parked",
           .detail = "quota",
           .parked_until = at("2024-06-02T01:00:00Z")},
          {.job = "us",
           .lane = Lane::live,
           .stage = "fetching",
           .detail = "us 1m AAPL",
           .windows = 9,
           .windows_done = 2,
           .requests = 11,
           .bars = 5'000'000'000,
           .eta_from = at("2024-06-01T10:00:00Z"),
           .eta_until = at("2024-06-01T11:00:00Z")}};
}

TEST_F(ProgressTable, holds_what_was_shown) {
  must(await(ledger_.show_progress(three_rows())));

  auto const shown = must(read_progress(url_));

  ASSERT_EQ(shown.size(), 3U);
  EXPECT_EQ(shown[0].row.job, "eu");
  EXPECT_EQ(shown[0].row.detail, "quota");
  EXPECT_EQ(shown[0].row.parked_until, at("2024-06-02T01:00:00Z"));
  EXPECT_EQ(shown[0].row.eta_from, std::nullopt);
  EXPECT_EQ(shown[1].row.lane, Lane::live);
  EXPECT_EQ(shown[1].row.stage, "fetching");
  EXPECT_EQ(shown[1].row.windows, 9);
  EXPECT_EQ(shown[1].row.windows_done, 2);
  EXPECT_EQ(shown[1].row.requests, 11);
  EXPECT_EQ(shown[1].row.bars, 5'000'000'000);
  EXPECT_EQ(shown[1].row.eta_from, at("2024-06-01T10:00:00Z"));
  EXPECT_EQ(shown[1].row.eta_until, at("2024-06-01T11:00:00Z"));
  EXPECT_EQ(shown[2].row.lane, Lane::backfill);
  EXPECT_LT(shown[2].age, 60s);
}

TEST_F(ProgressTable, loses_what_is_not_shown_any_more) {
  must(await(ledger_.show_progress(three_rows())));

  must(await(ledger_.show_progress({three_rows()[1]})));

  EXPECT_EQ(rows("SELECT job, lane FROM candled.job_progress"), (Rows{{"eu", "live"}}));
  must(await(ledger_.show_progress({})));
  EXPECT_EQ(rows("SELECT job FROM candled.job_progress"), Rows{});
}

TEST_F(ProgressTable, writes_only_what_has_changed_or_is_old) {
  must(await(ledger_.show_progress(three_rows())));
  rows("UPDATE candled.job_progress SET updated_at = now() - interval '30 s' WHERE job = 'eu'");
  auto const before = rows("SELECT job, lane, xmin FROM candled.job_progress ORDER BY job, lane");
  auto changed = three_rows();
  changed[2].windows_done = 3;

  must(await(ledger_.show_progress(changed)));

  auto const after = rows("SELECT job, lane, xmin FROM candled.job_progress ORDER BY job, lane");
  EXPECT_NE(after[0], before[0]) << "eu live is old";
  EXPECT_EQ(after[1], before[1]) << "us backfill is as it was";
  EXPECT_NE(after[2], before[2]) << "us live has changed";
}

TEST_F(RequestTest, budgets_say_what_is_allowed_learned_and_held) {
  BudgetClaim claim{.budget = "a",
                    .holder = "00000000-0000-0000-0000-000000000001",
                    .limit = {.requests = 150, .per = 60s, .burst = 1},
                    .used = {{.places = 2, .held_for = 30s}},
                    .reserve = 5,
                    .reserve_for = 60s,
                    .learned = 48};
  must(await(ledger_.claim(claim)));
  claim.budget = "b";
  claim.reserve = 0;
  claim.used.clear();
  claim.learned.reset();
  must(await(ledger_.claim(claim)));

  auto const budgets = must(read_budgets(url_));

  ASSERT_EQ(budgets.size(), 2U);
  EXPECT_EQ(budgets[0].budget, "a");
  EXPECT_EQ(budgets[0].requests, 150);
  EXPECT_EQ(budgets[0].per, 60s);
  EXPECT_EQ(budgets[0].learned, 48);
  EXPECT_EQ(budgets[0].held, 7);
  EXPECT_EQ(budgets[1].learned, std::nullopt);
  EXPECT_EQ(budgets[1].held, 0);
}

}  // namespace
}  // namespace candled::test
