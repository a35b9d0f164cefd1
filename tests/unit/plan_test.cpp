#include "core/plan.hpp"

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

TEST(RangesDue, everything_when_nothing_is_covered) {
  auto const wanted = between("2024-03-01T05:00:00Z", "2024-03-08T15:31:00Z");

  EXPECT_EQ(ranges_due(xnys, Timeframe::m1, wanted, {}, {}), std::vector{wanted});
}

TEST(RangesDue, nothing_when_all_is_covered) {
  auto const wanted = between("2024-03-01T05:00:00Z", "2024-03-08T15:31:00Z");

  EXPECT_TRUE(ranges_due(xnys, Timeframe::m1, wanted, {wanted}, {}).empty());
}

// Bars start at night and at weekends too, and no calendar knows all of them.
TEST(RangesDue, holes_whether_or_not_the_market_trades) {
  auto const wanted = between("2024-03-04T05:00:00Z", "2024-06-12T05:00:00Z");
  for (auto const& hole : {between("2024-03-05T15:30:00Z", "2024-03-05T15:31:00Z"),     // a Tuesday
                           between("2024-03-09T01:00:00Z", "2024-03-11T08:00:00Z"),     // a weekend
                           between("2024-03-29T04:00:00Z", "2024-03-30T04:00:00Z")}) {  // Good Friday
    RangeSet covered{wanted};
    covered.remove(hole);

    EXPECT_EQ(ranges_due(xnys, Timeframe::m1, wanted, covered, {}), std::vector{hole});
  }
}

// What costs nothing beside what is asked for anyway: a request for each of 25 nights would be 25.
TEST(RangesDue, nights_of_one_answer_are_one_window) {
  auto const wanted = between("2024-03-04T05:00:00Z", "2024-04-09T04:00:00Z");
  RangeSet covered;
  for (auto const& session : xnys.sessions(wanted)) covered.add(session.hours);

  EXPECT_EQ(ranges_due(xnys, Timeframe::m1, wanted, covered, {}), std::vector{wanted});
}

TEST(RangesDue, a_window_spans_a_holiday_so_that_bars_of_a_wrong_one_still_come) {
  RangeSet const covered{between("2024-03-25T04:00:00Z", "2024-03-29T00:00:00Z")};

  auto const due =
      ranges_due(xnys, Timeframe::m1, between("2024-03-25T04:00:00Z", "2024-04-01T08:05:00Z"), covered, {});

  EXPECT_EQ(due, std::vector{between("2024-03-29T00:00:00Z", "2024-04-01T08:05:00Z")});  // Good Friday in it
}

TEST(RangesDue, a_window_spans_the_night_so_that_coverage_stays_in_one_piece) {
  RangeSet const covered{between("2024-03-04T05:00:00Z", "2024-03-09T01:00:00Z")};

  auto const due =
      ranges_due(xnys, Timeframe::m1, between("2024-03-04T05:00:00Z", "2024-03-11T08:05:00Z"), covered, {});

  EXPECT_EQ(due, std::vector{between("2024-03-09T01:00:00Z", "2024-03-11T08:05:00Z")});
}

TEST(RangesDue, holes_that_one_answer_can_fill_are_one_window) {
  auto const wanted = between("2024-03-04T05:00:00Z", "2025-03-04T05:00:00Z");
  RangeSet covered{wanted};
  covered.remove(between("2024-03-05T15:30:00Z", "2024-03-05T15:31:00Z"));
  covered.remove(between("2024-03-06T15:30:00Z", "2024-03-06T15:31:00Z"));
  covered.remove(
      between("2024-11-06T15:30:00Z", "2024-11-06T15:31:00Z"));  // more than a page of minutes later

  EXPECT_EQ(ranges_due(xnys, Timeframe::m1, wanted, covered, {}),
            (std::vector{between("2024-03-05T15:30:00Z", "2024-03-06T15:31:00Z"),
                         between("2024-11-06T15:30:00Z", "2024-11-06T15:31:00Z")}));
}

TEST(RangesDue, holes_are_not_joined_across_a_parked_window) {
  auto const wanted = between("2024-03-04T05:00:00Z", "2024-03-08T05:00:00Z");
  RangeSet const parked{between("2024-03-05T05:00:00Z", "2024-03-06T05:00:00Z")};

  EXPECT_EQ(ranges_due(xnys, Timeframe::d1, wanted, {}, parked),
            (std::vector{between("2024-03-04T05:00:00Z", "2024-03-05T05:00:00Z"),
                         between("2024-03-06T05:00:00Z", "2024-03-08T05:00:00Z")}));
}

TEST(RangesDue, parked_windows_are_left_alone) {
  auto const wanted = between("2024-03-04T05:00:00Z", "2024-03-06T05:00:00Z");
  RangeSet const parked{between("2024-03-05T05:00:00Z", "2024-03-06T05:00:00Z")};

  EXPECT_EQ(ranges_due(xnys, Timeframe::d1, wanted, {}, parked),
            std::vector{between("2024-03-04T05:00:00Z", "2024-03-05T05:00:00Z")});
}

TEST(RangesDue, asks_for_whole_bars_only) {
  auto const due =
      ranges_due(xnys, Timeframe::h1, between("2024-03-05T15:20:00Z", "2024-03-05T18:40:00Z"), {}, {});

  EXPECT_EQ(due, std::vector{between("2024-03-05T15:00:00Z", "2024-03-05T18:00:00Z")});
}

TEST(PagesAtMost, counts_base_bars) {
  // A year of minutes: 252 sessions of 960 minutes are 241,920 base bars, for minute and for hour bars alike.
  auto const year = between("2024-01-01T05:00:00Z", "2025-01-01T05:00:00Z");

  EXPECT_EQ(pages_at_most(xnys, Timeframe::m1, year), 5);
  EXPECT_EQ(pages_at_most(xnys, Timeframe::h1, year), 5);
  EXPECT_EQ(pages_at_most(xnys, Timeframe::d1, year), 1);
  EXPECT_EQ(pages_at_most(xnys, Timeframe::m1, between("2024-03-09T05:00:00Z", "2024-03-10T05:00:00Z")), 1);
}

TEST(GroupIntoBatches, keeps_the_windows_of_one_series_together) {
  auto const window = [](int series) {
    return Window{.series = SeriesId{series}, .ticker = "T" + std::to_string(series), .range = {}};
  };

  auto const batches = group_into_batches("job", "massive", Timeframe::m1,
                                          {window(1), window(1), window(2), window(3), window(3)}, 2);

  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].windows.size(), 3U);
  EXPECT_EQ(batches[1].windows.size(), 2U);
  EXPECT_EQ(batches[1].windows[0].ticker, "T3");
  EXPECT_EQ(batches[1].job, "job");
}

}  // namespace
}  // namespace candled
