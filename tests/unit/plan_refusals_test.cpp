// The three refusals that say something of the plan (provider contract, 3.2), each handled in its own way.
#include <gtest/gtest.h>

#include <cstdlib>

#include "unit/pipeline_fixture.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::batch_of;
using test::good_answer;
using test::PipelineFixture;

constexpr int minutes_a_day = 1'440;

HttpResponse refusal(std::string why) {
  return {.status = 403, .body = std::move(why)};
}

// The minutes that a URL of the model provider asks for: TICKER/FROM/TO.
struct Minutes {
  explicit Minutes(std::string const& url)
      : from(std::atoi(url.c_str() + url.find('/') + 1)), to(std::atoi(url.c_str() + url.rfind('/') + 1)) {}
  int from;
  int to;
};

TEST(PlanRefusals, a_symbol_that_the_plan_does_not_have_is_asked_for_once_a_day) {
  PipelineFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return url.starts_with("B/") ? refusal("") : good_answer();
  }};
  auto batch = batch_of({"A", "B"}, 60);
  auto second = batch.windows[1];
  second.range = {.from = second.range.to + 1h, .to = second.range.to + 2h};
  batch.windows.push_back(second);

  auto const result = fixture.run(batch, {.parallel = 1});

  EXPECT_EQ(result.record.requests, 2);  // the second window of B is not asked for
  ASSERT_EQ(result.failed.size(), 2U);
  for (auto const& failed : result.failed) {
    EXPECT_EQ(failed.reason, GapReason::not_entitled);
    // What closes until then is not to be had either: a live lane would ask for it every minute.
    EXPECT_GE(failed.range.to, fixture.clock.now() + 23h);
    EXPECT_EQ(failed.next_try_at, failed.failed_at + 24h);
  }
}

TEST(PlanRefusals, what_the_plan_reaches_is_fetched_and_what_is_older_waits_as_the_horizon) {
  constexpr int horizon = 250 * minutes_a_day;  // a day's start of UTC, the fixture's calendar
  PipelineFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return Minutes{url}.from < horizon ? refusal("horizon") : good_answer();
  }};

  auto const result = fixture.run(batch_of({"A", "B"}, 366 * minutes_a_day), {.parallel = 1});

  ASSERT_EQ(result.failed.size(), 2U);
  for (auto const& failed : result.failed) {
    EXPECT_EQ(failed.reason, GapReason::horizon);
    EXPECT_EQ(failed.range, batch_of({"A"}, horizon).windows[0].range);
  }
  EXPECT_EQ(fixture.store.bars_of(1), static_cast<std::size_t>((366 - 250) * minutes_a_day));
  EXPECT_EQ(fixture.store.bars_of(2), fixture.store.bars_of(1));
  // Only the first symbol has to look for it.
  auto const of_b = std::ranges::count_if(fixture.http->asked,
                                          [](auto const& asked) { return asked.url.starts_with("B/"); });
  EXPECT_EQ(of_b, (366 - 250) * minutes_a_day / 50'000 + 1);
}

TEST(PlanRefusals, a_window_ends_with_yesterday_where_the_plan_gives_a_day_only_after_its_end) {
  PipelineFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    // The fixture's clock starts 30 days after minute 0, at midnight UTC.
    return Minutes{url}.to > 30 * minutes_a_day ? refusal("today") : good_answer();
  }};
  auto const midnight = fixture.clock.now();
  fixture.clock.advance(10h);

  auto const result = fixture.run(batch_of({"A", "B"}, 30 * minutes_a_day + 600), {.parallel = 1});

  EXPECT_EQ(result.record.requests, 3);  // refused once, then A and B without today
  EXPECT_EQ(fixture.store.bars_of(2), static_cast<std::size_t>(30 * minutes_a_day));
  ASSERT_EQ(result.failed.size(), 2U);
  for (auto const& failed : result.failed) {
    EXPECT_EQ(failed.reason, GapReason::not_entitled);
    ASSERT_TRUE(failed.next_try_at.has_value());
    EXPECT_EQ(*failed.next_try_at, midnight + 24h + 15s);  // when the session has ended
    EXPECT_EQ(failed.range.to, *failed.next_try_at);
  }
}

}  // namespace
}  // namespace candled
