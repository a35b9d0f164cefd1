#include "core/calendar.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}
TimeRange between(std::string_view from, std::string_view to) {
  return {.from = at(from), .to = at(to)};
}

Calendar const xnys{CalendarKind::xnys};
Calendar const always{CalendarKind::always};

TEST(Calendar, has_a_name) {
  EXPECT_EQ(to_string(CalendarKind::xnys), "XNYS");
  EXPECT_EQ(to_string(CalendarKind::always), "24x7");
  EXPECT_EQ(parse_calendar("XNYS"), CalendarKind::xnys);
  EXPECT_EQ(parse_calendar("24x7"), CalendarKind::always);
  EXPECT_EQ(parse_calendar("xnys"), std::nullopt);
}

TEST(Calendar, new_york_trades_from_four_to_twenty_on_weekdays) {
  // Friday 8 March 2024 is in winter time (UTC-5), Monday the 11th in summer time.
  auto const sessions = xnys.sessions(between("2024-03-08T00:00:00Z", "2024-03-12T00:00:00Z"));

  ASSERT_EQ(sessions.size(), 3U);
  EXPECT_EQ(to_string(sessions[0].date), "2024-03-07");  // until Friday 01:00 UTC
  EXPECT_EQ(sessions[1].hours, between("2024-03-08T09:00:00Z", "2024-03-09T01:00:00Z"));
  EXPECT_EQ(sessions[1].regular, between("2024-03-08T14:30:00Z", "2024-03-08T21:00:00Z"));
  EXPECT_FALSE(sessions[1].early_close);
  EXPECT_EQ(sessions[2].hours, between("2024-03-11T08:00:00Z", "2024-03-12T00:00:00Z"));
  EXPECT_EQ(sessions[2].regular, between("2024-03-11T13:30:00Z", "2024-03-11T20:00:00Z"));
}

TEST(Calendar, new_york_goes_back_to_winter_time_in_november) {
  auto const sessions = xnys.sessions(between("2024-11-01T04:00:00Z", "2024-11-05T05:00:00Z"));

  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[0].hours, between("2024-11-01T08:00:00Z", "2024-11-02T00:00:00Z"));
  EXPECT_EQ(sessions[0].regular, between("2024-11-01T13:30:00Z", "2024-11-01T20:00:00Z"));
  EXPECT_EQ(sessions[1].hours, between("2024-11-04T09:00:00Z", "2024-11-05T01:00:00Z"));
  EXPECT_EQ(sessions[1].regular, between("2024-11-04T14:30:00Z", "2024-11-04T21:00:00Z"));
}

TEST(Calendar, the_after_market_of_an_early_close_ends_at_five) {
  // Thanksgiving 2024 is the 28th: the Friday after closes at 13:00, in winter time.
  auto const sessions = xnys.sessions(between("2024-11-28T05:00:00Z", "2024-12-01T05:00:00Z"));

  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(to_string(sessions[0].date), "2024-11-29");
  EXPECT_EQ(sessions[0].regular, between("2024-11-29T14:30:00Z", "2024-11-29T18:00:00Z"));
  EXPECT_EQ(sessions[0].hours, between("2024-11-29T09:00:00Z", "2024-11-29T22:00:00Z"));
  EXPECT_TRUE(sessions[0].early_close);
}

TEST(Calendar, before_1990_every_weekday_trades) {
  EXPECT_TRUE(xnys.trades_in(between("1989-12-25T05:00:00Z", "1989-12-26T05:00:00Z")));
  EXPECT_FALSE(xnys.trades_in(between("1990-12-25T05:00:00Z", "1990-12-26T05:00:00Z")));
}

struct Overridden : testing::Test {
  static CalendarOverride on(std::string_view date, std::optional<Milliseconds> closes_at) {
    return {.date = parse_date(date).value(), .closes_at = closes_at, .reason = ""};
  }
  static std::vector<Session> december(std::vector<CalendarOverride> const& overrides) {
    return Calendar{CalendarKind::xnys, overrides}.sessions(
        between("2024-12-23T05:00:00Z", "2024-12-28T05:00:00Z"));
  }
};

TEST_F(Overridden, days_close) {
  auto const sessions = december({on("2024-12-23", std::nullopt), on("2024-12-24", std::nullopt)});

  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(to_string(sessions[0].date), "2024-12-26");
}

TEST_F(Overridden, days_close_early_or_earlier) {
  auto const sessions = december({on("2024-12-26", 14h), on("2024-12-24", 12h)});

  ASSERT_EQ(sessions.size(), 4U);
  EXPECT_EQ(sessions[1].regular.to, at("2024-12-24T17:00:00Z"));
  EXPECT_EQ(sessions[1].hours.to, at("2024-12-24T21:00:00Z"));
  EXPECT_EQ(sessions[2].regular.to, at("2024-12-26T19:00:00Z"));
  EXPECT_TRUE(sessions[2].early_close);
}

TEST_F(Overridden, holidays_become_whole_days) {
  auto const sessions = december({on("2024-12-25", 16h), on("2024-12-24", 16h)});

  ASSERT_EQ(sessions.size(), 5U);
  EXPECT_EQ(sessions[1].regular.to, at("2024-12-24T21:00:00Z"));
  EXPECT_FALSE(sessions[1].early_close);
  EXPECT_EQ(to_string(sessions[2].date), "2024-12-25");
}

TEST_F(Overridden, weekends_stay_weekends) {
  Calendar const calendar{CalendarKind::xnys, {on("2024-12-28", 13h), on("2024-12-29", std::nullopt)}};

  EXPECT_FALSE(calendar.trades_in(between("2024-12-28T05:00:00Z", "2024-12-30T05:00:00Z")));
  EXPECT_EQ(calendar.bars_in_at_most(Timeframe::d1, between("2024-12-28T05:00:00Z", "2024-12-31T05:00:00Z")),
            1);
}

TEST_F(Overridden, days_are_counted) {
  Calendar const calendar{CalendarKind::xnys, {on("2024-12-23", std::nullopt), on("2024-12-25", 16h)}};

  EXPECT_EQ(calendar.bars_in_at_most(Timeframe::d1, between("2024-12-23T05:00:00Z", "2024-12-28T05:00:00Z")),
            4);
  EXPECT_EQ(calendar.bars_in_at_most(Timeframe::d1, between("2024-12-23T05:00:00Z", "2024-12-24T05:00:00Z")),
            0);
}

TEST_F(Overridden, days_of_an_endless_market_are_as_any_other) {
  Calendar const calendar{CalendarKind::always, {on("2024-12-23", std::nullopt)}};

  EXPECT_TRUE(calendar.trades_in(between("2024-12-23T05:00:00Z", "2024-12-23T06:00:00Z")));
}

TEST(Calendar, always_trades_every_day_of_utc) {
  auto const sessions = always.sessions(between("2024-03-09T12:00:00Z", "2024-03-11T00:00:00Z"));

  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[1].hours, between("2024-03-10T00:00:00Z", "2024-03-11T00:00:00Z"));
  EXPECT_EQ(sessions[1].regular, sessions[1].hours);
  EXPECT_FALSE(sessions[1].early_close);
}

TEST(Calendar, knows_whether_anything_trades_in_a_range) {
  EXPECT_FALSE(xnys.trades_in(between("2024-03-09T01:00:00Z", "2024-03-11T08:00:00Z")));  // a weekend
  EXPECT_TRUE(xnys.trades_in(between("2024-03-09T00:59:00Z", "2024-03-11T08:00:00Z")));
  EXPECT_TRUE(xnys.trades_in(between("2024-03-09T01:00:00Z", "2024-03-11T08:01:00Z")));
  EXPECT_FALSE(xnys.trades_in(between("2024-03-08T10:00:00Z", "2024-03-08T10:00:00Z")));
  EXPECT_FALSE(xnys.trades_in(between("2024-03-29T00:00:00Z", "2024-04-01T08:00:00Z")));  // Good Friday
  EXPECT_FALSE(xnys.trades_in(between("2024-11-29T22:00:00Z", "2024-12-02T09:00:00Z")));  // after 17:00
  EXPECT_TRUE(xnys.trades_in(between("2024-11-29T21:59:00Z", "2024-12-02T09:00:00Z")));
  EXPECT_TRUE(always.trades_in(between("2024-03-09T01:00:00Z", "2024-03-09T01:01:00Z")));
}

struct Closed {
  Timeframe timeframe;
  std::string_view now;
  std::string_view until;
};

TEST(Calendar, only_bars_that_have_closed_are_final) {
  constexpr Closed cases[] = {
      {Timeframe::m1, "2024-03-08T15:31:40Z", "2024-03-08T15:31:00Z"},
      {Timeframe::m1, "2024-03-09T12:00:00Z", "2024-03-09T01:00:00Z"},  // Saturday: Friday's last minute
      {Timeframe::m1, "2024-03-11T07:59:00Z", "2024-03-09T01:00:00Z"},  // Monday before the pre-market
      {Timeframe::h1, "2024-03-08T15:31:40Z", "2024-03-08T15:00:00Z"},
      {Timeframe::d1, "2024-03-08T23:00:00Z", "2024-03-08T05:00:00Z"},  // Friday 18:00: it still trades
      {Timeframe::d1, "2024-03-09T01:00:00Z", "2024-03-09T05:00:00Z"},  // Friday 20:00: its bar is final
      {Timeframe::d1, "2024-03-10T12:00:00Z", "2024-03-09T05:00:00Z"},  // Sunday
      {Timeframe::m1, "2024-03-29T15:00:00Z", "2024-03-29T00:00:00Z"},  // Good Friday: Thursday 20:00
      {Timeframe::d1, "2024-03-29T15:00:00Z", "2024-03-29T04:00:00Z"},
      {Timeframe::m1, "2024-11-29T23:00:00Z", "2024-11-29T22:00:00Z"},  // closed early: 17:00
      {Timeframe::d1, "2024-11-29T21:59:59Z", "2024-11-28T05:00:00Z"},  // Wednesday's, over Thanksgiving
      {Timeframe::d1, "2024-11-29T22:00:00Z", "2024-11-30T05:00:00Z"},
      {Timeframe::w1, "2024-03-09T12:00:00Z", "2024-03-03T05:00:00Z"},
      {Timeframe::mo1, "2024-03-09T12:00:00Z", "2024-03-01T05:00:00Z"},
  };
  for (auto const& one : cases)
    EXPECT_EQ(to_rfc3339(xnys.closed_until(one.timeframe, at(one.now))), one.until) << one.now;
  EXPECT_EQ(to_rfc3339(always.closed_until(Timeframe::d1, at("2024-03-09T12:00:00Z"))),
            "2024-03-09T00:00:00Z");
}

TEST(Calendar, counts_the_bars_that_can_exist) {
  auto const week = between("2024-03-04T05:00:00Z", "2024-03-11T04:00:00Z");

  EXPECT_EQ(xnys.bars_in_at_most(Timeframe::m1, week), 5 * 16 * 60);
  EXPECT_EQ(xnys.bars_in_at_most(Timeframe::h1, week), 5 * 16);
  EXPECT_EQ(xnys.bars_in_at_most(Timeframe::d1, week), 5);
  EXPECT_EQ(xnys.bars_in_at_most(Timeframe::d1, between("2024-03-09T05:00:00Z", "2024-03-11T04:00:00Z")), 0);
  EXPECT_EQ(xnys.bars_in_at_most(Timeframe::d1, between("2024-01-01T05:00:00Z", "2025-01-01T05:00:00Z")),
            252);
  EXPECT_EQ(xnys.bars_in_at_most(Timeframe::d1, between("2024-03-29T04:00:00Z", "2024-03-30T04:00:00Z")), 0);
  EXPECT_EQ(always.bars_in_at_most(Timeframe::m5, between("2024-03-09T00:00:00Z", "2024-03-10T00:00:00Z")),
            288);
}

}  // namespace
}  // namespace candled
