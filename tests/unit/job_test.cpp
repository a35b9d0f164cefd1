#include "pipeline/job.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(char const* text) {
  return parse_rfc3339(text).value();
}

TimeRange between(char const* from, char const* to) {
  return {.from = at(from), .to = at(to)};
}

Job minutes(std::vector<Milliseconds> settle = {}) {
  return {.name = "us-minute",
          .source = nullptr,
          .timeframe = Timeframe::m1,
          .symbols = {"AAPL"},
          .calendar = Calendar{CalendarKind::xnys},
          .history = Date{std::chrono::year{2024} / 3 / 1},
          .settle = std::move(settle)};
}

Series series(RangeSet covered = {}, RangeSet parked = {}, RangeSet again = {}) {
  return {.id = SeriesId{1},
          .ticker = "AAPL",
          .covered = std::move(covered),
          .parked = std::move(parked),
          .again = std::move(again)};
}

std::vector<TimeRange> ranges(std::vector<Window> const& windows) {
  std::vector<TimeRange> found;
  for (auto const& window : windows) found.push_back(window.range);
  return found;
}

// A Wednesday, 10:30 in New York.
auto const now = at("2024-03-06T15:30:20Z");

TEST(OrderOfLane, live_begins_where_the_session_before_ended_and_backfill_is_what_is_older) {
  auto const live = order_of(Lane::live, minutes(), now);
  auto const backfill = order_of(Lane::backfill, minutes(), now);

  EXPECT_EQ(live.wanted, between("2024-03-06T01:00:00Z", "2024-03-06T15:30:00Z"));
  EXPECT_EQ(backfill.wanted, between("2024-03-01T05:00:00Z", "2024-03-06T01:00:00Z"));
}

// Whatever the calendar says: what lies before a session, and after the one before it, is asked for with it.
TEST(OrderOfLane, live_spans_the_closed_time_before_its_session) {
  struct Case {
    char const* because;
    Timeframe timeframe;
    CalendarKind calendar;
    char const* now;
    char const* from;
  };
  std::vector<CalendarOverride> const overrides{
      {.date = Date{std::chrono::year{2024} / 3 / 11}, .closes_at = std::nullopt, .reason = "by mistake"}};
  for (auto const& [because, timeframe, kind, clock, from] : std::initializer_list<Case>{
           {"a weekend", Timeframe::m1, CalendarKind::xnys, "2024-03-04T15:30:20Z", "2024-03-02T01:00:00Z"},
           {"an early close", Timeframe::m1, CalendarKind::xnys, "2023-11-27T15:00:20Z",
            "2023-11-24T22:00:00Z"},
           {"a bar of four hours after an early close", Timeframe::h4, CalendarKind::xnys,
            "2023-11-27T18:00:20Z", "2023-11-25T01:00:00Z"},
           {"a day that an override calls closed", Timeframe::m1, CalendarKind::xnys, "2024-03-12T15:30:20Z",
            "2024-03-09T01:00:00Z"},
           {"days", Timeframe::d1, CalendarKind::xnys, "2024-03-13T05:00:20Z", "2024-03-09T05:00:00Z"},
           {"no night", Timeframe::m1, CalendarKind::always, "2024-03-04T15:30:20Z", "2024-03-04T00:00:00Z"},
           {"days without a night", Timeframe::d1, CalendarKind::always, "2024-03-04T15:30:20Z",
            "2024-03-03T00:00:00Z"}}) {
    auto job = minutes();
    job.timeframe = timeframe;
    job.calendar = Calendar{kind, overrides};
    job.history = Date{std::chrono::year{2023} / 1 / 1};

    auto const live = order_of(Lane::live, job, at(clock)).wanted;
    auto const backfill = order_of(Lane::backfill, job, at(clock)).wanted;

    EXPECT_EQ(to_rfc3339(live.from), from) << because;
    EXPECT_EQ(backfill.to, live.from) << because;
  }
}

TEST(OrderOfLane, before_the_market_opens_live_is_still_the_last_session) {
  auto const live = order_of(Lane::live, minutes(), at("2024-03-11T07:00:00Z"));  // Monday, 03:00

  EXPECT_EQ(live.wanted, between("2024-03-08T01:00:00Z", "2024-03-09T01:00:00Z"));
}

TEST(OrderOfLane, live_and_backfill_of_months_share_them_without_overlap) {
  auto job = minutes();
  job.timeframe = Timeframe::mo1;
  job.history = Date{std::chrono::year{2023} / 1 / 1};

  EXPECT_EQ(order_of(Lane::live, job, now).wanted, between("2024-02-01T05:00:00Z", "2024-03-01T05:00:00Z"));
  EXPECT_EQ(order_of(Lane::backfill, job, now).wanted,
            between("2023-01-01T05:00:00Z", "2024-02-01T05:00:00Z"));
}

TEST(Retention, keeps_whole_years_in_the_zone_of_the_calendar) {
  auto job = minutes();
  job.history = Date{std::chrono::year{2010} / 1 / 1};
  EXPECT_EQ(kept_from(job, now), std::nullopt);

  job.retention_years = 5;

  EXPECT_EQ(kept_from(job, now), at("2019-01-01T05:00:00Z"));
  EXPECT_EQ(kept_from(job, at("2025-01-01T04:59:59Z")), at("2019-01-01T05:00:00Z"))
      << "still 2024 in New York";
  EXPECT_EQ(kept_from(job, at("2025-01-01T05:00:00Z")), at("2020-01-01T05:00:00Z"));
  EXPECT_EQ(everything_due(job, now).wanted.from, at("2019-01-01T05:00:00Z"));
  job.history = Date{std::chrono::year{2023} / 1 / 1};
  EXPECT_EQ(wanted_from(job, now), at("2023-01-01T05:00:00Z"));
}

TEST(Retention, asks_for_nothing_that_would_not_be_kept) {
  auto job = minutes();
  job.retention_years = 1;
  Order const old{.wanted = between("2022-12-30T05:00:00Z", "2023-01-04T05:00:00Z")};

  EXPECT_EQ(ranges(windows_due(job, {series()}, old, now)),
            (std::vector{between("2023-01-01T05:00:00Z", "2023-01-04T05:00:00Z")}));
  EXPECT_TRUE(
      windows_due(job, {series()}, {.wanted = between("2022-01-03T05:00:00Z", "2022-01-05T05:00:00Z")}, now)
          .empty());
}

TEST(EverythingDue, a_bar_that_the_provider_may_not_have_finished_is_not_asked_for) {
  auto job = minutes();
  job.schedule = EverySchedule{.every = 1min, .delay = 2s};

  EXPECT_EQ(everything_due(job, at("2024-03-06T15:30:14Z")).wanted.to, at("2024-03-06T15:29:00Z"));
  EXPECT_EQ(everything_due(job, at("2024-03-06T15:30:15Z")).wanted.to, at("2024-03-06T15:30:00Z"));
}

TEST(WindowsDue, a_gap_is_the_repair_lanes_once_it_may_be_tried) {
  auto const gap = between("2024-03-06T14:30:00Z", "2024-03-06T14:40:00Z");
  auto const one = series({}, {}, {gap});

  auto const live = windows_due(minutes(), {one}, order_of(Lane::live, minutes(), now), now);
  auto const repair = windows_due(minutes(), {one}, order_of(Lane::repair, minutes(), now), now);

  EXPECT_EQ(ranges(live), (std::vector{between("2024-03-06T01:00:00Z", "2024-03-06T14:30:00Z"),
                                       between("2024-03-06T14:40:00Z", "2024-03-06T15:30:00Z")}));
  EXPECT_EQ(ranges(repair), std::vector{gap});
}

TEST(WindowsDue, a_gap_in_what_is_covered_is_asked_for_again_all_the_same) {
  auto const gap = between("2024-03-05T09:00:00Z", "2024-03-06T01:00:00Z");
  auto const one = series({between("2024-03-01T05:00:00Z", "2024-03-06T15:30:00Z")}, {}, {gap});

  EXPECT_EQ(ranges(windows_due(minutes(), {one}, order_of(Lane::repair, minutes(), now), now)),
            std::vector{gap});
}

TEST(WindowsDue, a_parked_gap_waits_until_a_person_asks) {
  auto const gap = between("2024-03-05T09:00:00Z", "2024-03-06T01:00:00Z");
  auto const one = series({}, {gap}, {});
  auto order = order_of(Lane::repair, minutes(), now);

  EXPECT_TRUE(windows_due(minutes(), {one}, order, now).empty());
  order.parked = ParkedWindows::ask;
  EXPECT_EQ(ranges(windows_due(minutes(), {one}, order, now)), std::vector{gap});
}

// A series that is covered to the last minute, with one settle time that was first asked for on March 1st.
Series covered_with(Milliseconds after, RangeSet read_again) {
  auto one = series({between("2024-03-01T05:00:00Z", "2024-03-06T15:30:00Z")});
  one.settled.push_back(
      {.after = after, .since = at("2024-03-01T05:00:00Z"), .during = std::move(read_again)});
  return one;
}

TEST(WindowsDue, a_session_is_read_again_once_it_has_been_closed_for_the_settle_time) {
  auto const job = minutes({24h});
  auto const order = order_of(Lane::settle, job, now);

  // On Wednesday at 10:30, Monday's session closed more than a day ago and Tuesday's did not.
  EXPECT_EQ(ranges(windows_due(job, {covered_with(24h, {})}, order, now)),
            std::vector{between("2024-03-01T05:00:00Z", "2024-03-05T05:00:00Z")});
}

TEST(WindowsDue, what_was_read_again_is_settled) {
  auto const job = minutes({24h});
  RangeSet const read{between("2024-03-01T05:00:00Z", "2024-03-04T05:00:00Z")};

  EXPECT_EQ(ranges(windows_due(job, {covered_with(24h, read)}, order_of(Lane::settle, job, now), now)),
            std::vector{between("2024-03-04T05:00:00Z", "2024-03-05T05:00:00Z")});
}

TEST(WindowsDue, one_reading_serves_all_settle_times_that_have_come) {
  auto const job = minutes({15min, 24h});
  auto one = covered_with(24h, {});
  one.settled.push_back({.after = 15min, .since = at("2024-03-01T05:00:00Z"), .during = {}});

  EXPECT_EQ(ranges(windows_due(job, {one}, order_of(Lane::settle, job, now), now)),
            std::vector{between("2024-03-01T05:00:00Z", "2024-03-06T05:00:00Z")});
}

TEST(WindowsDue, what_had_settled_before_the_time_was_asked_for_is_not_read_again) {
  auto const job = minutes({24h});
  auto one = covered_with(24h, {});
  one.settled[0].since = at("2024-03-06T05:00:00Z");

  EXPECT_TRUE(windows_due(job, {one}, order_of(Lane::settle, job, now), now).empty());
}

// Facebook was FB until the end of June 8, 2022 in New York.
Series renamed(RangeSet covered = {}) {
  return {.id = SeriesId{1},
          .ticker = "META",
          .names = {{.ticker = "FB", .during = between("2012-05-18T04:00:00Z", "2022-06-09T04:00:00Z")},
                    {.ticker = "META", .during = {.from = at("2022-06-09T04:00:00Z"), .to = UtcTime::max()}}},
          .covered = std::move(covered)};
}

TEST(WindowsDue, each_time_is_asked_for_under_the_ticker_of_that_time) {
  Order const order{.wanted = between("2022-06-08T04:00:00Z", "2022-06-11T04:00:00Z")};

  auto const windows = windows_due(minutes(), {renamed()}, order, now);

  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].ticker, "FB");
  EXPECT_EQ(windows[0].range, between("2022-06-08T04:00:00Z", "2022-06-09T04:00:00Z"));
  EXPECT_EQ(windows[1].ticker, "META");
  EXPECT_EQ(windows[1].range, between("2022-06-09T04:00:00Z", "2022-06-11T04:00:00Z"));
}

TEST(WindowsDue, what_was_before_the_first_ticker_is_not_due) {
  Order const order{.wanted = between("2012-01-01T05:00:00Z", "2012-06-01T04:00:00Z")};

  auto const windows = windows_due(minutes(), {renamed()}, order, now);

  ASSERT_EQ(windows.size(), 1U);
  EXPECT_EQ(windows[0].range, between("2012-05-18T04:00:00Z", "2012-06-01T04:00:00Z"));
}

// The store says where the names of weeks begin: with the first that has its first session under the name.
TEST(WindowsDue, a_week_is_of_the_ticker_that_its_first_session_has) {
  auto job = minutes();
  job.timeframe = Timeframe::w1;
  Order const order{.wanted = between("2022-05-29T04:00:00Z", "2022-06-19T04:00:00Z")};
  auto series = renamed();
  series.names[0].during.to = at("2022-06-12T04:00:00Z");
  series.names[1].during.from = at("2022-06-12T04:00:00Z");

  auto const windows = windows_due(job, {series}, order, now);

  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].ticker, "FB");
  EXPECT_EQ(windows[0].range, between("2022-05-29T04:00:00Z", "2022-06-12T04:00:00Z"));
  EXPECT_EQ(windows[1].range, between("2022-06-12T04:00:00Z", "2022-06-19T04:00:00Z"));
}

TEST(WindowsAgain, stay_with_the_ticker_of_the_window_that_brought_the_bar) {
  Order const order{.wanted = between("2022-06-08T04:00:00Z", "2022-06-11T04:00:00Z")};
  auto const asked = windows_due(minutes(), {renamed()}, order, now);
  auto const bad = [](char const* from, char const* to) {
    return FailedWindow{
        .series = SeriesId{1}, .range = between(from, to), .reason = GapReason::rejected, .detail = ""};
  };

  auto const again = windows_again(minutes(), asked,
                                   {bad("2022-06-08T19:59:00Z", "2022-06-08T20:00:00Z"),
                                    bad("2022-06-09T13:30:00Z", "2022-06-09T13:31:00Z")});

  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].ticker, "FB");
  EXPECT_EQ(again[0].range, between("2022-06-08T19:59:00Z", "2022-06-08T20:00:00Z"));
  EXPECT_EQ(again[1].ticker, "META");
}

}  // namespace
}  // namespace candled
