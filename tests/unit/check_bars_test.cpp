#include "core/check_bars.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <string>

namespace candled {

// Tests compare bars by value; a vwap that was not given equals one that was not given.
static bool operator==(Bar const& a, Bar const& b) {
  bool const same_vwap = a.vwap == b.vwap || (a.vwap != a.vwap && b.vwap != b.vwap);
  return a.start == b.start && a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close &&
         a.volume == b.volume && same_vwap && a.trade_count == b.trade_count;
}

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

UtcTime at(char const* text) {
  return *parse_rfc3339(text);
}

// A whole day of UTC minutes.
CheckContext minutes() {
  return {.timeframe = Timeframe::m1,
          .zone = Zone::new_york(),
          .range = {.from = at("2024-03-04T00:00:00Z"), .to = at("2024-03-05T00:00:00Z")}};
}

CheckContext bars_of(Timeframe timeframe, Zone zone) {
  return {.timeframe = timeframe,
          .zone = zone,
          .range = {.from = at("2024-01-01T00:00:00Z"), .to = at("2025-01-01T00:00:00Z")}};
}

Bar good(char const* start = "2024-03-04T14:30:00Z") {
  return {.start = at(start),
          .open = 10,
          .high = 12,
          .low = 9,
          .close = 11,
          .volume = 100,
          .vwap = 10.5,
          .trade_count = 7};
}

struct ImpossibleBar {
  char const* reason;
  void (*spoil)(Bar&);
};

void PrintTo(ImpossibleBar const& row, std::ostream* out) {
  *out << row.reason;
}

class EachImpossibleBar : public testing::TestWithParam<ImpossibleBar> {};

TEST_P(EachImpossibleBar, goes_to_the_rejected_ones_with_its_reason) {
  auto impossible = good("2024-03-04T14:31:00Z");
  GetParam().spoil(impossible);
  std::vector const before{good("2024-03-04T14:30:00Z"), impossible, good("2024-03-04T14:32:00Z")};
  auto bars = before;

  auto const report = check_bars(bars, 0, minutes());

  EXPECT_EQ(bars, (std::vector{before[0], before[2]}));
  ASSERT_EQ(report.rejected.size(), 1U);
  EXPECT_EQ(to_string(report.rejected[0].reason), GetParam().reason);
  EXPECT_EQ(report.duplicates, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    CheckBars, EachImpossibleBar,
    testing::Values(ImpossibleBar{"price_not_finite", [](Bar& bar) { bar.open = nan; }},
                    ImpossibleBar{"price_not_finite", [](Bar& bar) { bar.high = infinity; }},
                    ImpossibleBar{"price_not_finite", [](Bar& bar) { bar.low = -infinity; }},
                    ImpossibleBar{"price_not_finite", [](Bar& bar) { bar.close = nan; }},
                    ImpossibleBar{"price_not_positive", [](Bar& bar) { bar.open = bar.low = 0; }},
                    ImpossibleBar{"price_not_positive", [](Bar& bar) { bar.low = -9; }},
                    ImpossibleBar{"price_implausible", [](Bar& bar) { bar.high = 1e300; }},
                    ImpossibleBar{"price_implausible", [](Bar& bar) { bar.high = 1.01e15; }},
                    ImpossibleBar{"price_implausible", [](Bar& bar) { bar.low = 1e-320; }},
                    ImpossibleBar{"price_implausible", [](Bar& bar) { bar.low = 0.9e-18; }},
                    ImpossibleBar{"volume_implausible", [](Bar& bar) { bar.volume = 9223372036854775808.0; }},
                    ImpossibleBar{"volume_implausible", [](Bar& bar) { bar.volume = 1.01e15; }},
                    ImpossibleBar{"volume_implausible", [](Bar& bar) { bar.volume = 1e-320; }},
                    ImpossibleBar{"vwap_implausible", [](Bar& bar) { bar.vwap = 1e16; }},
                    ImpossibleBar{"vwap_implausible", [](Bar& bar) { bar.vwap = 5e-324; }},
                    ImpossibleBar{"high_too_low", [](Bar& bar) { bar.high = 10.99; }},
                    ImpossibleBar{"high_too_low", [](Bar& bar) { bar.open = 12.01; }},
                    ImpossibleBar{"high_too_low", [](Bar& bar) { bar.low = 13; }},
                    ImpossibleBar{"low_too_high", [](Bar& bar) { bar.low = 10.01; }},
                    ImpossibleBar{"low_too_high", [](Bar& bar) { bar.close = 8.99; }},
                    ImpossibleBar{"volume_not_finite", [](Bar& bar) { bar.volume = nan; }},
                    ImpossibleBar{"volume_not_finite", [](Bar& bar) { bar.volume = infinity; }},
                    ImpossibleBar{"volume_negative", [](Bar& bar) { bar.volume = -1; }},
                    ImpossibleBar{"vwap_not_finite", [](Bar& bar) { bar.vwap = infinity; }},
                    ImpossibleBar{"vwap_not_positive", [](Bar& bar) { bar.vwap = 0; }},
                    ImpossibleBar{"vwap_not_positive", [](Bar& bar) { bar.vwap = -10.5; }},
                    ImpossibleBar{"trade_count_negative", [](Bar& bar) { bar.trade_count = -2; }},
                    ImpossibleBar{"misaligned", [](Bar& bar) { bar.start += std::chrono::seconds{30}; }}));

TEST(CheckBars, zero_volume_and_missing_vwap_and_count_are_legal) {
  auto bar = good();
  bar.volume = 0;
  bar.vwap = nan;
  bar.trade_count = -1;

  EXPECT_EQ(check(bar, minutes()), std::nullopt);
}

TEST(CheckBars, bars_with_one_price_are_legal) {
  auto bar = good();
  bar.open = bar.high = bar.low = bar.close = 0.0001;

  EXPECT_EQ(check(bar, minutes()), std::nullopt);
}

CheckContext of_a(TickerKind kind) {
  auto context = minutes();
  context.kind = kind;
  return context;
}

TEST(CheckBars, only_an_index_may_be_zero_or_below) {
  auto const priced = [](double open, double high, double low, double close) {
    auto bar = good();
    bar.open = open, bar.high = high, bar.low = low, bar.close = close;
    bar.volume = 0, bar.vwap = nan, bar.trade_count = -1;
    return bar;
  };
  for (auto const& bar : {priced(-0.05, -0.03, -0.06, -0.05), priced(0, 0.02, -0.01, 0), priced(0, 0, 0, 0),
                          priced(0.03, 0.05, 0, 0.03), priced(-100, 20'000, -5'000, 1)}) {
    EXPECT_EQ(check(bar, of_a(TickerKind::index)), std::nullopt) << bar.low;
    for (auto const kind : {TickerKind::share, TickerKind::option, TickerKind::crypto, TickerKind::currency})
      EXPECT_EQ(check(bar, of_a(kind)), CheckFailure::price_not_positive) << bar.low;
  }
  auto const index = of_a(TickerKind::index);
  EXPECT_EQ(check(priced(-1, -2, -3, -1), index), CheckFailure::high_too_low);
  EXPECT_EQ(check(priced(-1, 0, -1, -2), index), CheckFailure::low_too_high);
  EXPECT_EQ(check(priced(-1, 0, -infinity, -1), index), CheckFailure::price_not_finite);
  EXPECT_EQ(check(priced(-1, 0, -1e16, -1), index), CheckFailure::price_implausible);
  auto with_vwap = priced(-1, 0, -2, -1);
  with_vwap.vwap = -1;
  EXPECT_EQ(check(with_vwap, index), std::nullopt);
}

TEST(CheckBars, coins_are_counted_in_other_numbers_than_shares) {
  auto bar = good();
  for (double const volume : {1e-18, 1e-8, 1e15, 4e21, 1e24}) {
    bar.volume = volume;
    EXPECT_EQ(check(bar, of_a(TickerKind::crypto)), std::nullopt) << volume;
  }
  bar.volume = 1.1e24;
  EXPECT_EQ(check(bar, of_a(TickerKind::crypto)), CheckFailure::volume_implausible);
  bar.volume = 4e21;
  EXPECT_EQ(check(bar, of_a(TickerKind::currency)), CheckFailure::volume_implausible);
  bar = good();
  bar.open = bar.high = bar.low = bar.close = bar.vwap = 1e-14;  // a coin in bitcoin
  EXPECT_EQ(check(bar, of_a(TickerKind::crypto)), std::nullopt);
}

TEST(TickerKind, is_told_by_the_prefix) {
  EXPECT_EQ(kind_of("AAPL"), TickerKind::share);
  EXPECT_EQ(kind_of("I"), TickerKind::share);
  EXPECT_EQ(kind_of("I:NDX"), TickerKind::index);
  EXPECT_EQ(kind_of("X:BTCUSD"), TickerKind::crypto);
  EXPECT_EQ(kind_of("C:EURUSD"), TickerKind::currency);
  EXPECT_EQ(kind_of("O:SPY251219C00650000"), TickerKind::option);
}

TEST(CheckBars, a_bar_outside_the_range_is_rejected) {
  EXPECT_EQ(check(good("2024-03-03T23:59:00Z"), minutes()), CheckFailure::outside_range);
  EXPECT_EQ(check(good("2024-03-04T00:00:00Z"), minutes()), std::nullopt);
  EXPECT_EQ(check(good("2024-03-05T00:00:00Z"), minutes()), CheckFailure::outside_range);
}

TEST(CheckBars, good_bars_stay_as_they_are) {
  std::vector const before{good("2024-03-04T14:30:00Z"), good("2024-03-04T14:31:00Z"),
                           good("2024-03-04T14:35:00Z")};
  auto bars = before;

  auto const report = check_bars(bars, 0, minutes());

  EXPECT_EQ(bars, before);
  EXPECT_TRUE(report.rejected.empty());
  EXPECT_EQ(report.rejected.capacity(), 0U);  // no memory was asked for
}

TEST(CheckBars, no_bars_are_good_bars) {
  std::vector<Bar> bars;

  auto const report = check_bars(bars, 0, minutes());

  EXPECT_TRUE(bars.empty());
  EXPECT_TRUE(report.rejected.empty());
}

TEST(CheckBars, bars_before_the_page_are_not_touched) {
  auto impossible = good("2024-03-04T14:59:00Z");
  impossible.high = 0;
  std::vector bars{impossible, good("2024-03-04T14:31:00Z"), good("2024-03-04T14:30:00Z")};

  auto const report = check_bars(bars, 1, minutes());

  EXPECT_EQ(bars, (std::vector{impossible, good("2024-03-04T14:30:00Z"), good("2024-03-04T14:31:00Z")}));
  EXPECT_TRUE(report.rejected.empty());
}

TEST(CheckBars, a_page_is_not_compared_with_the_bar_before_it) {
  std::vector bars{good("2024-03-04T14:30:00Z"), good("2024-03-04T14:30:00Z")};  // two series, one load

  auto const report = check_bars(bars, 1, minutes());

  EXPECT_EQ(bars.size(), 2U);
  EXPECT_EQ(report.duplicates, 0U);
}

TEST(CheckBars, unsorted_bars_are_sorted) {
  std::vector bars{good("2024-03-04T14:32:00Z"), good("2024-03-04T14:30:00Z"), good("2024-03-04T14:31:00Z")};

  check_bars(bars, 0, minutes());

  EXPECT_EQ(bars, (std::vector{good("2024-03-04T14:30:00Z"), good("2024-03-04T14:31:00Z"),
                               good("2024-03-04T14:32:00Z")}));
}

TEST(CheckBars, a_bar_that_comes_again_unchanged_is_dropped_and_counted) {
  auto without_vwap = good("2024-03-04T14:30:00Z");
  without_vwap.vwap = nan;
  std::vector bars{without_vwap, good("2024-03-04T14:31:00Z"), without_vwap};

  auto const report = check_bars(bars, 0, minutes());

  EXPECT_EQ(bars, (std::vector{without_vwap, good("2024-03-04T14:31:00Z")}));
  EXPECT_EQ(report.duplicates, 1U);
  EXPECT_TRUE(report.rejected.empty());
}

TEST(CheckBars, of_two_bars_with_different_values_for_one_time_neither_is_believed) {
  auto second = good();
  second.close = 10.25;
  std::vector bars{good(), second};

  auto const report = check_bars(bars, 0, minutes());

  EXPECT_TRUE(bars.empty());
  ASSERT_EQ(report.rejected.size(), 2U);
  EXPECT_EQ(to_string(report.rejected[0].reason), "conflicting_duplicate");
  EXPECT_EQ(report.rejected[0].bar, good());
  EXPECT_EQ(report.rejected[1].bar, second);
}

TEST(CheckBars, an_impossible_bar_does_not_take_the_place_of_a_good_one) {
  auto impossible = good();
  impossible.high = 1;
  std::vector bars{impossible, good()};

  auto const report = check_bars(bars, 0, minutes());

  EXPECT_EQ(bars, std::vector{good()});
  ASSERT_EQ(report.rejected.size(), 1U);
  EXPECT_EQ(to_string(report.rejected[0].reason), "high_too_low");
}

struct Start {
  Timeframe timeframe;
  char const* zone;
  char const* start;
  bool aligned;
};

TEST(CheckBars, knows_where_bars_start) {
  // New York: -5 h in winter, -4 h from 2024-03-10 to 2024-11-03.
  for (auto const& row : {
           Start{Timeframe::m5, "America/New_York", "2024-03-04T14:35:00Z", true},
           Start{Timeframe::m5, "America/New_York", "2024-03-04T14:31:00Z", false},
           Start{Timeframe::h1, "America/New_York", "2024-03-04T14:00:00Z", true},
           Start{Timeframe::h1, "America/New_York", "2024-03-04T14:30:00Z", false},
           Start{Timeframe::h4, "America/New_York", "2024-03-04T13:00:00Z", true},   // 08:00 EST
           Start{Timeframe::h4, "America/New_York", "2024-03-04T12:00:00Z", false},  // 07:00 EST
           Start{Timeframe::h4, "America/New_York", "2024-03-10T12:00:00Z",
                 true},  // 08:00 EDT, clocks changed
           Start{Timeframe::h4, "America/New_York", "2024-03-10T13:00:00Z",
                 true},  // eight hours after midnight
           Start{Timeframe::h4, "America/New_York", "2024-03-10T13:30:00Z", false},
           Start{Timeframe::h4, "Etc/UTC", "2024-03-10T13:00:00Z", false},
           Start{Timeframe::d1, "America/New_York", "2024-03-08T05:00:00Z", true},
           Start{Timeframe::d1, "America/New_York", "2024-03-11T04:00:00Z", true},
           Start{Timeframe::d1, "America/New_York", "2024-03-11T05:00:00Z", false},
           Start{Timeframe::d1, "America/New_York", "2024-03-08T21:00:00Z", false},  // 16:00: not a start
           Start{Timeframe::d1, "Etc/UTC", "2024-03-08T00:00:00Z", true},
           Start{Timeframe::w1, "America/New_York", "2024-03-03T05:00:00Z", true},   // a Sunday
           Start{Timeframe::w1, "America/New_York", "2024-03-04T05:00:00Z", false},  // a Monday
           Start{Timeframe::mo1, "America/New_York", "2024-04-01T04:00:00Z", true},
           Start{Timeframe::mo1, "America/New_York", "2024-04-02T04:00:00Z", false},
       }) {
    auto const failure = check(good(row.start), bars_of(row.timeframe, *Zone::find(row.zone)));

    EXPECT_EQ(failure, row.aligned ? std::nullopt : std::optional{CheckFailure::misaligned})
        << to_string(row.timeframe) << " " << row.zone << " " << row.start;
  }
}

// Bars of which every field is now and then wrong, and which come again now and then.
std::vector<Bar> random_bars(std::mt19937& random) {
  auto const pick = [&](auto... values) {
    std::array const all{values...};
    return all[std::uniform_int_distribution<std::size_t>{0, all.size() - 1}(random)];
  };
  std::vector<Bar> bars(std::uniform_int_distribution<std::size_t>{0, 60}(random));
  for (auto& bar : bars) {
    bar = good();
    bar.start += std::chrono::seconds{pick(0, 60, 120, 180, 240, 300, 360, 420, 30, 86400)};
    bar.open = pick(10.0, 10.0, 10.0, 10.0, nan);
    bar.high = pick(12.0, 12.0, 12.0, 12.5, infinity);
    bar.close = pick(11.0, 11.0, 11.0, 13.0, -1.0);
    bar.vwap = pick(10.5, nan, nan, 0.0);
  }
  return bars;
}

TEST(CheckBars, whatever_comes_in_only_good_bars_stay_and_none_is_lost) {
  std::mt19937 random{20240304};
  std::size_t kept = 0;
  std::size_t dropped = 0;
  std::size_t rejected = 0;
  for (int round = 0; round < 2000; ++round) {
    auto const before = random_bars(random);
    auto bars = before;

    auto const report = check_bars(bars, 0, minutes());

    ASSERT_EQ(bars.size() + report.duplicates + report.rejected.size(), before.size());
    for (std::size_t i = 0; i < bars.size(); ++i) {
      ASSERT_EQ(check(bars[i], minutes()), std::nullopt);
      ASSERT_TRUE(i == 0 || bars[i - 1].start < bars[i].start);
      ASSERT_TRUE(std::ranges::find(before, bars[i]) != before.end());
    }
    kept += bars.size();
    dropped += report.duplicates;
    rejected += report.rejected.size();
  }
  EXPECT_GT(kept, 1000U);  // else the property was not asked
  EXPECT_GT(dropped, 1000U);
  EXPECT_GT(rejected, 1000U);
}

}  // namespace
}  // namespace candled
