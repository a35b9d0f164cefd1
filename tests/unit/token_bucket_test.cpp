#include "core/token_bucket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace candled {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1h};

// Sends `count` requests as soon as they may go, each answered after `latency`. When they went.
std::vector<SteadyTime> send_all(TokenBucket& bucket, int count, Milliseconds latency) {
  std::vector<SteadyTime> sent;
  auto now = start;
  for (int i = 0; i < count; ++i) {
    auto const at = bucket.next(now);
    EXPECT_TRUE(at.has_value());
    bucket.spend(*at);
    sent.push_back(*at);
    now = *at + latency;
    bucket.answered(now);
  }
  return sent;
}

TEST(TokenBucket, lets_a_burst_go_at_once_and_then_spreads) {
  TokenBucket bucket{{.requests = 150, .per = 60s, .burst = 5}};

  auto const sent = send_all(bucket, 8, 0ms);

  for (int i = 0; i < 5; ++i) EXPECT_EQ(sent[static_cast<std::size_t>(i)], start) << i;
  EXPECT_EQ(sent[5], start + 400ms);
  EXPECT_EQ(sent[6], start + 800ms);
  EXPECT_EQ(sent[7], start + 1200ms);
}

TEST(TokenBucket, tokens_come_back_while_it_rests) {
  TokenBucket bucket{{.requests = 60, .per = 60s, .burst = 3}};
  auto const sent = send_all(bucket, 3, 0ms);
  ASSERT_EQ(sent.back(), start);

  EXPECT_EQ(bucket.next(start), start + 1s);
  EXPECT_EQ(bucket.next(start + 2s), start + 2s);
}

TEST(TokenBucket, the_window_is_kept_although_burst_and_pace_would_allow_more) {
  // 5 at once and then one every 400 ms would be 154 in the first minute.
  TokenBucket bucket{{.requests = 150, .per = 60s, .burst = 5}};

  auto const sent = send_all(bucket, 151, 0ms);

  EXPECT_EQ(sent[149], start + 58s);
  EXPECT_EQ(sent[150], start + 60s);
}

TEST(TokenBucket, a_request_holds_its_place_until_a_window_after_its_answer) {
  TokenBucket bucket{{.requests = 2, .per = 10s, .burst = 2}};
  bucket.spend(start);
  bucket.spend(start);

  EXPECT_EQ(bucket.next(start + 30s),
            std::nullopt);  // both in flight: the provider may count them any moment

  bucket.answered(start + 30s);
  EXPECT_EQ(bucket.next(start + 30s), start + 40s);
  EXPECT_EQ(bucket.in_flight(), 1U);
}

TEST(TokenBucket, nothing_goes_during_a_pause) {
  TokenBucket bucket{{.requests = 100, .per = 1s, .burst = 10}};

  bucket.pause(start + 5s);
  bucket.pause(start + 3s);  // a shorter one does not end it

  EXPECT_EQ(bucket.next(start), start + 5s);
}

// The promise, for any latency and order of answers: in no window of `per` does the provider count more than
// `requests`, wherever between sending and answer it counts each.
TEST(TokenBucket, never_exceeds_the_limit_in_any_window_under_random_latency) {
  std::mt19937 random{7};
  for (int round = 0; round < 50; ++round) {
    RateLimit const limit{.requests = std::uniform_int_distribution{1, 20}(random),
                          .per = Milliseconds{std::uniform_int_distribution{100, 2000}(random)},
                          .burst = 1 + round % 5};
    TokenBucket bucket{
        {.requests = limit.requests, .per = limit.per, .burst = std::min(limit.burst, limit.requests)}};
    std::vector<SteadyTime> counted;
    std::vector<std::pair<SteadyTime, SteadyTime>> in_flight;  // answer, counted at
    auto now = start;
    while (counted.size() < 200) {
      auto const next = bucket.next(now);
      std::ranges::sort(in_flight);
      bool const answer_first = !in_flight.empty() && (!next || in_flight.front().first <= *next);
      if (answer_first) {
        now = std::max(now, in_flight.front().first);
        counted.push_back(in_flight.front().second);
        bucket.answered(now);
        in_flight.erase(in_flight.begin());
        continue;
      }
      ASSERT_TRUE(next.has_value());
      now = *next;
      bucket.spend(now);
      auto const latency = Milliseconds{std::uniform_int_distribution{0, 1500}(random)};
      auto const within =
          Milliseconds{std::uniform_int_distribution<std::int64_t>{0, latency.count()}(random)};
      in_flight.emplace_back(now + latency, now + within);
    }
    std::ranges::sort(counted);
    auto const places = static_cast<std::size_t>(limit.requests);
    for (std::size_t i = places; i < counted.size(); ++i)
      ASSERT_GE(counted[i] - counted[i - places], limit.per) << "round " << round << ", request " << i;
  }
}

TEST(TokenBucket, places_of_others_count_like_its_own_until_they_are_free) {
  struct Row {
    std::vector<OthersPlaces> others;
    SteadyTime next;
  };
  std::vector<Row> const rows{
      {.others = {}, .next = start},
      {.others = {{.places = 2, .until = start + 5s}}, .next = start},
      {.others = {{.places = 3, .until = start + 5s}}, .next = start + 5s},
      {.others = {{.places = 3, .until = start}}, .next = start},
      {.others = {{.places = 2, .until = start + 30s}, {.places = 1, .until = start + 4s}},
       .next = start + 4s},
      // Its own is free at 10 s, and then one more must be.
      {.others = {{.places = 2, .until = start + 20s}}, .next = start + 10s},
      {.others = {{.places = 9, .until = start + 20s}}, .next = start + 20s}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    TokenBucket bucket{{.requests = 3, .per = 10s, .burst = 3}};
    if (i >= 5) {
      bucket.spend(start);
      bucket.answered(start);
    }
    bucket.set_others(rows[i].others);
    EXPECT_EQ(bucket.next(start), rows[i].next) << "row " << i;
  }
}

TEST(TokenBucket, keeps_places_and_pauses_when_the_limit_changes) {
  TokenBucket bucket{{.requests = 4, .per = 10s, .burst = 4}};
  for (int i = 0; i < 4; ++i) {
    bucket.spend(start);
    bucket.answered(start + i * 1s);
  }

  bucket.set_limit({.requests = 2, .per = 10s, .burst = 2});
  EXPECT_EQ(bucket.next(start + 3s), start + 12s);  // three of the four must be free
  bucket.set_limit({.requests = 5, .per = 10s, .burst = 5});
  EXPECT_EQ(bucket.next(start + 8s), start + 8s);
  bucket.set_limit({.requests = 4, .per = 20s, .burst = 4});
  EXPECT_EQ(bucket.next(start + 12s), start + 20s);
}

TEST(TokenBucket, shortest_time_is_what_the_bucket_takes) {
  for (auto const& limit :
       {RateLimit{.requests = 150, .per = 60s, .burst = 5}, RateLimit{.requests = 5, .per = 60s, .burst = 1},
        RateLimit{.requests = 10, .per = 1s, .burst = 10}}) {
    for (int const count : {1, 4, 5, 6, 11, 150, 151, 420}) {
      TokenBucket bucket{limit};
      auto const sent = send_all(bucket, count, 0ms);
      EXPECT_EQ(shortest_time(limit, count), sent.back() - sent.front()) << count << " of " << limit.requests;
    }
  }
}

TEST(TokenBucket, a_limited_run_takes_at_most_1_02_times_the_ideal_and_a_second) {
  RateLimit const limit{.requests = 150, .per = 60s, .burst = 5};
  TokenBucket bucket{limit};

  for (int const count : {10, 150, 151, 300, 301, 1500}) {
    TokenBucket fresh{limit};
    auto const sent = send_all(fresh, count, 50ms);
    auto const ideal = (count - limit.burst) * limit.per / limit.requests;
    EXPECT_LE(sent.back() - sent.front(), ideal * 1.02 + 1s) << count;
  }
}

}  // namespace
}  // namespace candled
