// A market of bars that are given, and Polygon's flat files as one source of them.
#pragma once

#include <array>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "exchange/market.hpp"

namespace candled {

class StoredMarket final : public Market {
 public:
  // Quick in the order of time, slow in any other. Of two bars of the same start the last added one stays, as
  // a re-published row replaces the first.
  void add(std::string_view ticker, Base base, Bar bar);

  std::vector<Bar> bars(BarsAsk const& ask) const override;
  std::size_t size(Base base) const;
  std::size_t tickers() const { return bars_.size(); }

 private:
  std::map<std::string, std::array<std::vector<Bar>, 2>, std::less<>> bars_;
};

// All bars of DIR/*/minute_aggs_v1 and DIR/*/day_aggs_v1, files YYYY/MM/YYYY-MM-DD.csv.gz, in memory: 64
// bytes a bar. The layout and the columns are those of the provider's flat files (provider contract, section
// 2): ticker,volume,open,close,high,low,window_start,transactions, window_start in nanoseconds, transactions
// may be empty. Error: for people, with file and line.
std::expected<StoredMarket, std::string> load_flat_files(std::string const& folder);

}  // namespace candled
