// A market that is computed, not stored: what it holds can be known without asking it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "exchange/market.hpp"

namespace candled {

// What a market may have beyond the plain one.
struct SyntheticRules {
  // How long after its end a minute is final. Until then one in fifty has another volume, close and vwap, and
  // one in five hundred is not there yet. 0: at once.
  Milliseconds settles_after{0};
  std::set<Date> closed = {};        // weekdays on which no stock trades
  std::set<Date> early_closes = {};  // on which stocks' regular session ends at 13:00 and the day at 17:00
};

// Stocks ([A-Z.]{1,6}) trade on New York's weekdays, 04:00 to 20:00, about 630 to 960 minutes a day; X: and
// C: tickers around the clock, in UTC. No holidays but those of the rules. Tickers that start with ZZ do not
// exist. Every final bar is a pure function of (seed, ticker, time), and of whether its day closes early.
class SyntheticMarket final : public Market {
 public:
  SyntheticMarket(std::uint64_t seed, Date first_day, SyntheticRules rules = {})
      : seed_(seed), first_day_(first_day), rules_(std::move(rules)) {}

  std::vector<Bar> bars(BarsAsk const& ask) const override;

  static bool exists(std::string_view ticker);
  // The minute's final bar; nullopt: no trade in it.
  std::optional<Bar> minute_bar(std::string_view ticker, UtcTime start) const;
  // Made from the day's minutes that start before `now`, as the provider makes it (provider contract, pitfall
  // 8): prices of the regular session (09:30 to 16:00) once it has traded, volume and trades of the whole
  // day.
  std::optional<Bar> day_bar(std::string_view ticker, Date date, UtcTime now) const;

 private:
  struct Day;
  Day day(std::string_view ticker, Date date) const;
  double level(std::uint64_t key, std::chrono::sys_days date) const;
  bool stocks_trade_on(std::chrono::sys_days date) const;
  std::vector<Bar> minutes(Day const& day, TimeRange range, UtcTime now) const;
  std::vector<Bar> bars_of(Date date, BarsAsk const& ask) const;

  std::uint64_t seed_;
  Date first_day_;
  SyntheticRules rules_;
};

}  // namespace candled
