#include "cli/session_states.hpp"

#include <gtest/gtest.h>

#include "pipeline/source.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

// The week of 2024-07-01: Wednesday closes early, Thursday is a holiday.
struct SessionStates : testing::Test {
  Job job{.name = "us",
          .timeframe = Timeframe::m1,
          .symbols = {"AAPL"},
          .calendar = Calendar{CalendarKind::xnys},
          .history = parse_date("2024-07-01").value()};
  Series series{.ticker = "AAPL", .covered = {}, .parked = {}, .again = {}, .settled = {}};
  std::vector<GapRow> gaps;

  void cover(std::string_view from, std::string_view to) {
    series.covered.add(TimeRange{.from = at(from), .to = at(to)});
  }
  void gap(std::string reason, std::string_view from, std::string_view to) {
    gaps.push_back(
        {.ticker = "AAPL", .range = {.from = at(from), .to = at(to)}, .reason = std::move(reason)});
  }
  std::string states(std::string_view now = "2024-07-06T12:00:00Z") const {
    auto const sessions = job.calendar.sessions({.from = at("2024-06-28T00:00:00Z"), .to = at(now)});
    return session_states(job, sessions, series, gaps, at(now));
  }
};

TEST_F(SessionStates, are_of_sessions_alone_and_not_of_times_before_the_history) {
  EXPECT_EQ(states(), "-nnnn");  // Friday; Monday, Tuesday, Wednesday, Friday
  cover("2024-07-01T04:00:00Z", "2024-07-06T04:00:00Z");
  EXPECT_EQ(states(), "-cccc");
}

TEST_F(SessionStates, an_early_close_ends_a_session) {
  cover("2024-07-01T04:00:00Z", "2024-07-03T21:00:00Z");  // 17:00 New York

  EXPECT_EQ(states(), "-cccn");
}

TEST_F(SessionStates, a_hole_of_a_minute_makes_a_part) {
  cover("2024-07-01T04:00:00Z", "2024-07-02T15:00:00Z");
  cover("2024-07-02T15:01:00Z", "2024-07-06T04:00:00Z");

  EXPECT_EQ(states(), "-cpcc");
}

TEST_F(SessionStates, between_two_that_lack_one_is_complete) {
  cover("2024-07-02T04:00:00Z", "2024-07-03T04:00:00Z");

  EXPECT_EQ(states(), "-ncnn");
}

TEST_F(SessionStates, a_hole_of_the_night_is_none) {
  cover("2024-07-01T04:00:00Z", "2024-07-02T00:00:00Z");  // 20:00 New York
  cover("2024-07-02T08:00:00Z", "2024-07-06T04:00:00Z");

  EXPECT_EQ(states(), "-cccc");
}

TEST_F(SessionStates, a_session_that_is_on_waits_once_its_final_bars_are_there) {
  cover("2024-07-01T04:00:00Z", "2024-07-03T16:00:00Z");

  EXPECT_EQ(states("2024-07-03T16:00:10Z"), "-ccw");
  EXPECT_EQ(states("2024-07-03T16:30:00Z"), "-ccp");
}

TEST_F(SessionStates, a_daily_bar_is_final_after_its_session) {
  job.timeframe = Timeframe::d1;
  cover("2024-07-01T04:00:00Z", "2024-07-03T04:00:00Z");

  EXPECT_EQ(states("2024-07-03T16:00:00Z"), "-ccw");
  EXPECT_EQ(states("2024-07-05T12:00:00Z"), "-ccnw");
}

TEST_F(SessionStates, of_several_gaps_the_worst_is_told_whether_its_time_is_covered_or_not) {
  cover("2024-07-01T04:00:00Z", "2024-07-04T04:00:00Z");
  gap("provider_empty", "2024-07-01T04:00:00Z", "2024-07-02T04:00:00Z");
  gap("fetch_failed", "2024-07-05T04:00:00Z", "2024-07-06T04:00:00Z");
  gap("provider_empty", "2024-07-05T04:00:00Z", "2024-07-06T04:00:00Z");
  gap("not_entitled", "2024-07-02T14:00:00Z", "2024-07-02T15:00:00Z");

  EXPECT_EQ(states(), "-etcf");
}

TEST_F(SessionStates, an_instrument_is_wanted_while_it_has_a_name) {
  series.names = {{.ticker = "AAPL", .during = {.from = at("2024-07-03T04:00:00Z"), .to = UtcTime::max()}}};

  EXPECT_EQ(states(), "---nn");
}

TEST_F(SessionStates, what_is_not_kept_is_not_wanted) {
  job.history = parse_date("2020-01-01").value();
  job.retention_years = 1;

  EXPECT_EQ(
      session_states(
          job, job.calendar.sessions({.from = at("2022-12-30T12:00:00Z"), .to = at("2023-01-04T00:00:00Z")}),
          series, gaps, at("2024-07-06T12:00:00Z")),
      "-n");
}

}  // namespace
}  // namespace candled
