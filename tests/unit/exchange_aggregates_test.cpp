#include "exchange/aggregates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "exchange/stored_market.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

std::int64_t ms(UtcTime time) {
  return time.time_since_epoch().count();
}

Bar bar(UtcTime start, double open = 10, double volume = 100) {
  return {.start = start,
          .open = open,
          .high = open + 2,
          .low = open - 1,
          .close = open + 1,
          .volume = volume,
          .vwap = open,
          .trade_count = 3};
}

// One minute bar each minute from 04:00 in New York on Tuesday 2024-04-30 (08:00 UTC), `count` of them.
StoredMarket minutes(int count) {
  StoredMarket market;
  for (int i = 0; i < count; ++i)
    market.add("AAPL", Base::minute, bar(at("2024-04-30T08:00:00Z") + i * 1min, 10 + i));
  return market;
}

// Day bars of Monday to Friday, 2024-04-22 to 2024-05-03.
StoredMarket two_weeks() {
  StoredMarket market;
  for (auto const* const day : {"2024-04-22", "2024-04-23", "2024-04-24", "2024-04-25", "2024-04-26",
                                "2024-04-29", "2024-04-30", "2024-05-01", "2024-05-02", "2024-05-03"})
    market.add("AAPL", Base::day, bar(at(std::string{day} + "T04:00:00Z")));
  return market;
}

Terms const later{.next_url_host = "http://host", .now = at("2026-01-01T00:00:00Z")};

std::expected<AggregatesPage, ExchangeRefusal> ask(Market const& market, std::string_view target,
                                                   Terms const& terms = later) {
  auto const parsed = parse_aggregates(parse_target(target)).value();
  if (!parsed) return std::unexpected(parsed.error());
  return aggregates(*parsed, market, terms);
}

AggregatesPage page(Market const& market, std::string_view target, Terms const& terms = later) {
  return ask(market, target, terms).value();
}

std::string path_of(std::string const& url) {
  return url.substr(std::string_view{"http://host"}.size());
}

std::vector<std::int64_t> starts(std::vector<Bar> const& bars) {
  std::vector<std::int64_t> times;
  for (auto const& each : bars) times.push_back(ms(each.start));
  return times;
}

// Follows next_url to its end.
std::vector<Bar> all_pages(Market const& market, std::string target, int& pages) {
  std::vector<Bar> bars;
  for (pages = 1; pages < 1000; ++pages) {
    auto const one = page(market, target);
    bars.insert(bars.end(), one.results.begin(), one.results.end());
    if (one.next_url.empty()) return bars;
    target = path_of(one.next_url);
  }
  return bars;
}

TEST(Aggregates, makes_an_hour_of_its_minutes) {
  auto const market = minutes(60);

  auto const got = page(market, "/v2/aggs/ticker/AAPL/range/1/hour/2024-04-30/2024-04-30");

  ASSERT_EQ(got.results.size(), 1U);
  auto const& hour = got.results[0];
  EXPECT_EQ(hour.start, at("2024-04-30T08:00:00Z"));
  EXPECT_EQ(hour.open, 10);
  EXPECT_EQ(hour.high, 71);  // the last minute opens at 69
  EXPECT_EQ(hour.low, 9);
  EXPECT_EQ(hour.close, 70);
  EXPECT_EQ(hour.volume, 6000);
  EXPECT_EQ(hour.vwap, 39.5);  // equal volumes: the mean of 10 … 69
  EXPECT_EQ(hour.trade_count, 180);
  EXPECT_EQ(got.query_count, 60U);
}

TEST(Aggregates, drops_the_hour_that_the_limit_cuts_and_starts_the_next_page_with_it) {
  auto const market = minutes(180);

  auto const got = page(market, "/v2/aggs/ticker/AAPL/range/1/hour/2024-04-30/2024-04-30?limit=100");

  EXPECT_EQ(starts(got.results), std::vector{ms(at("2024-04-30T08:00:00Z"))});
  EXPECT_EQ(got.query_count, 100U);
  EXPECT_EQ(got.next_url,
            "http://host/v2/aggs/ticker/AAPL/range/1/hour/1714467600000/"
            "2024-04-30?cursor=bGltaXQ9MTAwJnNvcnQ9YXNj");
}

TEST(Aggregates, reads_a_window_that_is_longer_than_the_limit_whole) {
  auto const market = minutes(150);
  int pages = 0;

  auto const hours =
      all_pages(market, "/v2/aggs/ticker/AAPL/range/1/hour/2024-04-30/2024-04-30?limit=7", pages);

  ASSERT_EQ(hours.size(), 3U);
  EXPECT_EQ(hours[0].volume, 6000);
  EXPECT_EQ(hours[2].volume, 3000);
  EXPECT_EQ(pages, 3);
}

TEST(Aggregates, gives_every_bar_once_over_all_pages_in_both_orders) {
  auto const market = minutes(185);
  std::string const path = "/v2/aggs/ticker/AAPL/range/15/minute/2024-04-30/2024-04-30?limit=40";
  int ascending_pages = 0;
  int descending_pages = 0;

  auto const ascending = all_pages(market, path + "&sort=asc", ascending_pages);
  auto descending = all_pages(market, path + "&sort=desc", descending_pages);

  std::ranges::reverse(descending);
  EXPECT_EQ(ascending.size(), 13U);
  EXPECT_EQ(starts(ascending), starts(descending));
  EXPECT_EQ(ascending[12].volume, 500);
  EXPECT_EQ(descending[12].volume, 500);
  EXPECT_GE(ascending_pages, 6);
  EXPECT_GE(descending_pages, 6);
}

TEST(Aggregates, goes_on_after_the_last_days_window_as_recorded) {
  StoredMarket market;  // recorded: last t 1578027600000 (Friday) -> next from 1578114000000 (Saturday)
  market.add("AAPL", Base::day, bar(UtcTime{1578027600000ms}));
  market.add("AAPL", Base::day, bar(UtcTime{1578286800000ms}));

  auto const got = page(market, "/v2/aggs/ticker/AAPL/range/1/day/2020-01-03/2020-02-01?limit=1");

  EXPECT_EQ(
      got.next_url,
      "http://host/v2/aggs/ticker/AAPL/range/1/day/1578114000000/2020-02-01?cursor=bGltaXQ9MSZzb3J0PWFzYw");
}

TEST(Aggregates, ends_a_descending_next_page_1_ms_before_the_oldest_bar_as_recorded) {
  StoredMarket market;  // recorded: 1772514000000 -> 1772513999999
  for (auto const t : {1772427600000ms, 1772514000000ms, 1772600400000ms})
    market.add("AAPL", Base::day, bar(UtcTime{t}));

  auto const got = page(market, "/v2/aggs/ticker/AAPL/range/1/day/2026-02-01/2026-03-05?limit=2&sort=desc",
                        {.next_url_host = "http://host", .now = at("2026-06-01T00:00:00Z")});

  EXPECT_EQ(starts(got.results), (std::vector<std::int64_t>{1772600400000, 1772514000000}));
  EXPECT_EQ(got.next_url, "http://host/v2/aggs/ticker/AAPL/range/1/day/2026-02-01/1772513999999?cursor=" +
                              base64url("limit=2&sort=desc"));
}

TEST(Aggregates, stitches_the_day_that_is_forming_onto_a_delayed_page) {
  auto const market = two_weeks();
  Terms const terms{.delayed = true, .next_url_host = "http://host", .now = at("2024-05-03T15:00:00Z")};

  auto const got =
      page(market, "/v2/aggs/ticker/AAPL/range/1/day/2024-04-22/2024-05-03?limit=3&sort=desc", terms);

  EXPECT_EQ(got.results.size(), 4U);
  EXPECT_EQ(got.status, "DELAYED");
}

TEST(Aggregates, snaps_milliseconds_out_to_whole_windows) {
  auto const market = minutes(180);
  auto const from = std::to_string(ms(at("2024-04-30T09:59:30Z")));
  auto const to = std::to_string(ms(at("2024-04-30T10:00:30Z")));

  auto const got = page(market, "/v2/aggs/ticker/AAPL/range/1/hour/" + from + "/" + to);

  EXPECT_EQ(starts(got.results),
            (std::vector{ms(at("2024-04-30T09:00:00Z")), ms(at("2024-04-30T10:00:00Z"))}));
}

TEST(Aggregates, takes_a_date_for_that_day_in_new_york) {
  StoredMarket market;
  market.add("AAPL", Base::minute, bar(at("2024-01-10T04:59:00Z")));  // 23:59 on the 9th
  market.add("AAPL", Base::minute, bar(at("2024-01-10T05:00:00Z")));  // midnight
  market.add("AAPL", Base::minute, bar(at("2024-01-11T04:59:00Z")));
  market.add("AAPL", Base::minute, bar(at("2024-01-11T05:00:00Z")));

  auto const got = page(market, "/v2/aggs/ticker/AAPL/range/1/minute/2024-01-10/2024-01-10");

  EXPECT_EQ(starts(got.results),
            (std::vector{ms(at("2024-01-10T05:00:00Z")), ms(at("2024-01-11T04:59:00Z"))}));
}

TEST(Aggregates, takes_a_date_for_that_day_in_utc_when_crypto_is_asked_for) {
  StoredMarket market;
  market.add("X:BTCUSD", Base::minute, bar(at("2024-01-09T23:59:00Z")));
  market.add("X:BTCUSD", Base::minute, bar(at("2024-01-10T00:00:00Z")));

  auto const got = page(market, "/v2/aggs/ticker/X:BTCUSD/range/1/minute/2024-01-10/2024-01-10");

  EXPECT_EQ(starts(got.results), std::vector{ms(at("2024-01-10T00:00:00Z"))});
}

TEST(Aggregates, starts_weeks_on_sunday_and_months_on_the_first) {
  auto const market = two_weeks();

  auto const weeks = page(market, "/v2/aggs/ticker/AAPL/range/1/week/2024-04-24/2024-05-01");
  auto const months = page(market, "/v2/aggs/ticker/AAPL/range/1/month/2024-04-24/2024-05-01");

  EXPECT_EQ(starts(weeks.results),
            (std::vector{ms(at("2024-04-21T04:00:00Z")), ms(at("2024-04-28T04:00:00Z"))}));
  EXPECT_EQ(starts(months.results),
            (std::vector{ms(at("2024-04-01T04:00:00Z")), ms(at("2024-05-01T04:00:00Z"))}));
  EXPECT_EQ(weeks.results[0].volume, 500);
}

TEST(Aggregates, serves_no_bar_that_starts_at_now_and_the_forming_one_as_far_as_it_is) {
  auto const market = minutes(10);
  auto const whole = page(market, "/v2/aggs/ticker/AAPL/range/1/minute/2024-04-30/2024-04-30",
                          {.now = at("2024-04-30T08:05:00Z")});
  auto const forming = page(market, "/v2/aggs/ticker/AAPL/range/1/minute/2024-04-30/2024-04-30",
                            {.now = at("2024-04-30T08:05:30Z")});

  EXPECT_EQ(whole.results.size(), 5U);
  ASSERT_EQ(forming.results.size(), 6U);
  EXPECT_EQ(forming.results[5].volume, 50);
  EXPECT_EQ(forming.results[5].close, 15.5);  // half way from 15 to 16
}

TEST(Aggregates, publishes_a_minute_whole_and_so_long_after_its_end) {
  auto const market = minutes(10);
  auto const seen_at = [&](std::string_view now) {
    return page(market, "/v2/aggs/ticker/AAPL/range/1/minute/2024-04-30/2024-04-30",
                {.publish_after = 20s, .now = at(now)})
        .results;
  };

  EXPECT_EQ(seen_at("2024-04-30T08:05:19.999Z").size(), 4U);
  EXPECT_EQ(seen_at("2024-04-30T08:05:20Z").size(), 5U);
  EXPECT_EQ(seen_at("2024-04-30T08:05:20Z").back().volume, 100);
}

TEST(Aggregates, makes_longer_bars_of_the_minutes_that_are_published) {
  auto const market = minutes(60);

  auto const got = page(market, "/v2/aggs/ticker/AAPL/range/1/hour/2024-04-30/2024-04-30",
                        {.publish_after = 20s, .now = at("2024-04-30T08:30:10Z")});

  ASSERT_EQ(got.results.size(), 1U);
  EXPECT_EQ(got.results[0].volume, 2900);  // 08:00 to 08:28
  EXPECT_EQ(got.query_count, 29U);
}

TEST(Aggregates, keeps_the_last_15_minutes_back_from_plans_without_live_data) {
  auto const market = minutes(60);
  auto const seen = [&](Terms const& terms) {
    return page(market, "/v2/aggs/ticker/AAPL/range/1/minute/2024-04-30/2024-04-30", terms).results.size();
  };
  auto const now = at("2024-04-30T08:40:30Z");

  EXPECT_EQ(seen({.delayed = true, .now = now}), 25U);  // the last one ends at 08:25
  EXPECT_EQ(seen({.delayed = true, .publish_after = 20s, .now = now}), 25U);
  EXPECT_EQ(seen({.delayed = true, .publish_after = 1h, .now = now}), 0U);
  EXPECT_EQ(seen({.now = now}), 41U);
}

TEST(Aggregates, cuts_a_limit_that_is_larger_than_the_largest) {
  auto const market = minutes(10);

  auto const got = page(market, "/v2/aggs/ticker/AAPL/range/1/minute/2024-04-30/2024-04-30?limit=60000",
                        {.page_limit_max = 4, .next_url_host = "http://host", .now = later.now});

  EXPECT_EQ(got.results.size(), 4U);
  EXPECT_TRUE(got.next_url.ends_with("?cursor=" + base64url("limit=4&sort=asc"))) << got.next_url;
}

TEST(Aggregates, echoes_adjusted_and_forgets_it_in_the_cursor_as_the_provider_does) {
  auto const market = minutes(10);

  auto const first =
      page(market, "/v2/aggs/ticker/AAPL/range/1/minute/2024-04-30/2024-04-30?limit=5&adjusted=false");
  auto const second = page(market, path_of(first.next_url));
  auto const asked_again = page(market, path_of(first.next_url) + "&adjusted=false");

  EXPECT_FALSE(first.adjusted);
  EXPECT_TRUE(second.adjusted);
  EXPECT_FALSE(asked_again.adjusted);
}

TEST(Aggregates, answers_an_unknown_ticker_with_an_empty_page) {
  auto const got = page(minutes(3), "/v2/aggs/ticker/NOSUCH/range/1/minute/2024-04-30/2024-04-30");

  EXPECT_TRUE(got.results.empty());
  EXPECT_EQ(got.query_count, 0U);
  EXPECT_EQ(got.next_url, "");
}

TEST(Aggregates, refuses_what_the_plan_does_not_cover) {
  auto const market = two_weeks();
  Terms const terms{
      .horizon = parse_date("2024-04-24"), .refuses_today = true, .now = at("2024-05-03T03:59:00Z")};
  auto const path = [](std::string const& range) { return "/v2/aggs/ticker/AAPL/range/1/day/" + range; };

  EXPECT_EQ(ask(market, path("2024-04-23/2024-04-25"), terms).error(), ExchangeRefusal::timeframe);
  EXPECT_TRUE(ask(market, path("2024-04-24/2024-05-01"), terms).has_value());
  // 23:59 on 2 May in New York: the 2nd is still today there.
  EXPECT_EQ(ask(market, path("2024-04-24/2024-05-02"), terms).error(), ExchangeRefusal::today);
}

TEST(Aggregates, refuses_parameters_that_it_cannot_read) {
  auto const market = minutes(1);
  auto const why = [&](std::string const& rest) {
    return ask(market, "/v2/aggs/ticker/AAPL/range/" + rest).error();
  };

  EXPECT_EQ(why("1/day/yesterday/2024-04-30"), ExchangeRefusal::bad_from);
  EXPECT_EQ(why("1/day/2024-04-30/2024-04-31"), ExchangeRefusal::bad_to);
  EXPECT_EQ(why("1/day/2024-04-30/2024-04-29"), ExchangeRefusal::to_before_from);
  EXPECT_EQ(why("0/day/2024-04-29/2024-04-30"), ExchangeRefusal::bad_parameter);
  EXPECT_EQ(why("1/fortnight/2024-04-29/2024-04-30"), ExchangeRefusal::bad_parameter);
  EXPECT_EQ(why("1/day/2024-04-29/2024-04-30?limit=0"), ExchangeRefusal::bad_parameter);
  EXPECT_EQ(why("1/day/2024-04-29/2024-04-30?sort=up"), ExchangeRefusal::bad_parameter);
  EXPECT_EQ(why("1/day/2024-04-29/2024-04-30?cursor=%25"), ExchangeRefusal::bad_parameter);
  EXPECT_FALSE(parse_aggregates(parse_target("/v2/aggs/ticker/AAPL/range/1/day/2024-04-29")).has_value());
}

TEST(RequestTarget, takes_a_url_apart_and_leaves_the_key_out) {
  auto const target = parse_target("/v2/a%3Ab?limit=5&apiKey=secret&sort=asc");

  EXPECT_EQ(target.segments, (std::vector<std::string>{"v2", "a:b"}));
  EXPECT_EQ(target.parameter("apiKey"), "secret");
  EXPECT_EQ(target.without_key, "/v2/a%3Ab?limit=5&sort=asc");
}

TEST(RequestTarget, codes_the_recorded_cursor) {
  EXPECT_EQ(base64url("limit=10&sort=asc"), "bGltaXQ9MTAmc29ydD1hc2M");
  EXPECT_EQ(from_base64url("bGltaXQ9MTAmc29ydD1hc2M"), "limit=10&sort=asc");
  EXPECT_EQ(from_base64url("no padding="), std::nullopt);
}

}  // namespace
}  // namespace candled
