#include "exchange/aggregates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t default_limit = 5000;
constexpr int multiplier_max = 10'000;
constexpr Milliseconds delay_of_plans_without_live_data = 15min;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end ? std::optional{value} : std::nullopt;
}

// The instants that a parameter names: a whole day for a date, one millisecond for Unix milliseconds.
std::optional<TimeRange> parse_instants(std::string_view text, Zone zone) {
  if (auto const date = parse_date(text))
    return TimeRange{.from = zone.at(*date, 0ms), .to = zone.at(next_day(*date), 0ms)};
  auto const number = parse_number<std::int64_t>(text);
  // 1 AD to 9999 AD: what a calendar date can say.
  if (!number || *number < -62'000'000'000'000 || *number > 253'000'000'000'000) return std::nullopt;
  UtcTime const time{Milliseconds{*number}};
  return TimeRange{.from = time, .to = time + 1ms};
}

// Whether a ticker can be one at all; what is not trades no less than an unknown one, but cannot be echoed in
// JSON.
bool is_ticker(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\\'; });
}

// False: a value that this option cannot have. Unknown options are left alone.
bool set_option(AggregatesAsk& ask, std::string_view name, std::string_view value) {
  if (name == "sort") {
    ask.sort = value == "asc" ? Sort::ascending : Sort::descending;
    return value == "asc" || value == "desc";
  }
  if (name == "limit") {
    ask.limit = parse_number<std::size_t>(value).value_or(0);
    return ask.limit > 0;
  }
  if (name == "adjusted") {
    ask.adjusted = value == "true";
    return value == "true" || value == "false";
  }
  return true;
}

// sort, limit and adjusted, from the query and from the cursor's own query. False: a value is wrong.
bool set_options(AggregatesAsk& ask, RequestTarget const& target) {
  return std::ranges::all_of(target.query, [&](auto const& option) {
    auto const& [name, value] = option;
    if (name != "cursor") return set_option(ask, name, value);
    auto const inside = from_base64url(value);
    return inside && set_options(ask, parse_target("?" + *inside));
  });
}

std::expected<AggregatesAsk, ExchangeRefusal> parse_ask(RequestTarget const& target) {
  auto const& segments = target.segments;
  if (segments[6] == "second")
    return std::unexpected(ExchangeRefusal::not_entitled);  // the markets here have minutes
  auto const multiplier = parse_number<int>(segments[5]);
  auto const timespan = parse_timespan(segments[6]);
  if (!timespan || !multiplier || *multiplier < 1 || *multiplier > multiplier_max || !is_ticker(segments[3]))
    return std::unexpected(ExchangeRefusal::bad_parameter);
  auto const zone = market_zone(segments[3]);
  auto const from = parse_instants(segments[7], zone);
  auto const to = parse_instants(segments[8], zone);
  if (!from) return std::unexpected(ExchangeRefusal::bad_from);
  if (!to) return std::unexpected(ExchangeRefusal::bad_to);
  if (to->to <= from->from) return std::unexpected(ExchangeRefusal::to_before_from);
  AggregatesAsk ask{.ticker = segments[3],
                    .resolution = {.multiplier = *multiplier, .timespan = *timespan},
                    .from = segments[7],
                    .to = segments[8],
                    .range = {.from = from->from, .to = to->to},
                    .adjusted = true,
                    .sort = Sort::ascending,
                    .limit = default_limit};
  if (!set_options(ask, target)) return std::unexpected(ExchangeRefusal::bad_parameter);
  return ask;
}

std::optional<ExchangeRefusal> refused(TimeRange range, Terms const& terms) {
  auto const new_york = Zone::new_york();
  if (terms.horizon && range.from < new_york.at(*terms.horizon, 0ms)) return ExchangeRefusal::timeframe;
  auto const today = new_york.at(new_york.date_at(terms.now), 0ms);
  if (terms.refuses_today && range.to > today) return ExchangeRefusal::today;
  return std::nullopt;
}

TimeRange window_at(Windows const& windows, UtcTime time) {
  return {.from = windows.start(time), .to = windows.end(time)};
}

// One bar a window; base bars and bars are both in the asked order.
std::vector<Bar> made_from(std::vector<Bar> const& base, Windows const& windows, Sort order) {
  std::vector<Bar> made;
  std::vector<Bar> together;
  for (auto bar = base.begin(); bar != base.end();) {
    auto const window = window_at(windows, bar->start);
    together.clear();
    for (; bar != base.end() && window.contains(bar->start); ++bar) together.push_back(*bar);
    if (order == Sort::descending) std::ranges::reverse(together);
    made.push_back(merged(together));
    made.back().start = window.from;
  }
  return made;
}

// The day that is still forming is stitched onto a delayed page of days, beyond its limit (provider
// contract, 1.4).
std::size_t stitched(AggregatesAsk const& ask, Market const& market, TimeRange range, Terms const& terms) {
  if (!terms.delayed || ask.base() != Base::day || ask.sort != Sort::descending) return 0;
  auto const zone = market_zone(ask.ticker);
  auto const now = terms.published_until();
  TimeRange const today{.from = zone.at(zone.date_at(now), 0ms), .to = range.to};
  return market.bars({ask.ticker, ask.base(), today, ask.sort, 1, now}).size();
}

struct Reading {
  std::vector<Bar> base;  // of whole windows, in the asked order
  std::size_t queried;    // base bars read, those of a dropped window included
  TimeRange rest;         // what the next pages have to hold; empty: nothing
};

// `limit` base bars; a window that the limit cuts is left to the next page, unless it is the only one.
Reading read(AggregatesAsk const& ask, Windows const& windows, Market const& market, Terms const& terms) {
  auto const bars_in = [&](TimeRange range, std::size_t limit) {
    return market.bars({ask.ticker, ask.base(), range, ask.sort, limit, terms.published_until()});
  };
  TimeRange const range{.from = windows.start(ask.range.from), .to = windows.end(ask.range.to - 1ms)};
  auto const after = [&](TimeRange window) {
    return ask.sort == Sort::ascending ? TimeRange{.from = window.to, .to = range.to}
                                       : TimeRange{.from = range.from, .to = window.from};
  };
  auto const limit = ask.limit + stitched(ask, market, range, terms);
  auto base = bars_in(range, limit + 1);
  if (base.size() <= limit) {
    auto const queried = base.size();
    // Who reads as many as it may does not know that nothing follows.
    auto const rest = queried < limit ? TimeRange{} : after(window_at(windows, base.back().start));
    return {.base = std::move(base), .queried = queried, .rest = rest};
  }
  auto const cut = window_at(windows, base.back().start);
  base.pop_back();
  if (cut.contains(base.front().start)) {
    base = bars_in(cut, static_cast<std::size_t>(-1));
    auto const queried = base.size();
    auto const rest = after(cut);
    return {
        .base = std::move(base), .queried = queried, .rest = bars_in(rest, 1).empty() ? TimeRange{} : rest};
  }
  auto const queried = base.size();
  while (cut.contains(base.back().start)) base.pop_back();
  auto const rest = after(window_at(windows, base.back().start));
  return {.base = std::move(base), .queried = queried, .rest = rest};
}

}  // namespace

UtcTime Terms::published_until() const {
  auto const kept_back =
      std::max(publish_after, delayed ? delay_of_plans_without_live_data : Milliseconds{0});
  return kept_back > 0ms ? UtcTime{std::chrono::floor<std::chrono::minutes>(now - kept_back)} : now;
}

std::optional<std::expected<AggregatesAsk, ExchangeRefusal>> parse_aggregates(RequestTarget const& target) {
  auto const& s = target.segments;
  bool const aggregates_path =
      s.size() == 9 && s[0] == "v2" && s[1] == "aggs" && s[2] == "ticker" && s[4] == "range";
  return aggregates_path ? std::optional{parse_ask(target)} : std::nullopt;
}

std::string next_url(AggregatesAsk const& ask, std::string_view host, UtcTime start) {
  bool const ascending = ask.sort == Sort::ascending;
  auto const milliseconds = std::to_string((ascending ? start : start - 1ms).time_since_epoch().count());
  auto const cursor = base64url(fmt::format("limit={}&sort={}", ask.limit, ascending ? "asc" : "desc"));
  return fmt::format("{}/v2/aggs/ticker/{}/range/{}/{}/{}/{}?cursor={}", host, ask.ticker,
                     ask.resolution.multiplier, to_string(ask.resolution.timespan),
                     ascending ? milliseconds : ask.from, ascending ? ask.to : milliseconds, cursor);
}

std::expected<AggregatesPage, ExchangeRefusal> aggregates(AggregatesAsk const& sent, Market const& market,
                                                          Terms const& terms) {
  if (auto const why = refused(sent.range, terms)) return std::unexpected(*why);
  auto ask = sent;
  ask.limit = std::min(ask.limit, terms.page_limit_max);
  Windows const windows{ask.resolution, market_zone(ask.ticker), ask.range.from};
  auto const reading = read(ask, windows, market, terms);
  AggregatesPage page{.ticker = ask.ticker,
                      .query_count = reading.queried,
                      .adjusted = ask.adjusted,
                      .results = made_from(reading.base, windows, ask.sort),
                      .status = terms.delayed ? "DELAYED" : "OK"};
  if (!reading.rest.empty()) {
    auto const start = ask.sort == Sort::ascending ? reading.rest.from : reading.rest.to;
    page.next_url = next_url(ask, terms.next_url_host, start);
  }
  return page;
}

}  // namespace candled
