#include "core/lane_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace candled {
namespace {

// Who goes, when each lane of `busy` always has somebody who waits.
std::map<Lane, int> admitted(std::vector<Lane> const& busy, int count) {
  LaneQueue queue;
  for (auto const lane : busy) queue.join(lane);
  std::map<Lane, int> shares;
  for (int i = 0; i < count; ++i) {
    auto const lane = queue.next()->lane;
    ++shares[lane];
    queue.admit_next();
    queue.join(lane);
  }
  return shares;
}

TEST(LaneQueue, live_goes_before_repair_before_settle_before_backfill) {
  LaneQueue queue;
  for (auto const lane : {Lane::backfill, Lane::settle, Lane::live, Lane::repair}) queue.join(lane);

  for (auto const lane : lanes) {
    ASSERT_EQ(queue.next()->lane, lane);
    queue.admit_next();
  }
  EXPECT_EQ(queue.next(), std::nullopt);
  EXPECT_TRUE(queue.empty());
}

TEST(LaneQueue, within_a_lane_the_first_to_come_goes_first_and_one_who_leaves_is_forgotten) {
  LaneQueue queue;
  auto const first = queue.join(Lane::backfill);
  auto const second = queue.join(Lane::backfill);
  auto const third = queue.join(Lane::backfill);
  EXPECT_EQ(queue.next(), first);

  queue.leave(first);
  EXPECT_EQ(queue.next(), second);
  queue.admit_next();
  EXPECT_EQ(queue.next(), third);
}

TEST(LaneQueue, nobody_is_starved_and_live_keeps_the_most) {
  struct Row {
    std::vector<Lane> busy;
    std::map<Lane, int> of_120;
  };
  std::vector<Row> const rows{
      {.busy = {Lane::live}, .of_120 = {{Lane::live, 120}}},
      {.busy = {Lane::live, Lane::backfill}, .of_120 = {{Lane::live, 108}, {Lane::backfill, 12}}},
      {.busy = {Lane::settle, Lane::backfill}, .of_120 = {{Lane::settle, 108}, {Lane::backfill, 12}}}};
  for (auto const& row : rows) EXPECT_EQ(admitted(row.busy, 120), row.of_120);

  auto const all = admitted({Lane::live, Lane::repair, Lane::settle, Lane::backfill}, 1'200);
  for (auto const lane : lanes) EXPECT_GE(all.at(lane), 100) << to_string(lane);
  EXPECT_GE(all.at(Lane::live), 800);
}

TEST(LaneQueue, a_lane_that_nobody_waits_in_saves_up_nothing) {
  LaneQueue queue;
  auto const gone = queue.join(Lane::backfill);
  for (int i = 0; i < 9; ++i) {
    queue.join(Lane::live);
    queue.admit_next();
  }
  ASSERT_EQ(queue.next(), gone);
  queue.leave(gone);

  queue.join(Lane::backfill);
  queue.join(Lane::live);
  EXPECT_EQ(queue.next()->lane, Lane::live);
}

}  // namespace
}  // namespace candled
