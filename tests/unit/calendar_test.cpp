#include "core/calendar.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}
TimeRange between(std::string_view from, std::string_view to) {
  return {.from = at(from), .to = at(to)};
}

Calendar const xnys{CalendarKind::xnys};
Calendar const always{CalendarKind::always};

TEST(Calendar, new_york_trades_from_four_to_twenty_on_weekdays) {
  // Friday 8 March 2024 is in winter time (UTC-5), Monday the 11th in summer time.
  auto const sessions = xnys.sessions(between("2024-03-08T00:00:00Z", "2024-03-12T00:00:00Z"));

  ASSERT_EQ(sessions.size(), 3U);
  EXPECT_EQ(to_string(sessions[0].date), "2024-03-07");  // until Friday 01:00 UTC
  EXPECT_EQ(sessions[1].hours, between("2024-03-08T09:00:00Z", "2024-03-09T01:00:00Z"));
  EXPECT_EQ(sessions[2].hours, between("2024-03-11T08:00:00Z", "2024-03-12T00:00:00Z"));
}

TEST(Calendar, always_trades_every_day_of_utc) {
  auto const sessions = always.sessions(between("2024-03-09T12:00:00Z", "2024-03-11T00:00:00Z"));

  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[1].hours, between("2024-03-10T00:00:00Z", "2024-03-11T00:00:00Z"));
}

TEST(Calendar, knows_whether_anything_trades_in_a_range) {
  EXPECT_FALSE(xnys.trades_in(between("2024-03-09T01:00:00Z", "2024-03-11T08:00:00Z")));  // a weekend
  EXPECT_TRUE(xnys.trades_in(between("2024-03-09T00:59:00Z", "2024-03-11T08:00:00Z")));
  EXPECT_TRUE(xnys.trades_in(between("2024-03-09T01:00:00Z", "2024-03-11T08:01:00Z")));
  EXPECT_FALSE(xnys.trades_in(between("2024-03-08T10:00:00Z", "2024-03-08T10:00:00Z")));
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
            262);
  EXPECT_EQ(always.bars_in_at_most(Timeframe::m5, between("2024-03-09T00:00:00Z", "2024-03-10T00:00:00Z")),
            288);
}

}  // namespace
}  // namespace candled
