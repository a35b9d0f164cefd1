#include "pipeline/run_batch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "unit/pipeline_fixture.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::batch_of;
using test::good_answer;
using test::PipelineFixture;

Result<HttpResponse> always_good(std::string const&, int) {
  return good_answer();
}

HttpResponse answer_with(int status) {
  return {.status = status};
}

std::vector<Milliseconds> times(PipelineFixture const& fixture) {
  std::vector<Milliseconds> times;
  for (auto const& asked : fixture.http->asked) times.push_back(asked.at);
  return times;
}

TEST(RunBatch, stores_every_bar_and_the_coverage_that_it_proves) {
  PipelineFixture fixture{always_good};
  auto const batch = batch_of({"A", "B", "C"}, 60);

  auto const result = fixture.run(batch, {.parallel = 2});

  EXPECT_EQ(result.record.outcome, "ok");
  EXPECT_EQ(result.record.bars, 180);
  EXPECT_EQ(result.record.inserted, 180);
  EXPECT_EQ(result.record.requests, 3);
  EXPECT_EQ(result.record.symbols, 3);
  for (int series = 1; series <= 3; ++series) {
    EXPECT_EQ(fixture.store.bars_of(series), 60U);
    EXPECT_EQ(fixture.store.covered[SeriesId{series}], RangeSet{batch.windows[0].range});
  }
}

TEST(RunBatch, small_windows_share_a_load) {
  PipelineFixture fixture{always_good};

  fixture.run(batch_of({"A", "B", "C", "D", "E", "F", "G", "H"}, 60), {.parallel = 4});

  EXPECT_EQ(fixture.store.loads, 1U);
}

TEST(RunBatch, a_long_window_is_many_loads_of_at_most_50000_bars) {
  PipelineFixture fixture{always_good};
  dynamic_cast<test::ModelProvider&>(*fixture.source.provider).page_bars = 30'000;

  auto const result = fixture.run(batch_of({"A"}, 200'000), {.parallel = 1});

  EXPECT_EQ(result.record.requests, 7);
  EXPECT_EQ(fixture.store.bars_of(1), 200'000U);
  EXPECT_LE(fixture.store.largest_load, 50'000U);
  EXPECT_GE(fixture.store.loads, 4U);
}

TEST(RunBatch, lanes_start_a_stagger_apart_and_then_follow_the_work) {
  PipelineFixture fixture{always_good};
  fixture.http->latency = 2s;

  fixture.run(batch_of({"A", "B", "C", "D", "E", "F", "G"}, 60), {.parallel = 3, .stagger = 5s});

  EXPECT_EQ(times(fixture), (std::vector<Milliseconds>{0s, 2s, 4s, 5s, 6s, 7s, 8s}));
}

TEST(RunBatch, lanes_without_work_do_not_hold_the_batch) {
  PipelineFixture fixture{always_good};

  fixture.run(batch_of({"A", "B"}, 60), {.parallel = 3, .stagger = 1h});

  EXPECT_EQ(fixture.store.bars_of(1) + fixture.store.bars_of(2), 120U);
  EXPECT_LT(fixture.clock.elapsed(), 1s);
}

TEST(RunBatch, with_a_slow_plan_each_page_is_stored_before_the_next_is_asked_for) {
  PipelineFixture fixture{always_good, {.requests = 5, .per = 60s, .burst = 1}};
  std::vector<std::size_t> stored;
  fixture.http->on_ask = [&] { stored.push_back(fixture.store.bars_of(1) + fixture.store.bars_of(2)); };

  fixture.run(batch_of({"A", "B", "C"}, 60), {.parallel = 1});

  EXPECT_EQ(stored, (std::vector<std::size_t>{0, 60, 120}));
}

TEST(RunBatch, a_plan_without_live_data_proves_nothing_of_the_last_quarter_of_an_hour) {
  // The fixture's clock stands at 2024-02-01T00:00; the window reaches ten minutes short of it.
  PipelineFixture fixture{
      [](std::string const&, int) -> Result<HttpResponse> { return good_answer("delayed"); }};
  auto batch = batch_of({"A"}, 60);
  auto const now = fixture.clock.now();
  batch.windows[0].range = {.from = now - 40min, .to = now - 10min};

  auto const result = fixture.run(batch, {.parallel = 1});

  EXPECT_EQ(result.record.outcome, "ok");
  EXPECT_TRUE(result.failed.empty());
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], (RangeSet{{.from = now - 40min, .to = now - 15min}}));
}

TEST(RunBatch, a_plan_without_live_data_proves_what_was_old_enough_when_it_was_asked) {
  PipelineFixture fixture{
      [](std::string const&, int) -> Result<HttpResponse> { return good_answer("delayed"); }};
  fixture.http->latency = 3min;
  auto batch = batch_of({"A"}, 60);
  auto const now = fixture.clock.now();
  batch.windows[0].range = {.from = now - 40min, .to = now - 10min};

  fixture.run(batch, {.parallel = 1});

  EXPECT_EQ(fixture.store.covered[SeriesId{1}], (RangeSet{{.from = now - 40min, .to = now - 15min}}));
}

TEST(RunBatch, a_bar_of_the_last_quarter_of_an_hour_may_not_be_whole_and_stays_due) {
  PipelineFixture fixture{
      [](std::string const&, int) -> Result<HttpResponse> { return good_answer("too early"); }};
  auto batch = batch_of({"A"}, 60);
  auto const now = fixture.clock.now();
  batch.windows[0].range = {.from = now - 40min, .to = now - 10min};

  auto const result = fixture.run(batch, {.parallel = 1});

  EXPECT_EQ(result.record.bars, 25);
  EXPECT_EQ(fixture.store.bars_of(1), 25U);
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], (RangeSet{{.from = now - 40min, .to = now - 15min}}));
}

TEST(RunBatch, on_a_host_whose_clock_is_ahead_nothing_is_proven_that_the_provider_did_not_live_through) {
  // There it is twenty to midnight of the day before; here, by the fixture's clock, it is February.
  PipelineFixture fixture{[](std::string const&, int) -> Result<HttpResponse> {
    auto answer = good_answer();
    answer.date = std::chrono::sys_days{std::chrono::year{2024} / 1 / 31} + 23h + 40min;
    return answer;
  }};
  auto batch = batch_of({"A"}, 60);
  auto const now = fixture.clock.now();
  batch.windows[0].range = {.from = now - 30min, .to = now - 1min};

  auto const result = fixture.run(batch, {.parallel = 1});

  // The minute that ended at twenty to may not be published yet.
  EXPECT_EQ(result.record.bars, 9);
  EXPECT_EQ(fixture.store.bars_of(1), 9U);
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], (RangeSet{{.from = now - 30min, .to = now - 21min}}));
}

TEST(RunBatch, clocks_that_differ_by_seconds_are_taken_for_the_same) {
  PipelineFixture fixture{[](std::string const&, int) -> Result<HttpResponse> {
    auto answer = good_answer();
    answer.date = std::chrono::sys_days{std::chrono::year{2024} / 2 / 1} - 5s;
    return answer;
  }};
  auto batch = batch_of({"A"}, 60);
  auto const now = fixture.clock.now();
  batch.windows[0].range = {.from = now - 10min, .to = now - 1min};

  fixture.run(batch, {.parallel = 1});

  EXPECT_EQ(fixture.store.covered[SeriesId{1}], RangeSet{batch.windows[0].range});
}

TEST(RunBatch, an_answer_full_of_impossible_bars_is_a_broken_answer) {
  PipelineFixture fixture{
      [](std::string const&, int) -> Result<HttpResponse> { return good_answer("all impossible"); }};

  auto const result = fixture.run(batch_of({"A"}, 2'000), {.parallel = 1});

  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].reason, GapReason::fetch_failed);
  EXPECT_TRUE(fixture.store.rejected.empty());
  EXPECT_EQ(fixture.store.bars_of(1), 0U);
}

TEST(RunBatch, one_refused_symbol_does_not_stop_the_others) {
  PipelineFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return url.starts_with("B/") ? answer_with(403) : good_answer();
  }};

  auto const result = fixture.run(batch_of({"A", "B", "C"}, 60), {.parallel = 1});

  EXPECT_EQ(result.record.outcome, "partial");
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].series, SeriesId{2});
  EXPECT_EQ(result.failed[0].reason, GapReason::not_entitled);
  EXPECT_EQ(result.record.requests, 3);  // a refusal is not asked again
  EXPECT_EQ(fixture.store.bars_of(3), 60U);
}

TEST(RunBatch, a_failing_window_backs_off_and_is_given_up_after_all_attempts) {
  PipelineFixture fixture{[](std::string const&, int) -> Result<HttpResponse> { return answer_with(502); }};
  fixture.set_pacer(RateLimit{}, {.failures = 1'000});

  auto const result = fixture.run(batch_of({"A"}, 60), {.parallel = 1});

  EXPECT_EQ(result.record.outcome, "failed");
  EXPECT_EQ(result.record.requests, 10);
  EXPECT_EQ(result.record.retries, 9);
  // 1 + 2 + 4 + … + 256 s: without jitter.
  EXPECT_GE(fixture.clock.elapsed(), 511s);
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].reason, GapReason::fetch_failed);
}

TEST(RunBatch, a_page_that_fails_for_a_while_costs_only_time) {
  PipelineFixture fixture{[](std::string const&, int before) -> Result<HttpResponse> {
    if (before == 0) return fail(ErrorKind::transport, "reset");
    if (before == 1) return answer_with(418);
    return good_answer();
  }};

  auto const result = fixture.run(batch_of({"A", "B"}, 60), {.parallel = 2});

  EXPECT_EQ(result.record.outcome, "ok");
  EXPECT_EQ(result.record.retries, 4);
  EXPECT_EQ(fixture.store.bars_of(1) + fixture.store.bars_of(2), 120U);
}

TEST(RunBatch, after_a_429_nobody_asks_until_the_time_that_was_named) {
  PipelineFixture fixture{[](std::string const& url, int before) -> Result<HttpResponse> {
    if (url.starts_with("A/") && before == 0) return HttpResponse{.status = 429, .retry_after = 30s};
    return good_answer();
  }};
  fixture.http->latency = 1s;

  auto const result = fixture.run(batch_of({"A", "B", "C", "D", "E"}, 60), {.parallel = 2});

  EXPECT_EQ(result.record.rate_limited, 1);
  EXPECT_EQ(result.record.outcome, "ok");
  auto const asked = times(fixture);
  EXPECT_EQ(std::ranges::count_if(asked, [](auto at) { return at >= 1s && at < 31s; }), 0);
}

TEST(RunBatch, a_refused_key_ends_the_batch_without_asking_for_every_symbol) {
  PipelineFixture fixture{[](std::string const&, int) -> Result<HttpResponse> { return answer_with(401); }};

  auto const result = fixture.run(batch_of({"A", "B", "C", "D", "E", "F"}, 60), {.parallel = 1});

  ASSERT_TRUE(result.ended_by.has_value());
  EXPECT_EQ(result.ended_by->kind, ErrorKind::key_refused);
  EXPECT_EQ(result.record.requests, 1);
  EXPECT_TRUE(result.failed.empty());  // the windows are not at fault
}

TEST(RunBatch, a_key_that_was_refused_is_not_tried_by_the_next_batch) {
  PipelineFixture fixture{[](std::string const&, int) -> Result<HttpResponse> { return answer_with(401); }};
  fixture.run(batch_of({"A"}, 60), {.parallel = 1});

  auto const next = fixture.run(batch_of({"B"}, 60), {.parallel = 1});

  ASSERT_TRUE(next.ended_by.has_value());
  EXPECT_EQ(next.ended_by->kind, ErrorKind::key_refused);
  EXPECT_EQ(next.record.requests, 0);
}

TEST(RunBatch, an_impossible_bar_is_rejected_and_its_time_stays_due) {
  PipelineFixture fixture{
      [](std::string const&, int) -> Result<HttpResponse> { return good_answer("impossible"); }};
  auto const batch = batch_of({"A"}, 60);

  auto const result = fixture.run(batch, {.parallel = 1});

  auto const whole = batch.windows[0].range;
  EXPECT_EQ(fixture.store.bars_of(1), 59U);
  EXPECT_EQ(result.record.rejected, 1);
  ASSERT_EQ(fixture.store.rejected.size(), 1U);
  EXPECT_EQ(fixture.store.rejected[0].reason, "high_too_low");
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], (RangeSet{{.from = whole.from + 1min, .to = whole.to}}));
  ASSERT_EQ(result.rejected.size(), 1U);
  EXPECT_EQ(result.rejected[0].range, (TimeRange{.from = whole.from, .to = whole.from + 1min}));
}

TEST(RunBatch, fetching_pauses_while_the_database_is_away_and_nothing_is_lost) {
  PipelineFixture fixture{always_good};
  fixture.http->latency = 100ms;
  dynamic_cast<test::ModelProvider&>(*fixture.source.provider).page_bars = 50'000;
  fixture.store.fails = [&]() -> std::optional<Error> {
    if (fixture.clock.elapsed() > 10min) return std::nullopt;
    return Error{.kind = ErrorKind::db_unavailable, .what = "down"};
  };
  std::size_t asked_while_down = 0;
  fixture.ports.database_retry.jitter = Jitter::none;

  auto const result = fixture.run(batch_of({"A", "B"}, 300'000), {.parallel = 2});
  for (auto const& asked : fixture.http->asked) asked_while_down += asked.at < 10min ? 1U : 0U;

  EXPECT_EQ(result.record.outcome, "ok");
  EXPECT_EQ(fixture.store.bars_of(1) + fixture.store.bars_of(2), 600'000U);
  EXPECT_LE(asked_while_down, 6U);  // two loads with the store, two pages of the lanes, and the first of each
}

TEST(RunBatch, a_refusing_database_ends_the_batch_with_its_reason) {
  PipelineFixture fixture{always_good};
  fixture.store.fails = [] {
    return std::optional{Error{.kind = ErrorKind::db_refused, .what = "permission denied"}};
  };

  auto const result = fixture.run(batch_of({"A", "B", "C"}, 60'000), {.parallel = 1});

  ASSERT_TRUE(result.ended_by.has_value());
  EXPECT_EQ(result.ended_by->what, "permission denied");
  EXPECT_EQ(result.record.outcome, "failed");
  EXPECT_LE(result.record.requests, 4);
}

TEST(RunBatch, a_stop_ends_waiting_at_once_and_commits_what_is_there) {
  PipelineFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return url.starts_with("B/") ? answer_with(502) : good_answer();
  }};
  fixture.store.fails = [&]() -> std::optional<Error> { return std::nullopt; };
  fixture.http->latency = 1s;
  boost::asio::co_spawn(
      fixture.loop,
      [](PipelineFixture& stopped) -> Task<void> {
        co_await stopped.clock.sleep_until(stopped.clock.ticks() + 2500ms);  // B backs off by now
        stopped.clock.stop();
      }(fixture),
      boost::asio::detached);

  auto const result = fixture.run(batch_of({"A", "B", "C"}, 60), {.parallel = 1});

  EXPECT_EQ(result.record.outcome, "stopped");
  EXPECT_EQ(fixture.clock.elapsed(), 2500ms);
  EXPECT_EQ(fixture.store.bars_of(1), 60U);
  EXPECT_TRUE(result.failed.empty());  // a stopped window has not failed
}

TEST(RunBatch, a_stop_commits_pages_that_waited_for_company) {
  PipelineFixture fixture{[](std::string const&, int) -> Result<HttpResponse> { return good_answer(); }};
  fixture.http->latency = 200ms;
  boost::asio::co_spawn(
      fixture.loop,
      [](PipelineFixture& stopped) -> Task<void> {
        co_await stopped.clock.sleep_until(stopped.clock.ticks() + 300ms);  // A has come, B is on its way
        stopped.clock.stop();
      }(fixture),
      boost::asio::detached);

  auto const result = fixture.run(batch_of({"A", "B", "C"}, 60), {.parallel = 1});

  EXPECT_EQ(result.record.outcome, "stopped");
  EXPECT_EQ(fixture.store.bars_of(1), 60U);
}

TEST(RunBatch, never_exceeds_the_budget_with_retries_and_pages) {
  RateLimit const limit{.requests = 30, .per = 10s, .burst = 5};
  PipelineFixture fixture{[](std::string const& url, int before) -> Result<HttpResponse> {
                            if (before < 2 && url.size() % 2 == 0) return answer_with(503);
                            return good_answer();
                          },
                          limit};
  fixture.set_pacer(limit, {.failures = 1'000});
  fixture.source.retry = {.multiplier = 10ms, .min = 10ms, .max = 100ms, .attempts = 10};
  fixture.http->latency = 70ms;
  std::vector<std::string> tickers;
  for (int i = 0; i < 100; ++i) tickers.push_back("T" + std::to_string(i));

  auto const result = fixture.run(batch_of(tickers, 10), {.parallel = 8});

  EXPECT_EQ(result.record.outcome, "ok");
  auto const asked = times(fixture);
  for (std::size_t i = 30; i < asked.size(); ++i) ASSERT_GE(asked[i] - asked[i - 30], 10s) << i;
  auto const ideal = (static_cast<double>(asked.size()) - 5.0) / 30 * 10'000;
  EXPECT_LE(static_cast<double>(fixture.clock.elapsed().count()), ideal * 1.02 + 1'000);
}

}  // namespace
}  // namespace candled
