// A provider's day file, from gzip'd CSV to bars, while it comes in: memory is bounded by the wanted bars.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/bar.hpp"
#include "core/error.hpp"
#include "core/timeframe.hpp"
#include "http/gunzip.hpp"

namespace candled {

// Where the file of a day lies below its root: us_stocks_sip/minute_aggs_v1/2024/05/2024-05-01.csv.gz
// (provider contract, 2). nullopt: there are no files of this timeframe, only of 1m and 1d.
std::optional<std::string> flat_file_key(std::string_view asset_class, Timeframe timeframe, Date date);
// Where those of a year lie, with a '/' at the end.
std::optional<std::string> flat_file_folder(std::string_view asset_class, Timeframe timeframe,
                                            std::chrono::year year);

// Tickers are those of the API: what the files spell otherwise, X:BTC-USD for X:BTCUSD, is translated. A
// field in quotes is a wrong line.
//
// Columns are found by their names in the first line: ticker, open, close, high, low and window_start (when
// the bar starts, nanoseconds since 1970, UTC) must be there; volume and transactions may be missing, as they
// are in files of indices, and transactions may be empty. Prices are raw. No vwap is given.
class FlatFileReader {
 public:
  // `name` is what messages call the file; `day` is when its bars start: a row of another day shows that it
  // is not this day's file at all, which has happened (2019-08-12).
  FlatFileReader(std::string name, std::vector<std::string> const& tickers, TimeRange day);

  // The next part of the file, of any size. Error: malformed, `what` begins with NAME:LINE or names the byte;
  // no more calls after that.
  Result<void> feed(std::string_view gzip);
  // After the last part. Error: malformed; the file was cut, or holds no row.
  Result<void> finish();

  // Once finish() has succeeded: the bars of each ticker, in the order of `tickers` and of the file.
  std::vector<std::vector<Bar>>& bars() { return bars_; }
  // The ticker of which rows may lack, as the API spells it. Rows are sorted by ticker, then time (docs of
  // the provider's flat files), so a file that was cut, and packed again, ends within a ticker: the last one,
  // when its rows end before those of the ticker before it. Empty: there is no such doubt.
  std::string may_be_cut() const;

 private:
  struct Columns {
    std::size_t ticker, open, high, low, close, start;
    std::optional<std::size_t> volume, trades;
  };
  static constexpr std::size_t columns_max = 16;
  using Fields = std::array<std::string_view, columns_max>;

  Result<void> take_lines();
  Result<void> take(std::string_view line);
  Result<void> take_header(std::string_view line);
  Result<void> take_row(std::string_view line);
  std::vector<Bar>* bars_of(std::string_view ticker);
  std::unexpected<Error> wrong_line(std::string_view what) const;

  std::string name_;
  TimeRange day_;
  std::unordered_map<std::string, std::size_t> numbers_;  // of the wanted tickers
  std::vector<std::vector<Bar>> bars_;
  std::string last_ticker_;  // rows of one ticker stand side by side
  std::vector<Bar>* last_bars_ = nullptr;
  UtcTime last_start_ = UtcTime::min();           // of the row before, whosever it is
  UtcTime ticker_before_ended_ = UtcTime::min();  // the start of the last row before those of `last_ticker_`
  Gunzip gunzip_;
  std::string text_;         // decoded, and not yet taken
  std::uint64_t bytes_ = 0;  // of gzip that have come
  std::uint64_t line_ = 0;
  std::optional<Columns> columns_;
  std::size_t column_count_ = 0;
};

}  // namespace candled
