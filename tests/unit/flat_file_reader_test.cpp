#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "pipeline/flat_file_reader.hpp"
#include "support/gzip.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using test::gzipped;

std::string const header = "ticker,volume,open,close,high,low,window_start,transactions\n";

// 2024-05-01, New York.
TimeRange const day{.from = parse_rfc3339("2024-05-01T04:00:00Z").value(),
                    .to = parse_rfc3339("2024-05-02T04:00:00Z").value()};
// 09:30 that day, in seconds since 1970.
constexpr long long opening = 1'714'570'200;

std::string row(std::string const& ticker, int minute, std::string const& open = "10.5") {
  return fmt::format("{},1200,{},10.25,11,10,{}000000000,7\n", ticker, open, opening + 60LL * minute);
}

// The file in parts of `part` bytes: nothing may depend on where they are cut.
Result<std::vector<std::vector<Bar>>> read(std::string const& gzip, std::vector<std::string> const& tickers,
                                           std::size_t part = 1 << 20) {
  FlatFileReader reader{"FILE", tickers, day};
  for (std::size_t at = 0; at < gzip.size(); at += part)
    if (auto const fed = reader.feed(std::string_view{gzip}.substr(at, part)); !fed)
      return std::unexpected(fed.error());
  if (auto const whole = reader.finish(); !whole) return std::unexpected(whole.error());
  return reader.bars();
}

std::string error_of(std::string const& text) {
  auto const bars = read(gzipped(text), {"AAPL"});
  if (bars) return "none";
  EXPECT_EQ(bars.error().kind, ErrorKind::malformed);
  return bars.error().what;
}

TEST(FlatFileReader, gives_the_bars_of_the_wanted_tickers_wherever_the_parts_are_cut) {
  auto const file =
      gzipped(header + row("AA", 0) + row("AAPL", 0) + row("AAPL", 1) + row("NA", 3) + row("aapl", 1));

  for (auto const part : {std::size_t{1}, std::size_t{7}, std::size_t{1'000'000}}) {
    auto const bars = read(file, {"NA", "AAPL", "MSFT"}, part);

    ASSERT_TRUE(bars) << bars.error().what;
    ASSERT_EQ((*bars)[0].size(), 1U);
    ASSERT_EQ((*bars)[1].size(), 2U);
    EXPECT_TRUE((*bars)[2].empty());
    auto const& bar = (*bars)[1][1];
    EXPECT_EQ(to_rfc3339(bar.start), "2024-05-01T13:31:00Z");
    EXPECT_EQ(bar.open, 10.5);
    EXPECT_EQ(bar.close, 10.25);
    EXPECT_EQ(bar.high, 11);
    EXPECT_EQ(bar.low, 10);
    EXPECT_EQ(bar.volume, 1200);
    EXPECT_EQ(bar.trade_count, 7);
    EXPECT_TRUE(std::isnan(bar.vwap));
  }
}

TEST(FlatFileReader, finds_columns_by_name_and_bears_missing_trades) {
  auto const bars =
      read(gzipped("window_start,low,high,close,open,ticker\r\n1714570200000000000,1,4,3,2,I:SPX\r\n"
                   "1714570260000000000,1,4,3,2.5e0,I:SPX"),
           {"I:SPX"});

  ASSERT_TRUE(bars) << bars.error().what;
  ASSERT_EQ((*bars)[0].size(), 2U);
  EXPECT_EQ((*bars)[0][0].low, 1);
  EXPECT_EQ((*bars)[0][0].high, 4);
  EXPECT_EQ((*bars)[0][1].open, 2.5);
  EXPECT_EQ((*bars)[0][0].volume, 0);
  EXPECT_EQ((*bars)[0][0].trade_count, -1);
}

// polygon-io/issues#319: the files of crypto and currencies.
TEST(FlatFileReader, knows_tickers_as_the_files_spell_them) {
  auto const bars = read(gzipped(header + row("BRK-B", 0) + row("C:EUR-USD", 1) + row("X:BTC-USD", 2) +
                                 row("X:BTC-USD", 3) + row("X:ETHUSD", 4)),
                         {"X:BTCUSD", "C:EURUSD", "BRKB", "X:ETHUSD"});

  ASSERT_TRUE(bars) << bars.error().what;
  EXPECT_EQ((*bars)[0].size(), 2U);
  EXPECT_EQ((*bars)[1].size(), 1U);
  EXPECT_TRUE((*bars)[2].empty()) << "a share's dash is a part of its name";
  EXPECT_EQ((*bars)[3].size(), 1U);
}

TEST(FlatFileReader, refuses_fields_in_quotes) {
  for (auto const* const ticker : {"\"AAPL\"", "\"ZZZ\"", "\"AA", "AA\"PL"})
    EXPECT_TRUE(error_of(header + row("AAPL", 0) + row(ticker, 1)).starts_with("FILE:3: a field is quoted: "))
        << ticker;
}

TEST(FlatFileReader, doubts_the_last_ticker_when_its_rows_end_before_those_of_the_ticker_before) {
  auto const doubted = [](std::string const& text) {
    FlatFileReader reader{"FILE", {"AAPL", "MSFT"}, day};
    EXPECT_TRUE(reader.feed(gzipped(text)));
    EXPECT_TRUE(reader.finish());
    return reader.may_be_cut();
  };
  auto const both = header + row("AAPL", 0) + row("AAPL", 1) + row("MSFT", 0);

  EXPECT_EQ(doubted(both), "MSFT");
  EXPECT_EQ(doubted(both + row("MSFT", 1)), "");
  EXPECT_EQ(doubted(both + row("X:BTC-USD", 0)), "");
  EXPECT_EQ(doubted(header + row("A", 9) + row("X:BTC-USD", 0)), "X:BTCUSD");
  EXPECT_EQ(doubted(header + row("AAPL", 0)), "");
}

TEST(FlatFileReader, names_the_line_that_is_wrong) {
  auto const good = header + row("AAPL", 0);
  EXPECT_EQ(error_of(good), "none");
  EXPECT_EQ(error_of("ticker,open\nA,1\n"), "FILE:1: there is no column high in the header");
  EXPECT_EQ(error_of(good + "AAPL,1,2\n"), "FILE:3: expected 8 columns, found AAPL,1,2");
  EXPECT_EQ(error_of(good + row("AAPL", 1, "ten")).substr(0, 29), "FILE:3: is not a bar: AAPL,12");
  EXPECT_EQ(error_of(good + row("", 1)).substr(0, 21), "FILE:3: is not a bar:");
  EXPECT_EQ(error_of(good + "ZZZ,1,1,1,1,1,1714570200000000001,\n").substr(0, 21), "FILE:3: is not a bar:");
  EXPECT_EQ(error_of(good + std::string(5'000, 'A')), "FILE:3: the line is longer than 4096 bytes");
}

// 1714622400: 2024-05-02 04:00 UTC, the next day's midnight.
TEST(FlatFileReader, refuses_a_file_with_a_row_of_another_day_whosever_it_is) {
  EXPECT_EQ(error_of(header + row("AAPL", 0) + "ZZZ,1,1,1,1,1,1714622400000000000,\n"),
            "FILE:3: a bar of 2024-05-02T04:00:00Z is not of this file's day");
}

TEST(FlatFileReader, refuses_a_file_without_a_row) {
  EXPECT_EQ(error_of(header), "FILE: holds no bar");
  EXPECT_EQ(error_of(""), "FILE: holds no bar");
}

TEST(FlatFileReader, refuses_a_file_that_is_cut_anywhere) {
  auto const file = gzipped(header + row("AAPL", 0) + row("AAPL", 1));
  for (std::size_t length = 0; length < file.size(); ++length) {
    auto const bars = read(file.substr(0, length), {"AAPL"});
    ASSERT_FALSE(bars) << length;
    EXPECT_TRUE(
        bars.error().what.starts_with(fmt::format("FILE: ends too early, at byte {}, in line ", length)))
        << bars.error().what;
  }
}

// But for the bits after the last block's end, which mean nothing (RFC 1951, 3.2.3).
TEST(FlatFileReader, refuses_a_file_with_a_changed_byte) {
  auto const file = gzipped(header + row("AAPL", 0) + row("AAPL", 1));
  for (std::size_t at = 10; at < file.size(); ++at) {  // the first ten are gzip's header: a name and a time
    auto broken = file;
    broken[at] = static_cast<char>(broken[at] ^ 0x10);
    if (at + 9 != file.size()) EXPECT_FALSE(read(broken, {"AAPL"})) << at;
  }
}

TEST(FlatFileReader, reads_a_file_of_several_members) {
  auto const bars = read(gzipped(header + row("AAPL", 0)) + gzipped(row("AAPL", 1)), {"AAPL"}, 10);

  ASSERT_TRUE(bars) << bars.error().what;
  EXPECT_EQ((*bars)[0].size(), 2U);
}

// A row again and again takes neither memory nor time without end.
TEST(FlatFileReader, refuses_more_rows_of_a_ticker_than_a_day_can_have) {
  std::string text = header;
  for (int i = 0; i < 2'001; ++i) text += row("AAPL", 0);

  EXPECT_EQ(error_of(text), "FILE:2002: more than 2000 bars of AAPL");
}

TEST(FlatFileReader, knows_where_the_files_of_a_day_lie) {
  auto const date = parse_date("2024-05-01").value();
  EXPECT_EQ(flat_file_key("us_stocks_sip", Timeframe::m1, date),
            "us_stocks_sip/minute_aggs_v1/2024/05/2024-05-01.csv.gz");
  EXPECT_EQ(flat_file_key("global_crypto", Timeframe::d1, date),
            "global_crypto/day_aggs_v1/2024/05/2024-05-01.csv.gz");
  EXPECT_EQ(flat_file_key("us_stocks_sip", Timeframe::h1, date), std::nullopt);
}

// The first and the last row as `zcat` shows them.
TEST(FlatFileReader, reads_a_real_file) {
  std::string const path =
      CANDLED_SOURCE_DIR "/../shared/data/real/us_stocks_sip/minute_aggs_v1/2013/10/2013-10-07.csv.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "REAL DATA IS NOT THERE, NOT TESTED: " << path;
  TimeRange const monday{.from = parse_rfc3339("2013-10-07T04:00:00Z").value(),
                         .to = parse_rfc3339("2013-10-08T04:00:00Z").value()};
  FlatFileReader reader{"FILE", {"SPY"}, monday};

  auto const fed = reader.feed(test::read_file(path));
  ASSERT_TRUE(fed) << fed.error().what;
  ASSERT_TRUE(reader.finish());

  auto const& bars = reader.bars()[0];
  ASSERT_EQ(bars.size(), 828U);
  EXPECT_EQ(to_rfc3339(bars.front().start), "2013-10-07T08:00:00Z");
  EXPECT_EQ(bars.front().open, 167.41);
  EXPECT_EQ(bars.front().close, 167.27);
  EXPECT_EQ(bars.front().low, 167.25);
  EXPECT_EQ(bars.front().volume, 3197);
  EXPECT_EQ(to_rfc3339(bars.back().start), "2013-10-07T23:59:00Z");
  EXPECT_EQ(bars.back().high, 167.3);
}

}  // namespace
}  // namespace candled
