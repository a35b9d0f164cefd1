#include "core/eta.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

constexpr RateLimit limit{.requests = 60, .per = 60s, .burst = 1};

// Windows of one page each: nothing about their number is in doubt.
constexpr WorkDone one_page_windows{.windows = 100,
                                    .windows_done = 40,
                                    .pages_planned = 100,
                                    .pages_done = 40,
                                    .requests = 40,
                                    .elapsed = 16s};

TEST(Eta, is_the_budgets_when_the_provider_answers_quickly) {
  EXPECT_EQ(eta(one_page_windows, {.limit = limit}), (Eta{.at_least = 60s, .at_most = 60s}));
}

TEST(Eta, follows_the_pace_when_the_provider_is_slow) {
  auto done = one_page_windows;
  done.elapsed = 80s;

  EXPECT_EQ(eta(done, {.limit = limit}), (Eta{.at_least = 120s, .at_most = 120s}));
}

TEST(Eta, counts_as_many_retries_as_there_were) {
  auto done = one_page_windows;
  done.requests = 50;
  done.retries = 10;

  EXPECT_EQ(eta(done, {.limit = limit}), (Eta{.at_least = 75s, .at_most = 75s}));
}

TEST(Eta, is_between_one_page_a_window_and_all_of_them_before_anything_is_known) {
  WorkDone const done{.windows = 10, .pages_planned = 200};

  EXPECT_EQ(eta(done, {.limit = limit}), (Eta{.at_least = 10s, .at_most = 200s}));
}

TEST(Eta, learns_that_windows_take_fewer_pages_than_they_could_the_surer_the_more_are_done) {
  // 20 pages at most each; those that are done took 10. After 4 the doubt is a half, after 100 a tenth.
  WorkDone const early{
      .windows = 104, .windows_done = 4, .pages_planned = 2080, .pages_done = 80, .requests = 40};
  WorkDone const late{
      .windows = 200, .windows_done = 100, .pages_planned = 4000, .pages_done = 2000, .requests = 1000};

  EXPECT_EQ(eta(early, {.limit = limit}), (Eta{.at_least = 500s, .at_most = 1500s}));
  EXPECT_EQ(eta(late, {.limit = limit}), (Eta{.at_least = 900s, .at_most = 1100s}));
}

TEST(Eta, other_lanes_share_may_make_it_longer) {
  EXPECT_EQ(eta(one_page_windows, {.limit = limit, .share = 0.5}), (Eta{.at_least = 60s, .at_most = 120s}));
}

TEST(Eta, waits_for_the_end_of_a_pause) {
  EXPECT_EQ(eta(one_page_windows, {.limit = limit, .parked_for = 1h}),
            (Eta{.at_least = 1h + 60s, .at_most = 1h + 60s}));
}

TEST(Eta, is_nothing_when_all_is_done) {
  EXPECT_EQ(eta({}, {.limit = limit}), Eta{});
  EXPECT_EQ(eta({.windows = 5, .windows_done = 5, .pages_planned = 5, .pages_done = 5, .requests = 5},
                {.limit = limit}),
            Eta{});
}

TEST(Eta, in_words_is_a_time_or_a_range) {
  EXPECT_EQ(in_words(Eta{.at_least = 59s, .at_most = 59s}), "59 s");
  EXPECT_EQ(in_words(Eta{.at_least = 3min + 10s, .at_most = 4min + 50s}), "3 to 5 min");
  EXPECT_EQ(in_words(Eta{.at_least = 20s, .at_most = 2h}), "20 s to 2 h");
  EXPECT_EQ(in_words(Eta{.at_least = 119s, .at_most = 125s}), "2 min 5 s");
  EXPECT_EQ(in_words(Eta{.at_least = 10s, .at_most = 90s}), "10 to 90 s");
  EXPECT_EQ(in_words(Eta{.at_least = 30h, .at_most = 60h}), "1 to 3 d");
  EXPECT_EQ(in_words(Eta{}), "0 ms");
}

}  // namespace
}  // namespace candled
