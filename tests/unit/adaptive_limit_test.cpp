#include "core/adaptive_limit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "core/token_bucket.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1h};
constexpr RateLimit configured{.requests = 150, .per = 60s, .burst = 5, .adaptive = true};

// `count` requests evenly over the window from `from`; when the last one went.
SteadyTime send(AdaptiveLimit& limit, int count, SteadyTime from) {
  auto at = from;
  for (int i = 0; i < count; ++i) {
    at = from + i * configured.per / count;
    limit.sent(at);
  }
  return at;
}

TEST(AdaptiveLimit, a_429_takes_it_to_80_percent_of_what_was_sent) {
  struct Row {
    int sent;
    int ceiling;
  };
  for (auto const& [sent, ceiling] : {Row{.sent = 150, .ceiling = 120}, Row{.sent = 101, .ceiling = 80},
                                      Row{.sent = 10, .ceiling = 8}, Row{.sent = 1, .ceiling = 1}}) {
    AdaptiveLimit limit{configured};
    auto const last = send(limit, sent, start);
    limit.rate_limited(last + 50ms, last);
    EXPECT_EQ(limit.ceiling(), ceiling) << sent;
  }
}

TEST(AdaptiveLimit, is_lowered_at_most_once_a_window) {
  AdaptiveLimit limit{configured};
  auto const last = send(limit, 100, start);
  limit.rate_limited(last, last);
  ASSERT_EQ(limit.ceiling(), 80);

  limit.sent(last + 1s);
  limit.rate_limited(last + 2s, last + 1s);
  EXPECT_EQ(limit.ceiling(), 80);

  limit.sent(last + 61s);
  limit.rate_limited(last + 62s, last - 1s);  // went before it was lowered
  EXPECT_EQ(limit.ceiling(), 80);
}

TEST(AdaptiveLimit, rises_back_to_what_worked_and_beyond_it_after_a_rest_but_never_above_the_configured) {
  AdaptiveLimit limit{configured};
  auto at = send(limit, 101, start);
  limit.rate_limited(at, at);
  std::vector<int> ceilings;
  for (int window = 1; window <= 40; ++window) {
    at = send(limit, limit.ceiling(), start + window * 60s);
    ceilings.push_back(limit.ceiling());
  }

  // 80 goes half of the way to 100 each time, then rests at it.
  EXPECT_EQ((std::vector<int>{ceilings.begin(), ceilings.begin() + 6}),
            (std::vector<int>{80, 90, 95, 98, 100, 100}));
  EXPECT_EQ(*std::ranges::find_if(ceilings, [](int ceiling) { return ceiling > 100; }), 103);
  EXPECT_EQ(ceilings.back(), 150);
  EXPECT_EQ(limit.learned(), 150);
}

TEST(AdaptiveLimit, does_not_rise_while_less_than_half_is_used) {
  AdaptiveLimit limit{configured};
  limit.begin_with(100);
  for (int window = 0; window < 40; ++window) send(limit, 49, start + window * 60s);

  EXPECT_EQ(limit.ceiling(), 100);
}

TEST(AdaptiveLimit, begins_with_what_was_learned_but_not_above_what_is_configured) {
  AdaptiveLimit limit{configured};
  EXPECT_EQ(limit.learned(), std::nullopt);

  limit.begin_with(100);
  EXPECT_EQ(limit.ceiling(), 100);
  EXPECT_EQ(limit.learned(), 100);

  AdaptiveLimit lower{{.requests = 50, .per = 60s, .burst = 1}};
  lower.begin_with(100);
  EXPECT_EQ(lower.ceiling(), 50);
}

TEST(AdaptiveLimit, one_429_that_our_pace_did_not_cause_soon_costs_half_at_most) {
  AdaptiveLimit limit{configured};
  limit.sent(start);
  limit.rate_limited(start, start);
  ASSERT_EQ(limit.ceiling(), 1);
  for (int window = 1; window <= 10; ++window) send(limit, limit.ceiling(), start + window * 60s);

  EXPECT_GE(limit.ceiling(), 75);
}

// Lets `real` requests through in any window of `per`.
class ModelProvider {
 public:
  ModelProvider(int real, Milliseconds per) : real_(static_cast<std::size_t>(real)), per_(per) {}
  bool lets_through(SteadyTime now) {
    while (!counted_.empty() && counted_.front() <= now - per_) counted_.pop_front();
    if (counted_.size() >= real_) return false;
    counted_.push_back(now);
    return true;
  }

 private:
  std::size_t real_;
  Milliseconds per_;
  std::deque<SteadyTime> counted_;
};

TEST(AdaptiveLimit, finds_the_real_limit_with_few_429s_and_uses_it) {
  for (int const real : {10, 37, 100, 149}) {
    AdaptiveLimit limit{configured};
    TokenBucket bucket{configured};
    ModelProvider provider{real, configured.per};
    int good = 0;
    int refused = 0;
    auto now = start;
    auto const learned_by = start + 1h;
    auto const end = start + 6h;
    while ((now = *bucket.next(now)) < end) {
      bucket.spend(now);
      limit.sent(now);
      bool const passed = provider.lets_through(now);
      auto const sent_at = now;
      now += 50ms;
      bucket.answered(now);
      if (!passed) {
        limit.rate_limited(now, sent_at);
        bucket.pause(now + 1s);
      }
      auto changed = configured;
      changed.requests = limit.ceiling();
      changed.burst = std::min(changed.burst, changed.requests);
      bucket.set_limit(changed);
      if (now >= learned_by) ++(passed ? good : refused);
    }
    EXPECT_LT(refused, 0.01 * (good + refused)) << real;
    EXPECT_GE(good, 0.95 * real * 300) << real;  // of 5 hours
  }
}

}  // namespace
}  // namespace candled
