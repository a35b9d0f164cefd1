#include "core/timeframe.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

struct Case {
  Timeframe timeframe;
  std::string_view time;
  std::string_view start;
  std::string_view end;
};

// New York is UTC-5 in winter; in 2024 summer time (UTC-4) began on 10 March and ended on 3 November, at
// 02:00.
constexpr Case cases[] = {
    {Timeframe::m1, "2024-01-02T14:31:59Z", "2024-01-02T14:31:00Z", "2024-01-02T14:32:00Z"},
    {Timeframe::m5, "2024-01-02T14:34:59Z", "2024-01-02T14:30:00Z", "2024-01-02T14:35:00Z"},
    {Timeframe::h1, "2024-01-02T14:30:00Z", "2024-01-02T14:00:00Z", "2024-01-02T15:00:00Z"},
    {Timeframe::h4, "2024-01-02T14:30:00Z", "2024-01-02T13:00:00Z", "2024-01-02T17:00:00Z"},
    {Timeframe::h4, "2024-07-02T14:30:00Z", "2024-07-02T12:00:00Z", "2024-07-02T16:00:00Z"},
    {Timeframe::d1, "2024-01-02T04:59:59Z", "2024-01-01T05:00:00Z", "2024-01-02T05:00:00Z"},
    {Timeframe::d1, "2024-03-10T12:00:00Z", "2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z"},  // 23 hours
    {Timeframe::d1, "2024-11-03T12:00:00Z", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"},  // 25 hours
    {Timeframe::w1, "2024-01-03T12:00:00Z", "2023-12-31T05:00:00Z", "2024-01-07T05:00:00Z"},  // from Sunday
    {Timeframe::w1, "2024-01-07T05:00:00Z", "2024-01-07T05:00:00Z", "2024-01-14T05:00:00Z"},
    {Timeframe::mo1, "2024-02-29T12:00:00Z", "2024-02-01T05:00:00Z", "2024-03-01T05:00:00Z"},
    {Timeframe::mo1, "2023-12-31T12:00:00Z", "2023-12-01T05:00:00Z", "2024-01-01T05:00:00Z"},
};

TEST(Timeframe, bars_start_and_end_on_their_grid_in_new_york) {
  for (auto const& one : cases) {
    EXPECT_EQ(to_rfc3339(bar_start(one.timeframe, Zone::new_york(), at(one.time))), one.start) << one.time;
    EXPECT_EQ(to_rfc3339(bar_end(one.timeframe, Zone::new_york(), at(one.time))), one.end) << one.time;
  }
}

TEST(Timeframe, daily_bars_are_whole_days_through_every_switch_of_summer_time) {
  auto const zone = Zone::new_york();
  for (auto start = zone.at(Date{std::chrono::year{2000} / 1 / 1}, Milliseconds{0});
       start < at("2036-01-01T00:00:00Z");) {
    auto const end = bar_end(Timeframe::d1, zone, start);

    ASSERT_EQ(zone.wall_clock_at(end), Milliseconds{0}) << to_rfc3339(end);
    ASSERT_EQ(zone.date_at(end), next_day(zone.date_at(start))) << to_rfc3339(end);
    ASSERT_EQ(bar_start(Timeframe::d1, zone, end - Milliseconds{1}), start) << to_rfc3339(end);
    start = end;
  }
}

TEST(Timeframe, names_are_those_of_the_configuration) {
  EXPECT_EQ(parse_timeframe("1mo"), Timeframe::mo1);
  EXPECT_EQ(parse_timeframe("1M"), std::nullopt);
  EXPECT_EQ(to_string(Timeframe::m15), "15m");
}

TEST(Timeframe, whole_bars_widen_a_range_to_both_sides) {
  TimeRange const range{.from = at("2024-01-02T14:31:30Z"), .to = at("2024-01-02T14:33:01Z")};

  auto const whole = whole_bars(Timeframe::m1, Zone::utc(), range);

  EXPECT_EQ(whole, (TimeRange{.from = at("2024-01-02T14:31:00Z"), .to = at("2024-01-02T14:34:00Z")}));
  EXPECT_EQ(whole_bars(Timeframe::m1, Zone::utc(), whole), whole);
}

TEST(Zone, an_unknown_name_is_not_found) {
  EXPECT_EQ(Zone::find("America/Gotham"), std::nullopt);
}

}  // namespace
}  // namespace candled
