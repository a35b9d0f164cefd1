#include "core/length_counts.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

TEST(LengthCounts, of_nothing_has_no_percentile) {
  EXPECT_EQ(LengthCounts{}.percentile(0.95), std::nullopt);
}

TEST(LengthCounts, a_percentile_is_never_too_short_and_at_most_five_percent_too_long) {
  for (auto const length : {1ms, 2ms, 17ms, 80ms, 999ms, 2'500ms, 30'000ms, 599'000ms}) {
    LengthCounts counts;
    counts.add(length);

    auto const found = counts.percentile(0.95);

    ASSERT_TRUE(found);
    EXPECT_GE(*found, length);
    EXPECT_LE(*found, length + length / 20 + 1ms);
  }
}

TEST(LengthCounts, ninety_five_of_a_hundred_are_not_longer_than_their_percentile) {
  LengthCounts counts;
  for (int i = 0; i < 95; ++i) counts.add(1ms);
  for (int i = 0; i < 5; ++i) counts.add(10s);

  EXPECT_EQ(counts.percentile(0.95), 1ms);
  EXPECT_GT(counts.percentile(0.96), 9s);
  EXPECT_EQ(counts.percentile(0.0), 1ms);
}

TEST(LengthCounts, what_is_longer_than_all_classes_is_in_the_last) {
  LengthCounts counts;
  counts.add(24h);

  EXPECT_EQ(counts.count(), 1);
  EXPECT_GT(counts.percentile(1.0), 10min);
}

TEST(LengthCounts, tells_what_has_come_since_and_adds_up_sources) {
  LengthCounts counts;
  for (int i = 0; i < 1'000; ++i) counts.add(1ms);
  auto const before = counts;
  counts.add(1s);
  LengthCounts other;
  other.add(1ms);

  auto recent = counts.since(before);
  EXPECT_EQ(recent.count(), 1);
  EXPECT_GT(recent.percentile(0.5), 999ms);

  recent.add(other);
  EXPECT_EQ(recent.count(), 2);
  EXPECT_EQ(recent.percentile(0.5), 1ms);
}

}  // namespace
}  // namespace candled
