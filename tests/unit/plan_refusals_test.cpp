// The three refusals that say something of the plan (provider contract, 3.2), each handled in its own way.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

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
  // Only the first symbol has to look for it; the second asks for one day of it.
  auto const of_b = std::ranges::count_if(fixture.http->asked,
                                          [](auto const& asked) { return asked.url.starts_with("B/"); });
  EXPECT_EQ(of_b, (366 - 250) * minutes_a_day / 50'000 + 1 + 1);
}

// Ten years of days that are over, with answers that take one request whatever their range.
constexpr int ten_years = 3'650 * minutes_a_day;

struct TenYears : PipelineFixture {
  explicit TenYears(test::FakeHttp::Answer answer) : PipelineFixture(std::move(answer)) {
    clock.set_wall_clock_by(std::chrono::days{3'650 - 30} + 1h);
  }
  // Symbols are series 1, 2, … in the order given.
  BatchResult ask(std::vector<std::string> const& symbols, int parallel, int minutes = ten_years) {
    return run(batch_of(symbols, minutes), {.parallel = parallel});
  }
  // What of the last run's windows is in a gap of this reason, and was tried or not.
  static std::vector<SeriesId> parked(BatchResult const& result, GapReason reason) {
    std::vector<SeriesId> found;
    for (auto const& one : result.failed)
      if (one.reason == reason) found.push_back(one.series);
    std::ranges::sort(found);
    return found;
  }
  bool has_all(int series, int minutes = ten_years) {
    return store.covered[SeriesId{series}].contains(batch_of({"any"}, minutes).windows[0].range);
  }
};

std::vector<std::string> symbols_of(int count) {
  std::vector<std::string> symbols;
  for (int i = 1; i <= count; ++i) symbols.push_back("S" + std::to_string(i));
  return symbols;
}

TEST(PlanRefusals,
     of_fifty_symbols_two_or_three_search_for_the_day_and_the_others_are_not_asked_for_what_lies_before) {
  constexpr int plan_begins = 8 * 365 * minutes_a_day;
  for (int const parallel : {1, 3}) {
    TenYears fixture{[](std::string const& url, int) -> Result<HttpResponse> {
      return Minutes{url}.from < plan_begins ? refusal("horizon") : good_answer("delayed");
    }};

    auto const result = fixture.ask(symbols_of(50), parallel);

    // One for each, and a dozen or so for each lane that begins without knowing.
    EXPECT_LE(result.record.requests, 50 + parallel * 16);
    EXPECT_EQ(TenYears::parked(result, GapReason::horizon).size(), 50U);
    for (auto const& one : result.failed)
      EXPECT_EQ(one.range, batch_of({"any"}, plan_begins).windows[0].range);
    auto const tried = std::ranges::count(result.failed, true, &FailedWindow::tried);
    EXPECT_GE(tried, 2);
    EXPECT_LE(tried, 2 * parallel);
    EXPECT_EQ(result.record.outcome, "partial");
  }
}

// Whichever of five it is, whatever it is refused, in the words of a horizon.
TEST(PlanRefusals, one_symbol_that_is_refused_its_history_takes_it_from_no_other) {
  for (int const begins : {8 * 365 * minutes_a_day, ten_years - minutes_a_day, ten_years + 1})
    for (int const parallel : {1, 3})
      for (int bad = 1; bad <= 5; ++bad) {
        TenYears fixture{[&](std::string const& url, int) -> Result<HttpResponse> {
          bool const is_bad = url.starts_with("S" + std::to_string(bad) + "/");
          return is_bad && Minutes{url}.from < begins ? refusal("horizon") : good_answer("delayed");
        }};

        auto const first = fixture.ask(symbols_of(5), parallel);
        auto const second = fixture.ask(symbols_of(5), parallel);

        for (auto const* const result : {&first, &second})
          for (auto const& one : result->failed)
            EXPECT_EQ(one.series, SeriesId{bad}) << begins << " " << parallel << " " << bad;
        for (int id = 1; id <= 5; ++id) EXPECT_EQ(fixture.has_all(id), id != bad);
        EXPECT_LE(first.record.requests, 5 + 2 * parallel + 16);
      }
}

TEST(PlanRefusals, a_symbol_that_is_refused_as_too_old_even_today_is_one_that_the_plan_does_not_have) {
  TenYears fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return url.starts_with("S1/") ? refusal("horizon") : good_answer("delayed");
  }};

  fixture.clock.set_wall_clock_by(-2h);  // the day that the windows end with is on
  auto const result = fixture.ask(symbols_of(2), 1, ten_years - 90);

  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].reason, GapReason::not_entitled);
  EXPECT_EQ(result.failed[0].next_try_at, result.failed[0].failed_at + 24h);
  EXPECT_LE(result.record.requests, 8);
  EXPECT_EQ(result.record.outcome, "partial");
}

TEST(PlanRefusals, the_last_week_is_asked_for_although_two_symbols_were_refused_it) {
  TenYears fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    bool const is_refused = url.starts_with("S1/") || url.starts_with("S2/");
    return is_refused && Minutes{url}.from < ten_years - 2 * minutes_a_day ? refusal("horizon")
                                                                           : good_answer("delayed");
  }};
  fixture.ask(symbols_of(2), 1);

  auto batch = batch_of({"S1", "S2", "S3"}, ten_years);
  batch.windows.erase(batch.windows.begin(), batch.windows.begin() + 2);
  auto const whole = batch.windows[0].range;
  batch.windows[0].range.from = whole.to - std::chrono::days{5};
  auto const result = fixture.run(batch, {.parallel = 1});

  EXPECT_TRUE(result.failed.empty());
  EXPECT_GT(result.record.requests, 0);
  EXPECT_TRUE(fixture.store.covered[SeriesId{3}].contains(batch.windows[0].range));
}

TEST(PlanRefusals, what_shares_are_refused_says_nothing_of_crypto) {
  TenYears fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return !url.starts_with("X:") && Minutes{url}.from < 3'000 * minutes_a_day ? refusal("horizon")
                                                                               : good_answer("delayed");
  }};

  auto const result = fixture.ask({"S1", "S2", "X:BTCUSD"}, 1);

  EXPECT_EQ(TenYears::parked(result, GapReason::horizon), (std::vector{SeriesId{1}, SeriesId{2}}));
  auto const of_crypto = std::ranges::count_if(fixture.http->asked,
                                               [](auto const& asked) { return asked.url.starts_with("X:"); });
  EXPECT_EQ(of_crypto, 1);
}

// The fixture's clock starts 30 days after minute 0, at midnight UTC.
constexpr int midnight_minute = 30 * minutes_a_day;

TEST(PlanRefusals, a_window_ends_with_yesterday_where_the_plan_gives_a_day_only_after_its_end) {
  PipelineFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return Minutes{url}.to > midnight_minute ? refusal("today") : good_answer();
  }};
  auto const midnight = fixture.clock.now();
  fixture.clock.advance(10h);

  auto const result = fixture.run(batch_of({"A", "B", "C"}, midnight_minute + 600), {.parallel = 1});

  EXPECT_EQ(result.record.requests, 5);  // A and B are refused once, then all of them without today
  EXPECT_EQ(fixture.store.bars_of(3), static_cast<std::size_t>(midnight_minute));
  ASSERT_EQ(result.failed.size(), 3U);
  for (auto const& failed : result.failed) {
    EXPECT_EQ(failed.reason, GapReason::not_entitled);
    ASSERT_TRUE(failed.next_try_at.has_value());
    EXPECT_EQ(*failed.next_try_at, midnight + 24h + 15s);  // when the session has ended
    EXPECT_EQ(failed.range.to, *failed.next_try_at);
    EXPECT_EQ(failed.tried, failed.series != SeriesId{3});
  }
}

TEST(PlanRefusals, today_of_one_symbol_is_taken_from_no_other) {
  for (std::string const bad : {"A", "B", "C"}) {
    PipelineFixture fixture{[&](std::string const& url, int) -> Result<HttpResponse> {
      return url.starts_with(bad + "/") && Minutes{url}.to > midnight_minute ? refusal("today")
                                                                             : good_answer();
    }};
    fixture.clock.advance(10h);

    for (int round = 0; round < 2; ++round) {
      auto const result = fixture.run(batch_of({"A", "B", "C"}, midnight_minute + 600), {.parallel = 1});
      ASSERT_EQ(result.failed.size(), 1U) << bad;
      EXPECT_EQ(result.failed[0].series, SeriesId{bad[0] - 'A' + 1});
    }
  }
}

TEST(PlanRefusals, today_of_shares_says_nothing_of_crypto) {
  PipelineFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return !url.starts_with("X:") && Minutes{url}.to > midnight_minute ? refusal("today") : good_answer();
  }};
  fixture.clock.advance(10h);

  auto const result = fixture.run(batch_of({"A", "B", "X:BTCUSD"}, midnight_minute + 600), {.parallel = 1});

  EXPECT_EQ(result.failed.size(), 2U);
  EXPECT_EQ(fixture.store.bars_of(3), static_cast<std::size_t>(midnight_minute + 600));
}

// A 401 speaks of the key, and not of the symbol that was asked for.
TEST(PlanRefusals, a_key_that_stops_working_ends_the_batch_with_its_first_refusal) {
  PipelineFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return url.starts_with("A/") ? good_answer() : HttpResponse{.status = 401};
  }};

  auto const result = fixture.run(batch_of({"A", "B", "C", "D"}, 60), {.parallel = 1});

  ASSERT_TRUE(result.ended_by);
  EXPECT_EQ(result.ended_by->kind, ErrorKind::key_refused);
  EXPECT_EQ(result.record.requests, 2);
}

}  // namespace
}  // namespace candled
