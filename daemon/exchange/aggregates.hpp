// GET /v2/aggs/ticker/{ticker}/range/{multiplier}/{timespan}/{from}/{to}: from a request to its page of bars.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "exchange/answer.hpp"
#include "exchange/market.hpp"
#include "exchange/request_target.hpp"
#include "exchange/windows.hpp"

namespace candled {

// What the plan behind a key allows, and when "now" is.
struct Terms {
  std::optional<Date> horizon = std::nullopt;  // data older than it is refused
  bool refuses_today = false;                  // data of New York's today is refused
  bool delayed = false;                        // answers have the status DELAYED, and the plan no live data
  Milliseconds publish_after{0};               // a minute is published so long after its end; 0: as it forms
  std::size_t page_limit_max = 50'000;         // a larger `limit` is cut to it
  std::string next_url_host;                   // scheme and host of next_url: "http://127.0.0.1:8080"
  UtcTime now;

  // Up to when what has traded is published: whole minutes, where any are kept back.
  UtcTime published_until() const;
};

struct AggregatesAsk {
  std::string ticker;
  Resolution resolution;
  std::string from;  // as sent: next_url repeats what it does not change
  std::string to;
  TimeRange range;  // the asked instants; `to` is the last one asked for plus 1 ms
  bool adjusted;
  Sort sort;
  std::size_t limit;  // of base bars

  Base base() const { return resolution.timespan <= Timespan::hour ? Base::minute : Base::day; }
};

// nullopt: another path than that of aggregates. A date means its day in the ticker's zone; of a cursor,
// limit and sort are taken (provider contract, 1.4).
std::optional<std::expected<AggregatesAsk, ExchangeRefusal>> parse_aggregates(RequestTarget const& target);

// `from` and `to` are snapped to whole windows; `limit` base bars are read; a window that the limit cut is
// dropped and starts the next page. A window longer than the limit is read whole, so that every page gets on
// (what the real API does then is not recorded).
std::expected<AggregatesPage, ExchangeRefusal> aggregates(AggregatesAsk const& sent, Market const& market,
                                                          Terms const& terms);

// The URL of the rest: oldest first goes on at `from`, newest first ends at `to`.
std::string next_url(AggregatesAsk const& ask, std::string_view host, UtcTime start);

}  // namespace candled
