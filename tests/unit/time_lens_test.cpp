#include "core/time_lens.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

TimeLens const lens{.start = at("2024-11-25T00:00:00Z"), .speed = 5000, .zero = at("2026-01-01T00:00:00Z")};
constexpr SteadyTime origin{1'000'000s};

TEST(TimeLens, is_at_its_start_at_zero_and_runs_faster_from_there) {
  EXPECT_EQ(lens.now(lens.zero), at("2024-11-25T00:00:00Z"));
  EXPECT_EQ(lens.now(lens.zero + 1s), at("2024-11-25T01:23:20Z"));
  EXPECT_EQ(lens.now(lens.zero + 1us), at("2024-11-25T00:00:00.005Z"));
  EXPECT_EQ(lens.now(lens.zero - 1s), at("2024-11-24T22:36:40Z"));
}

TEST(TimeLens, stretches_ticks_from_their_origin) {
  EXPECT_EQ(lens.ticks(origin, origin), origin);
  EXPECT_EQ(lens.ticks(origin + 12ms, origin), origin + 60s);
}

TEST(TimeLens, turns_a_minute_into_60_real_ms_at_speed_1000) {
  TimeLens const thousand{.start = lens.start, .speed = 1000, .zero = lens.zero};

  EXPECT_EQ(thousand.real_ticks(origin + 60s, origin), origin + 60ms);
}

TEST(TimeLens, never_ends_a_wait_early_nor_a_tick_late) {
  for (double const speed : {1.0, 1.1, 3.0, 7.7, 5000.0, 99'999.9})
    for (auto const wait : {0ns, 1ns, 3ns, 1000ns, 333'333'333ns, 60'000'000'001ns}) {
      TimeLens const some{.start = lens.start, .speed = speed, .zero = lens.zero};
      auto const real = some.real_ticks(origin + wait, origin);

      EXPECT_GE(some.ticks(real, origin), origin + wait) << speed << " " << wait.count();
      if (wait > 0ns) {
        EXPECT_LT(some.ticks(real - 1ns, origin), origin + wait) << speed << " " << wait.count();
      }
    }
}

TEST(TimeLensText, is_start_speed_and_zero) {
  auto const parsed = parse_time_lens("2024-11-25T00:00:00Z x2.5 @1764000000.12");

  ASSERT_TRUE(parsed.has_value()) << parsed.error();
  EXPECT_EQ(parsed->start, at("2024-11-25T00:00:00Z"));
  EXPECT_EQ(parsed->speed, 2.5);
  EXPECT_EQ(parsed->zero, UtcTime{1'764'000'000'120ms});
}

TEST(TimeLensText, says_which_part_is_wrong) {
  struct Wrong {
    std::string_view text;
    std::string_view told;
  };
  for (auto const& [text, told] :
       {Wrong{"", "expected a start such as 2024-11-25T00:00:00Z, found ''"},
        Wrong{"2024-11-25 x5 @1", "found '2024-11-25'"},
        Wrong{"2024-11-25T00:00:00Z", "expected a speed from x1 to x100000, found ''"},
        Wrong{"2024-11-25T00:00:00Z 5000 @1", "found '5000'"},
        Wrong{"2024-11-25T00:00:00Z x0 @1", "found 'x0'"},
        Wrong{"2024-11-25T00:00:00Z x0.5 @1", "found 'x0.5'"},
        Wrong{"2024-11-25T00:00:00Z x-3 @1", "found 'x-3'"},
        Wrong{"2024-11-25T00:00:00Z xnan @1", "found 'xnan'"},
        Wrong{"2024-11-25T00:00:00Z x1e3 @1", "found 'x1e3'"},
        Wrong{"2024-11-25T00:00:00Z x100001 @1", "found 'x100001'"},
        Wrong{"2024-11-25T00:00:00Z x5000",
              "expected @ and the real seconds since 1970 at the start, found ''"},
        Wrong{"2024-11-25T00:00:00Z x5000 1764000000", "found '1764000000'"},
        Wrong{"2024-11-25T00:00:00Z x5000 @-1", "found '@-1'"},
        Wrong{"2024-11-25T00:00:00Z x5000 @1.", "found '@1.'"},
        Wrong{"2024-11-25T00:00:00Z x5000 @1.1234", "found '@1.1234'"},
        Wrong{"2024-11-25T00:00:00Z x5000 @1.2.3", "found '@1.2.3'"},
        Wrong{"2024-11-25T00:00:00Z x5000 @999999999999", "found '@999999999999'"},
        Wrong{"2024-11-25T00:00:00Z x5000 @1 more", "expected nothing more, found 'more'"}}) {
    auto const parsed = parse_time_lens(text);

    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_NE(parsed.error().find(told), std::string::npos) << text << ": " << parsed.error();
  }
}

}  // namespace
}  // namespace candled
