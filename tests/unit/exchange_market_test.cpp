#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <optional>
#include <string>

#include "exchange/stored_market.hpp"
#include "exchange/synthetic_market.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

constexpr Date monday_after_new_year{std::chrono::year{2024}, std::chrono::January, std::chrono::day{8}};
SyntheticMarket const synthetic{7, Date{std::chrono::year{2020} / 1 / 1}};

std::vector<Bar> day_of(SyntheticMarket const& market, std::string_view ticker, std::string_view day,
                        Sort order, std::size_t limit = 10'000) {
  auto const from = Zone::new_york().at(parse_date(day).value(), 0ms);
  return market.bars(
      {ticker, Base::minute, {.from = from, .to = from + 24h}, order, limit, at("2026-01-01T00:00:00Z")});
}

bool same(Bar const& a, Bar const& b) {
  return a.start == b.start && a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close &&
         a.volume == b.volume && a.vwap == b.vwap && a.trade_count == b.trade_count;
}

TEST(SyntheticMarket, trades_630_to_960_minutes_between_0400_and_2000_in_new_york) {
  for (auto const* const ticker : {"AAPL", "MSFT", "BRK.B", "F", "GOOGL", "SPY", "TSLA", "QQQ"}) {
    auto const bars = day_of(synthetic, ticker, "2024-01-10", Sort::ascending);

    EXPECT_GE(bars.size(), 600U) << ticker;
    EXPECT_LE(bars.size(), 960U) << ticker;
    EXPECT_GE(bars.front().start, at("2024-01-10T09:00:00Z")) << ticker;
    EXPECT_LT(bars.back().start, at("2024-01-11T01:00:00Z")) << ticker;
  }
}

TEST(SyntheticMarket, makes_only_possible_bars) {
  bool fractional = false;
  for (auto const& bar : day_of(synthetic, "AAPL", "2024-01-10", Sort::ascending)) {
    EXPECT_GT(bar.low, 0);
    EXPECT_LE(bar.low, std::min(bar.open, bar.close));
    EXPECT_GE(bar.high, std::max(bar.open, bar.close));
    EXPECT_LE(bar.low, bar.vwap);
    EXPECT_GE(bar.high, bar.vwap);
    EXPECT_GT(bar.volume, 0);
    EXPECT_GT(bar.trade_count, 0);
    fractional |= bar.volume != std::floor(bar.volume);
  }
  EXPECT_TRUE(fractional);
}

TEST(SyntheticMarket, is_a_function_of_seed_ticker_and_time_alone) {
  auto const bars = day_of(synthetic, "AAPL", "2024-01-10", Sort::ascending);
  SyntheticMarket const later_start{7, monday_after_new_year};
  SyntheticMarket const other_seed{8, monday_after_new_year};

  EXPECT_TRUE(same(synthetic.minute_bar("AAPL", bars[100].start).value(), bars[100]));
  EXPECT_TRUE(same(day_of(later_start, "AAPL", "2024-01-10", Sort::ascending)[100], bars[100]));
  EXPECT_FALSE(same(day_of(other_seed, "AAPL", "2024-01-10", Sort::ascending)[100], bars[100]));
  EXPECT_FALSE(same(day_of(synthetic, "MSFT", "2024-01-10", Sort::ascending)[100], bars[100]));
}

// Worked out once by this program; another machine, compiler or year must not change it.
TEST(SyntheticMarket, never_changes) {
  auto const bar = synthetic.minute_bar("AAPL", at("2024-01-10T15:00:00Z")).value();

  EXPECT_EQ(bar.open, 31.95);
  EXPECT_EQ(bar.close, 31.94);
  EXPECT_EQ(bar.volume, 520);
}

TEST(SyntheticMarket, gives_the_newest_bars_first_when_asked_for_descending_order) {
  auto const all = day_of(synthetic, "AAPL", "2024-01-10", Sort::ascending);

  auto const newest = day_of(synthetic, "AAPL", "2024-01-10", Sort::descending, 3);

  ASSERT_EQ(newest.size(), 3U);
  EXPECT_TRUE(same(newest[0], all[all.size() - 1]));
  EXPECT_TRUE(same(newest[2], all[all.size() - 3]));
}

TEST(SyntheticMarket, is_closed_at_weekends_and_before_its_first_day) {
  SyntheticMarket const young{7, monday_after_new_year};

  EXPECT_TRUE(day_of(synthetic, "AAPL", "2024-01-13", Sort::ascending).empty());
  EXPECT_TRUE(day_of(young, "AAPL", "2024-01-05", Sort::ascending).empty());
  EXPECT_FALSE(day_of(young, "AAPL", "2024-01-08", Sort::ascending).empty());
}

TEST(SyntheticMarket, knows_which_tickers_exist) {
  EXPECT_TRUE(SyntheticMarket::exists("BRK.B"));
  EXPECT_TRUE(SyntheticMarket::exists("X:BTCUSD"));
  EXPECT_FALSE(SyntheticMarket::exists("ZZTOP"));
  EXPECT_FALSE(SyntheticMarket::exists("aapl"));
  EXPECT_FALSE(SyntheticMarket::exists("TOOLONG"));
  EXPECT_FALSE(SyntheticMarket::exists(""));
}

// The minute as the market knew it at `now`; nullopt: not there.
std::optional<Bar> known_at(SyntheticMarket const& market, UtcTime start, UtcTime now) {
  auto const bars =
      market.bars({"AAPL", Base::minute, {.from = start, .to = start + 1min}, Sort::ascending, 2, now});
  return bars.empty() ? std::nullopt : std::optional{bars.front()};
}

TEST(SyntheticMarket, corrects_some_minutes_and_adds_a_few_when_they_settle) {
  SyntheticMarket const settling{7, monday_after_new_year, {.settles_after = 2h}};
  int changed = 0;
  int late = 0;
  for (auto const& bar : day_of(synthetic, "AAPL", "2024-01-10", Sort::ascending)) {
    auto const end = bar.start + 1min;
    auto const soon = known_at(settling, bar.start, end + 2h - 1ms);
    auto const settled = known_at(settling, bar.start, end + 2h);

    ASSERT_TRUE(settled && same(*settled, bar)) << to_rfc3339(bar.start);
    late += soon ? 0 : 1;
    if (!soon || same(*soon, bar)) continue;
    ++changed;
    EXPECT_NE(soon->volume, bar.volume);
    EXPECT_LE(soon->low, soon->close);
    EXPECT_GE(soon->high, soon->close);
    EXPECT_TRUE(same(known_at(settling, bar.start, end).value(), *soon));  // nothing happens in between
  }
  // Of this day's some 900 minutes; about 18 and 2 are due.
  EXPECT_GE(changed, 8);
  EXPECT_LE(changed, 30);
  EXPECT_GE(late, 1);
  EXPECT_LE(late, 8);
}

TEST(SyntheticMarket, settles_its_days_with_their_minutes) {
  SyntheticMarket const settling{7, monday_after_new_year, {.settles_after = 24h}};
  auto const date = parse_date("2024-01-10").value();
  auto const truth = synthetic.day_bar("AAPL", date, at("2024-01-11T01:00:00Z")).value();

  auto const evening = settling.day_bar("AAPL", date, at("2024-01-11T01:00:00Z")).value();
  auto const next_evening = settling.day_bar("AAPL", date, at("2024-01-12T01:00:00Z")).value();

  EXPECT_LT(evening.volume, truth.volume);
  EXPECT_TRUE(same(next_evening, truth));
}

TEST(SyntheticMarket, keeps_holidays_and_early_closes_for_stocks_alone) {
  auto const closed = parse_date("2024-01-10").value();
  auto const early = parse_date("2024-01-11").value();
  SyntheticMarket const market{7, monday_after_new_year, {.closed = {closed}, .early_closes = {early}}};

  EXPECT_TRUE(day_of(market, "AAPL", "2024-01-10", Sort::ascending).empty());
  EXPECT_FALSE(market.day_bar("AAPL", closed, at("2024-02-01T00:00:00Z")).has_value());
  auto const short_day = day_of(market, "AAPL", "2024-01-11", Sort::ascending);
  ASSERT_FALSE(short_day.empty());
  EXPECT_LT(short_day.back().start, at("2024-01-11T22:00:00Z"));  // 17:00 in New York
  EXPECT_GE(short_day.back().start, at("2024-01-11T21:30:00Z"));
  EXPECT_TRUE(same(day_of(market, "AAPL", "2024-01-12", Sort::ascending).back(),
                   day_of(synthetic, "AAPL", "2024-01-12", Sort::ascending).back()));
  EXPECT_EQ(day_of(market, "X:BTCUSD", "2024-01-10", Sort::ascending).size(),
            day_of(synthetic, "X:BTCUSD", "2024-01-10", Sort::ascending).size());
}

TEST(SyntheticMarket, ends_the_regular_prices_of_an_early_close_at_1300) {
  auto const early = parse_date("2024-01-11").value();
  SyntheticMarket const market{7, monday_after_new_year, {.early_closes = {early}}};

  auto const at_the_bell = market.day_bar("AAPL", early, at("2024-01-11T18:00:00Z")).value();
  auto const later = market.day_bar("AAPL", early, at("2024-01-11T22:00:00Z")).value();

  EXPECT_EQ(later.close, at_the_bell.close);
  EXPECT_GT(later.volume, at_the_bell.volume);
}

TEST(SyntheticMarket, makes_a_day_of_regular_prices_and_the_whole_days_volume) {
  auto const minutes = day_of(synthetic, "AAPL", "2024-01-10", Sort::ascending);
  double volume = 0;
  double high = 0;
  for (auto const& bar : minutes) {
    volume += bar.volume;
    if (bar.start >= at("2024-01-10T14:30:00Z") && bar.start < at("2024-01-10T21:00:00Z"))
      high = std::max(high, bar.high);
  }

  auto const day =
      synthetic.day_bar("AAPL", parse_date("2024-01-10").value(), at("2024-02-01T00:00:00Z")).value();

  EXPECT_EQ(day.start, at("2024-01-10T05:00:00Z"));
  EXPECT_EQ(day.high, high);
  EXPECT_NEAR(day.volume, volume, 1e-5);
}

TEST(SyntheticMarket, lets_a_day_form_with_its_minutes) {
  auto const date = parse_date("2024-01-10").value();

  auto const noon = synthetic.day_bar("AAPL", date, at("2024-01-10T17:00:00Z")).value();
  auto const evening = synthetic.day_bar("AAPL", date, at("2024-01-11T01:00:00Z")).value();

  EXPECT_EQ(noon.open, evening.open);
  EXPECT_LT(noon.volume, evening.volume);
  EXPECT_LE(noon.high, evening.high);
}

std::string gz(std::string const& path, std::string const& text) {
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
  auto* const file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  return path;
}

std::string const header = "ticker,volume,open,close,high,low,window_start,transactions\n";

TEST(FlatFiles, become_minute_and_day_bars) {
  test::TempDir const folder;
  gz(folder / "us_stocks_sip/minute_aggs_v1/2024/01/2024-01-10.csv.gz",
     header +
         "AAPL,12.5,185.1,185.2,185.3,185,1704895200000000000,7\nIBM,100,1,2,3,0.5,1704895260000000000,\n");
  gz(folder / "us_stocks_sip/day_aggs_v1/2024/01/2024-01-10.csv.gz",
     header + "AAPL,1e6,1,2,3,0.5,1704862800000000000,9\n");

  auto const market = load_flat_files(folder.path()).value();

  EXPECT_EQ(market.size(Base::minute), 2U);
  EXPECT_EQ(market.size(Base::day), 1U);
  auto const bars = market.bars({"AAPL",
                                 Base::minute,
                                 {.from = at("2024-01-10T14:00:00Z"), .to = at("2024-01-11T00:00:00Z")},
                                 Sort::ascending,
                                 10,
                                 at("2024-02-01T00:00:00Z")});
  ASSERT_EQ(bars.size(), 1U);
  EXPECT_EQ(bars[0].start, at("2024-01-10T14:00:00Z"));
  EXPECT_EQ(bars[0].volume, 12.5);
  EXPECT_EQ(bars[0].close, 185.2);
  EXPECT_EQ(bars[0].trade_count, 7);
  EXPECT_TRUE(std::isnan(bars[0].vwap));
}

TEST(FlatFiles, say_which_line_is_not_a_bar) {
  test::TempDir const folder;
  auto const path =
      gz(folder / "us_stocks_sip/day_aggs_v1/2024/01/2024-01-10.csv.gz", header + "AAPL,1,2,3,4,5,six,\n");

  auto const market = load_flat_files(folder.path());

  ASSERT_FALSE(market.has_value());
  EXPECT_EQ(market.error(), path + ":2: is not a bar: AAPL,1,2,3,4,5,six,");
}

TEST(FlatFiles, say_what_is_expected_where_there_are_none) {
  test::TempDir const folder;

  EXPECT_NE(load_flat_files(folder.path()).error().find("no flat files"), std::string::npos);
  EXPECT_NE(load_flat_files(folder / "nowhere").error().find("No such file"), std::string::npos);
}

TEST(StoredMarket, keeps_the_last_of_two_bars_of_one_start) {
  StoredMarket market;
  UtcTime const first = at("2024-01-10T14:00:00Z");
  market.add("A", Base::minute,
             {.start = first + 1min, .open = 3, .high = 3, .low = 3, .close = 3, .volume = 1});
  market.add("A", Base::minute, {.start = first, .open = 1, .high = 1, .low = 1, .close = 1, .volume = 1});
  market.add("A", Base::minute, {.start = first, .open = 2, .high = 2, .low = 2, .close = 2, .volume = 1});

  auto const bars =
      market.bars({"A", Base::minute, {.from = first, .to = first + 1h}, Sort::ascending, 10, first + 1h});

  ASSERT_EQ(bars.size(), 2U);
  EXPECT_EQ(bars[0].open, 2);
  EXPECT_EQ(bars[1].open, 3);
}

}  // namespace
}  // namespace candled
