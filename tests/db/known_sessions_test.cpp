// Sessions that come again as they are stored.
#include "store_fixture.hpp"

namespace candled::test {
namespace {

// Three sessions, with the switch to summer time between the first two.
class KnownSessionsTest : public StoreTest {
 protected:
  KnownSessionsTest() : series_(open()) { load(page()); }

  Load page() const {
    Load load;
    for (auto const* day : {"2024-03-08T14:30:00Z", "2024-03-11T13:30:00Z", "2024-03-12T13:30:00Z"})
      add_minutes(load, series_.id, minutes_from(day, 390));
    return load;
  }

  Series series_;
};

TEST_F(KnownSessionsTest, are_told_by_count_and_hash_and_not_read) {
  rows("UPDATE candled.bar SET close = low WHERE ts = '2024-03-11T13:31:00Z'");  // behind the store's back

  auto const report = load(page());

  EXPECT_EQ(report.unchanged, 3 * 390);
  EXPECT_EQ(report.inserted + report.changed + report.refused, 0);
}

TEST_F(KnownSessionsTest, leave_the_one_with_a_changed_bar_to_be_read) {
  auto again = page();
  again.bars[390 + 7].volume += 1;

  auto const report = load(again);

  EXPECT_EQ(report.unchanged, 3 * 390 - 1);
  EXPECT_EQ(report.changed, 1);
  EXPECT_EQ(report.inserted, 0);
  EXPECT_EQ(rows("SELECT ts FROM candled.bar_revision"), (Rows{{"2024-03-11 13:37:00+00"}}));
  EXPECT_EQ(load(again).unchanged, 3 * 390);
}

TEST_F(KnownSessionsTest, leave_a_part_of_a_session_to_be_read) {
  Load load_of_parts;
  add_minutes(load_of_parts, series_.id, minutes_from("2024-03-08T14:30:00Z", 200));
  add_minutes(load_of_parts, series_.id, minutes_from("2024-03-11T13:30:00Z", 390));
  add_minutes(load_of_parts, series_.id, minutes_from("2024-03-12T13:30:00Z", 395));

  auto const report = load(load_of_parts);

  EXPECT_EQ(report.unchanged, 200 + 390 + 390);
  EXPECT_EQ(report.inserted, 5);
  EXPECT_EQ(report.changed, 0);
}

TEST_F(KnownSessionsTest, are_compared_bar_by_bar_once_their_coverage_is_taken_back) {
  rows("UPDATE candled.bar SET close = low WHERE ts = '2024-03-11T13:31:00Z'");
  rows("UPDATE candled.series SET covered = '{}'");

  auto const report = load(page());

  EXPECT_EQ(report.changed, 1);
  EXPECT_EQ(report.unchanged, 3 * 390 - 1);
}

}  // namespace
}  // namespace candled::test
