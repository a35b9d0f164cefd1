#include "core/range_set.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

TimeRange minutes(int from, int to) {
  return {.from = UtcTime{std::chrono::minutes{from}}, .to = UtcTime{std::chrono::minutes{to}}};
}

TEST(RangeSet, merges_what_overlaps_or_touches) {
  RangeSet set{minutes(10, 20), minutes(40, 50)};

  set.add(minutes(20, 30));
  set.add(minutes(45, 60));

  EXPECT_EQ(set.ranges(), (std::vector{minutes(10, 30), minutes(40, 60)}));
}

TEST(RangeSet, one_addition_can_swallow_many_ranges) {
  RangeSet set{minutes(10, 20), minutes(30, 40), minutes(50, 60), minutes(80, 90)};

  set.add(minutes(15, 55));

  EXPECT_EQ(set.ranges(), (std::vector{minutes(10, 60), minutes(80, 90)}));
}

TEST(RangeSet, removal_can_split_a_range) {
  RangeSet set{minutes(10, 40)};

  set.remove(minutes(20, 30));

  EXPECT_EQ(set.ranges(), (std::vector{minutes(10, 20), minutes(30, 40)}));
}

TEST(RangeSet, contains_needs_one_unbroken_range) {
  RangeSet const set{minutes(10, 20), minutes(21, 30)};

  EXPECT_TRUE(set.contains(minutes(12, 20)));
  EXPECT_FALSE(set.contains(minutes(12, 22)));
  EXPECT_TRUE(set.contains(minutes(5, 5)));  // an empty range is in every set
}

TEST(RangeSet, missing_lists_the_holes_oldest_first) {
  RangeSet const set{minutes(10, 20), minutes(30, 40)};

  EXPECT_EQ(missing(minutes(0, 35), set), (std::vector{minutes(0, 10), minutes(20, 30)}));
  EXPECT_EQ(missing(minutes(12, 18), set), std::vector<TimeRange>{});
  EXPECT_EQ(missing(minutes(50, 60), set), std::vector{minutes(50, 60)});
}

}  // namespace
}  // namespace candled
