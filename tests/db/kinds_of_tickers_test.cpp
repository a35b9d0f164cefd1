// Indices below zero, currencies that do not trade on Saturdays, bars that cannot be read: by the real
// tables.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "db/store_fixture.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class KindsOfTickers : public StoreTest {
 protected:
  KindsOfTickers() {
    rows(
        "INSERT INTO candled.market_session SELECT '24x7', d, d AT TIME ZONE 'UTC', (d + 1) AT TIME ZONE "
        "'UTC', "
        "d AT TIME ZONE 'UTC', (d + 1) AT TIME ZONE 'UTC', false "
        "FROM (SELECT '2023-12-20'::date + n FROM generate_series(0, 30) n) g (d)");
  }

  Series open_around_the_clock(std::string const& ticker, Timeframe timeframe = Timeframe::m1) {
    auto asked = query({ticker});
    asked.calendar = "24x7";
    asked.timeframe = timeframe;
    asked.wanted_from = at("2023-12-20T00:00:00Z");
    return must(await(store_.open_series(asked))).at(0);
  }

  // Nothing in [from, to) but a bar at the start of each of these days.
  void answer(SeriesId series, char const* from, char const* to, std::vector<char const*> const& days) {
    Load answered;
    for (auto const* const day : days) answered.bars.push_back(bar_at(at(day)));
    answered.slices.push_back({.series = series,
                               .first = 0,
                               .count = answered.bars.size(),
                               .proven = {TimeRange{.from = at(from), .to = at(to)}}});
    load(answered);
  }

  Rows empty_days() {
    return rows(
        "SELECT lower(during)::date, upper(during)::date FROM candled.gap WHERE closed_at IS NULL AND reason "
        "= "
        "'provider_empty' ORDER BY 1");
  }
};

// 2024-01-05 is a Friday.
TEST_F(KindsOfTickers, a_saturday_without_a_bar_is_no_gap_of_a_currency) {
  auto const currency = open_around_the_clock("C:EURUSD");

  answer(currency.id, "2024-01-04T00:00:00Z", "2024-01-10T00:00:00Z",
         {"2024-01-04T00:00:00Z", "2024-01-05T00:00:00Z", "2024-01-07T23:00:00Z", "2024-01-08T00:00:00Z"});

  EXPECT_EQ(empty_days(), (Rows{{"2024-01-09", "2024-01-10"}}));  // a Tuesday is one
  auto const again = open_around_the_clock("C:EURUSD");
  EXPECT_TRUE(again.covered.contains({.from = at("2024-01-06T00:00:00Z"), .to = at("2024-01-07T00:00:00Z")}));
}

TEST_F(KindsOfTickers, christmas_and_new_year_without_a_bar_are_none_either) {
  auto const currency = open_around_the_clock("C:EURUSD");

  answer(currency.id, "2023-12-24T00:00:00Z", "2024-01-03T00:00:00Z",
         {"2023-12-24T23:00:00Z", "2023-12-26T00:00:00Z", "2023-12-28T00:00:00Z", "2023-12-29T00:00:00Z",
          "2023-12-31T23:00:00Z"});

  EXPECT_EQ(empty_days(), (Rows{{"2023-12-27", "2023-12-28"}, {"2024-01-02", "2024-01-03"}}));
}

TEST_F(KindsOfTickers, of_daily_bars_too) {
  auto const currency = open_around_the_clock("C:EURUSD", Timeframe::d1);

  answer(currency.id, "2024-01-05T00:00:00Z", "2024-01-10T00:00:00Z",
         {"2024-01-05T00:00:00Z", "2024-01-07T00:00:00Z", "2024-01-08T00:00:00Z"});

  EXPECT_EQ(empty_days(), (Rows{{"2024-01-09", "2024-01-10"}}));
}

TEST_F(KindsOfTickers, crypto_trades_on_saturdays) {
  auto const coin = open_around_the_clock("X:BTCUSD");

  answer(coin.id, "2024-01-05T00:00:00Z", "2024-01-08T00:00:00Z",
         {"2024-01-05T00:00:00Z", "2024-01-07T00:00:00Z"});

  EXPECT_EQ(empty_days(), (Rows{{"2024-01-06", "2024-01-07"}}));
}

TEST_F(KindsOfTickers, an_index_below_zero_is_stored_changed_and_rolled) {
  auto const index = open("I:RATE");
  Load load{.bars = {}, .slices = {}, .rejected = {}};
  double const closes[] = {-0.5, 0, -1.25, 0.75};
  auto start = at("2024-01-02T15:00:00Z");
  for (double const close : closes) {
    load.bars.push_back({.start = start,
                         .open = -0.25,
                         .high = std::max(close, -0.25),
                         .low = std::min(close, -0.25),
                         .close = close,
                         .volume = 0});
    start += 1min;
  }
  load.slices.push_back({.series = index.id,
                         .first = 0,
                         .count = load.bars.size(),
                         .proven = {TimeRange{.from = at("2024-01-02T15:00:00Z"), .to = start}}});

  auto const stored = this->load(load);
  load.bars[1].close = load.bars[1].low = -3;
  auto const changed = this->load(load);

  EXPECT_EQ(stored.inserted, 4);
  EXPECT_EQ(stored.refused, 0);
  EXPECT_EQ(changed.changed, 1);
  EXPECT_EQ(rows("SELECT low, close FROM candled.bar_revision"), (Rows{{"-0.25", "0"}}));
  EXPECT_EQ(rows("SELECT open, high, low, close, volume, vwap FROM candled.bars_rollup('I:RATE', '5m')"),
            (Rows{{"-0.25", "0.75", "-3", "0.75", "0", "NULL"}}));
  EXPECT_EQ(value("SELECT candled.session_hash('I:RATE', '1m', '2024-01-02') = encode(hash, 'hex') "
                  "FROM candled.series_session"),
            "t");
}

TEST_F(KindsOfTickers, a_bar_that_cannot_be_read_is_shown_with_its_reason_once) {
  auto const series = open();
  auto answered = minutes(series.id, minutes_from("2024-01-02T15:00:00Z", 2));
  auto bad = bar_at(at("2024-01-02T15:02:00Z"));
  bad.open = bad.vwap = nan;
  answered.rejected.push_back({.series = series.id, .bar = bad, .reason = R"(unreadable: o is "none")"});

  load(answered);
  load(answered);

  EXPECT_EQ(rows("SELECT ts, open, vwap, reason, times FROM candled.rejected_bars"),
            (Rows{{"2024-01-02 15:02:00+00", "NaN", "NULL", R"(unreadable: o is "none")", "2"}}));
}

}  // namespace
}  // namespace candled::test
