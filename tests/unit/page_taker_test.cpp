// What of an answer is believed: by when it was given, and by what of it can be read.
#include "pipeline/page_taker.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/pipeline_fixture.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::batch_of;
using test::good_answer;
using test::PipelineFixture;

class ClocksADayApart : public testing::TestWithParam<std::chrono::hours> {};

TEST_P(ClocksADayApart, prove_nothing_are_told_and_are_asked_again_by_the_earlier_one) {
  auto const apart = GetParam();
  for (auto const* const body : {"", "delayed"}) {
    UtcTime now{std::chrono::sys_days{std::chrono::year{2024} / 2 / 1}};
    PipelineFixture fixture{[&](std::string const&, int) -> Result<HttpResponse> {
      auto answer = good_answer(body);
      answer.date = now + apart;
      return answer;
    }};
    ASSERT_EQ(fixture.clock.now(), now);

    auto const result = fixture.run(batch_of({"A"}, 60), {.parallel = 1});

    EXPECT_EQ(result.record.outcome, "failed");
    EXPECT_EQ(fixture.store.bars_of(1), 0U);
    EXPECT_TRUE(fixture.store.covered[SeriesId{1}].empty());
    EXPECT_EQ(result.record.requests, 3);  // as of any malformed answer
    ASSERT_EQ(result.failed.size(), 1U);
    EXPECT_EQ(result.failed[0].reason, GapReason::fetch_failed);
    EXPECT_TRUE(result.failed[0].detail.starts_with("the provider's clock says ")) << result.failed[0].detail;
    auto const earlier = std::min(now + apart, fixture.clock.now());
    ASSERT_TRUE(result.failed[0].next_try_at);
    EXPECT_GE(*result.failed[0].next_try_at, earlier);
    EXPECT_LE(*result.failed[0].next_try_at, earlier + 1h);
    EXPECT_TRUE(result.with_bars.empty());
    EXPECT_TRUE(fixture.source.told_of_the_clock);
  }
}

INSTANTIATE_TEST_SUITE_P(PageTaker, ClocksADayApart,
                         testing::Values(25h, 24h * 365 * 2, -24h, -25h, -24h * 20, -24h * 365 * 54));

TEST(PageTaker, a_slow_answer_is_not_one_of_another_day) {
  PipelineFixture fixture{[](std::string const&, int) -> Result<HttpResponse> {
    auto answer = good_answer();
    answer.date = std::chrono::sys_days{std::chrono::year{2024} / 2 / 3};
    return answer;
  }};
  fixture.http->latency = 48h;  // the host slept

  auto const result = fixture.run(batch_of({"A"}, 60), {.parallel = 1});

  EXPECT_EQ(result.record.outcome, "ok");
  EXPECT_EQ(fixture.store.bars_of(1), 60U);
}

TEST(PageTaker, a_refusal_means_the_same_at_any_time) {
  PipelineFixture fixture{[](std::string const&, int) -> Result<HttpResponse> {
    HttpResponse answer{.status = 401};
    answer.date = UtcTime{};
    return answer;
  }};

  auto const result = fixture.run(batch_of({"A"}, 60), {.parallel = 1});

  ASSERT_TRUE(result.ended_by);
  EXPECT_EQ(result.ended_by->kind, ErrorKind::key_refused);
}

TEST(PageTaker, a_bar_that_cannot_be_read_costs_its_own_time_and_is_named) {
  PipelineFixture fixture{
      [](std::string const&, int) -> Result<HttpResponse> { return good_answer("unreadable"); }};
  auto const batch = batch_of({"A"}, 60);

  auto const result = fixture.run(batch, {.parallel = 1});

  auto const whole = batch.windows[0].range;
  EXPECT_EQ(fixture.store.bars_of(1), 59U);
  EXPECT_EQ(result.record.rejected, 1);
  ASSERT_EQ(fixture.store.rejected.size(), 1U);
  EXPECT_EQ(fixture.store.rejected[0].reason, "unreadable: o is null");
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], (RangeSet{{.from = whole.from + 1min, .to = whole.to}}));
  ASSERT_EQ(result.rejected.size(), 1U);
  EXPECT_EQ(result.rejected[0].reason, GapReason::rejected);
  EXPECT_EQ(result.rejected[0].detail, "unreadable: o is null: A 2024-01-02T00:00:00Z");
  EXPECT_EQ(result.rejected[0].range, (TimeRange{.from = whole.from, .to = whole.from + 1min}));
}

TEST(PageTaker, a_bar_whose_time_cannot_be_read_leaves_open_where_it_may_stand) {
  PipelineFixture fixture{
      [](std::string const&, int) -> Result<HttpResponse> { return good_answer("timeless"); }};
  auto const batch = batch_of({"A"}, 60);

  auto const result = fixture.run(batch, {.parallel = 1});

  auto const whole = batch.windows[0].range;
  EXPECT_EQ(fixture.store.bars_of(1), 50U);
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], (RangeSet{{.from = whole.from, .to = whole.from + 10min},
                                                          {.from = whole.from + 20min, .to = whole.to}}));
  ASSERT_EQ(result.rejected.size(), 1U);
  EXPECT_EQ(result.rejected[0].range, (TimeRange{.from = whole.from + 10min, .to = whole.from + 20min}));
}

}  // namespace
}  // namespace candled
