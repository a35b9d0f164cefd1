// Every body in fixtures/polygon, parsed as its meaning says.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <regex>
#include <set>

#include "support/temp_dir.hpp"
#include "unit/polygon_answers.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::expect_malformed;
using test::fixtures;
using test::ms;
using test::ok;
using test::parse;
using test::Parsed;

struct Recorded {
  char const* file;
  char const* ticker;
  Timeframe timeframe;
  std::size_t bars;
  Bar first;
  Bar last;
  char const* request_id;
};

void PrintTo(Recorded const& row, std::ostream* out) {
  *out << row.file;
}

constexpr double none = std::numeric_limits<double>::quiet_NaN();

// t, o, h, l, c, v, vw, n
Bar bar(std::int64_t t, double o, double h, double l, double c, double v, double vw = none,
        std::int32_t n = -1) {
  return {
      .start = ms(t), .open = o, .high = h, .low = l, .close = c, .volume = v, .vwap = vw, .trade_count = n};
}

void expect_same(Bar const& got, Bar const& expected) {
  EXPECT_EQ(got.start, expected.start);
  EXPECT_EQ(got.open, expected.open);
  EXPECT_EQ(got.high, expected.high);
  EXPECT_EQ(got.low, expected.low);
  EXPECT_EQ(got.close, expected.close);
  EXPECT_EQ(got.volume, expected.volume);
  if (std::isnan(expected.vwap)) EXPECT_TRUE(std::isnan(got.vwap));
  if (!std::isnan(expected.vwap)) EXPECT_EQ(got.vwap, expected.vwap);
  EXPECT_EQ(got.trade_count, expected.trade_count);
}

Window wide(std::string ticker) {
  return {.series = SeriesId{1},
          .ticker = std::move(ticker),
          .range = {.from = at("2000-01-01T00:00:00Z"), .to = at("2030-01-01T00:00:00Z")}};
}

Parsed parse_body(std::string body, std::string const& ticker, Timeframe timeframe) {
  return parse(ok(std::move(body)), wide(ticker), timeframe, Prices::split_adjusted);
}

Parsed parse_recorded(std::string const& file, std::string const& ticker, Timeframe timeframe) {
  return parse_body(test::read_file(fixtures + file), ticker, timeframe);
}

// Of some answers people kept a part of the bars, with the counts of the whole (SOURCES.md).
bool is_cut(std::string_view file) {
  return file == "recorded/stocks_AAPL_1minute_2025-02-25_3bars_trimmed.json" ||
         file == "recorded/stocks_AAPL_1day_2024-03_10bars_DELAYED_excerpt.json" ||
         file == "recorded/stocks_AAPL_1day_2026-04-17_fractional_volume_excerpt.json";
}

// As it would have come with these bars only.
std::string with_counts(std::string const& body, std::size_t bars) {
  return std::regex_replace(body, std::regex{R"re("(queryCount|resultsCount|count)": ?\d+)re"},
                            fmt::format("\"$1\":{}", bars));
}

std::vector<Recorded> recorded_answers() {
  return {
      {"recorded/stocks_AAPL_1day_2023-01-01_2023-01-10.json", "AAPL", Timeframe::d1, 6,
       bar(1672722000000, 130.28, 130.9, 124.17, 125.07, 112117471, 125.725, 1021065),
       bar(1673326800000, 130.26, 131.2636, 128.12, 130.73, 63896155, 129.822, 554940),
       "7b7ea352e9d8d54ea2e3d3e21ff097c7"},
      {"recorded/crypto_BTCUSD_1day_2023-01-01_2023-01-10.json", "X:BTCUSD", Timeframe::d1, 10,
       bar(1672531200000, 16532, 16644, 16490, 16611.58, 12300.315533316923, 16549.5494, 292354),
       bar(1673308800000, 17177.94, 17506, 17145.1, 17443.46, 28242.029977765436, 17313.5673, 567001),
       "da0605fbff27a0878f2b20f5e8ec58bb"},
      {"recorded/stocks_AAPL_1day_2023-01-09_24bars_scientific_v.json", "AAPL", Timeframe::d1, 24,
       bar(1673240400000, 130.465, 133.41, 129.89, 130.15, 70790813, 131.6292, 645365),
       bar(1676005200000, 149.46, 151.3401, 149.22, 151.01, 57388108, 150.4054, 443405),
       "113af1a18af9155b6d9a14c78fe5eb42"},
      {"recorded/stocks_AAPL_1hour_2024-04-29_DELAYED.json", "AAPL", Timeframe::h1, 16,
       bar(1714377600000, 170.49, 172.22, 170.49, 172.13, 122052, 171.7015, 2549),
       bar(1714431600000, 173.57, 173.77, 173.52, 173.52, 28117, 173.6269, 762),
       "6baf112ddad83e33b5a6f0a3ad2cc640"},
      {"recorded/stocks_AAPL_1minute_2023-07-31_limit10_next_url.json", "AAPL", Timeframe::m1, 10,
       bar(1690790400000, 195.89, 195.9, 195.53, 195.53, 4428, 195.7709, 121),
       bar(1690791420000, 195.61, 195.61, 195.61, 195.61, 166, 195.61, 2),
       "7fea49fbee5d3f40e6a66076f1f4be4e"},
      {"recorded/stocks_AAPL_1minute_2025-02-25_3bars_trimmed.json", "AAPL", Timeframe::m1, 3,
       bar(1740474000000, 247.76, 247.76, 246.81, 246.81, 2628, 247.117, 89),
       bar(1740474120000, 247, 247, 247, 247, 952, 247.0297, 80), "e262aa5f0ad32808f97aa5b8d89dd9b7"},
      {"recorded/stocks_NVDA_1day_2024-10-14_DELAYED.json", "NVDA", Timeframe::d1, 1,
       bar(1728878400000, 136.47, 139.6, 136.3, 138.07, 224602526, 138.3656, 1590531),
       bar(1728878400000, 136.47, 139.6, 136.3, 138.07, 224602526, 138.3656, 1590531),
       "02e6f747fd361a9178f09169e300452d"},
      {"recorded/stocks_AAPL_1day_2024-03_10bars_DELAYED_excerpt.json", "AAPL", Timeframe::d1, 10,
       bar(1709787600000, 169.15, 170.73, 168.49, 169, 71763761, 169.3619, 825405),
       bar(1710907200000, 175.72, 178.67, 175.09, 178.67, 53423102, 177.2239, 641653),
       "d8fe9246c8468da9d217206f2cf8cdfd"},
      {"recorded/options_SPY250314C00560000_1day_6bars_DST_trimmed.json", "O:SPY250314C00560000",
       Timeframe::d1, 6, bar(1738558800000, 40.08, 40.08, 40.08, 40.08, 25, 40.08, 1),
       bar(1741924800000, 0.99, 3.93, 0.72, 1.7, 259249, 1.7871, 42827), "5ed4150a95e896d5760d30e61f63dbb4"},
      {"recorded/stocks_AAPL_1day_2026-04-17_fractional_volume_excerpt.json", "AAPL", Timeframe::d1, 1,
       bar(1776398400000, 266.96, 272.3, 266.72, 270.23, 61436228.189065, 269.8735, 723488),
       bar(1776398400000, 266.96, 272.3, 266.72, 270.23, 61436228.189065, 269.8735, 723488),
       "0000000000000000000000000000excerpt"},
      {"recorded/stocks_AAPL_prev_2026-04-23_scientific.json", "AAPL", Timeframe::d1, 1,
       bar(1776974400000, 275.045, 275.77, 271.65, 273.43, 33399639, 273.5556, 551288),
       bar(1776974400000, 275.045, 275.77, 271.65, 273.43, 33399639, 273.5556, 551288),
       "62a9c9ae4f27d0c5ab6547960f000000"},
      {"openapi-examples/v2__aggs__ticker__stocksTicker__range__multiplier__timespan__from__to.json", "AAPL",
       Timeframe::d1, 2, bar(1577941200000, 74.06, 75.15, 73.7975, 75.0875, 135647456, 74.6099, 1),
       bar(1578027600000, 74.2875, 75.145, 74.125, 74.3575, 146535512, 74.7026, 1),
       "6a7e466379af0a71039d60cc78e72282"},
      {"openapi-examples/v2__aggs__ticker__cryptoTicker__range__multiplier__timespan__from__to.json",
       "X:BTCUSD", Timeframe::d1, 2,
       bar(1590984000000, 9557.9, 10429.26, 9490, 10094.75, 303067.6562332156, 9874.5529, 1),
       bar(1591070400000, 10096.87, 10222.72, 9135.68, 9492.62, 323339.6922892879, 9729.5701, 1),
       "0cf72b6da685bcd386548ffe2895904a"},
      {"openapi-examples/v2__aggs__ticker__forexTicker__range__multiplier__timespan__from__to.json",
       "C:EURUSD", Timeframe::d1, 1,
       bar(1626912000000, 1.17921, 1.18305, 1.1756, 1.17721, 125329, 1.1789, 125329),
       bar(1626912000000, 1.17921, 1.18305, 1.1756, 1.17721, 125329, 1.1789, 125329),
       "79c061995d8b627b736170bc9653f15d"},
      {"openapi-examples/v2__aggs__ticker__indicesTicker__range__multiplier__timespan__from__to.json",
       "I:NDX", Timeframe::d1, 2,
       bar(1678341600000, 12230.83658266843, 12340.44936267155, 11970.34221717375, 11995.88235998666, 0),
       bar(1678428000000, 12001.69552583921, 12069.62262033557, 11789.85923449393, 11830.28178808306, 0),
       "0cf72b6da685bcd386548ffe2895904a"},
      {"openapi-examples/v2__aggs__ticker__optionsTicker__range__multiplier__timespan__from__to.json",
       "O:RDFN211119C00025000", Timeframe::d1, 2, bar(1632369600000, 26.2, 26.2, 26.2, 26.2, 2, 26.2, 1),
       bar(1632456000000, 28.3, 28.3, 28.3, 28.3, 2, 28.3, 1), "5585acde-5085-42d6-95b2-2e388a28370a"},
      {"openapi-examples/v2__aggs__ticker__stocksTicker__prev.json", "AAPL", Timeframe::d1, 1,
       bar(1605042000000, 115.55, 117.59, 114.13, 115.97, 131704427, 116.3058),
       bar(1605042000000, 115.55, 117.59, 114.13, 115.97, 131704427, 116.3058),
       "6a7e466379af0a71039d60cc78e72282"},
      {"openapi-examples/v2__aggs__ticker__cryptoTicker__prev.json", "X:BTCUSD", Timeframe::d1, 1,
       bar(1605416400000, 15937.1, 16180, 15639.2, 16035.9, 95045.16897951, 15954.2111),
       bar(1605416400000, 15937.1, 16180, 15639.2, 16035.9, 95045.16897951, 15954.2111),
       "b2170df985474b6d21a6eeccfb6bee67"},
      {"openapi-examples/v2__aggs__ticker__forexTicker__prev.json", "C:EURUSD", Timeframe::d1, 1,
       bar(1651708799999, 1.05252, 1.0631, 1.0505, 1.06206, 180300, 1.055, 180300),
       bar(1651708799999, 1.05252, 1.0631, 1.0505, 1.06206, 180300, 1.055, 180300),
       "08ec061fb85115678d68452c0a609cb7"},
      {"openapi-examples/v2__aggs__ticker__indicesTicker__prev.json", "I:NDX", Timeframe::d1, 1,
       bar(1687291200000, 15036.48391066877, 15127.4195807999, 14946.7243781848, 15070.14948566977, 0),
       bar(1687291200000, 15036.48391066877, 15127.4195807999, 14946.7243781848, 15070.14948566977, 0),
       "b2170df985474b6d21a6eeccfb6bee67"},
      {"openapi-examples/v2__aggs__ticker__optionsTicker__prev.json", "O:TSLA210903C00700000", Timeframe::d1,
       1, bar(1605042000000, 115.55, 117.59, 114.13, 115.97, 131704427, 116.3058, 2),
       bar(1605042000000, 115.55, 117.59, 114.13, 115.97, 131704427, 116.3058, 2),
       "6a7e466379af0a71039d60cc78e72282"},
      {"client-python-mocks/v2__aggs__ticker__AAPL__prev.json", "AAPL", Timeframe::d1, 1,
       bar(1651003200000, 162.25, 162.34, 156.72, 156.8, 95595226, 158.6074, 899965),
       bar(1651003200000, 162.25, 162.34, 156.72, 156.8, 95595226, 158.6074, 899965),
       "5e5378d5ecaf3df794bb52e45d015d2e"},
      {"client-python-mocks/v2__aggs__ticker__AAPL__range__1__day__2005-04-01__2005-04-04.json", "AAPL",
       Timeframe::d1, 2, bar(1112331600000, 1.5032, 1.5064, 1.4489, 1.4604, 642646396, 1.469, 82132),
       bar(1112587200000, 1.4639, 1.4754, 1.4343, 1.4675, 578172308, 1.4589, 65543),
       "12afda77aab3b1936c5fb6ef4241ae42"},
      {"client-python-mocks/v2__aggs__ticker__AAPL__range__1__day__2005-04-02__2005-04-04.json", "AAPL",
       Timeframe::d1, 2, bar(1112331600000, 1.5032, 1.5064, 1.4489, 1.4604, 642646396, 1.469, 82132),
       bar(1112587200000, 1.4639, 1.4754, 1.4343, 1.4675, 578172308, 1.4589, 65543),
       "12afda77aab3b1936c5fb6ef4241ae42"},
  };
}

class EachRecordedAnswer : public testing::TestWithParam<Recorded> {};

TEST_P(EachRecordedAnswer, gives_its_bars) {
  auto const& row = GetParam();

  auto body = test::read_file(fixtures + row.file);
  if (is_cut(row.file)) {
    expect_malformed(parse_body(body, row.ticker, row.timeframe), "it is not whole");
    body = with_counts(body, row.bars);
  }

  auto const [page, bars] = parse_body(body, row.ticker, row.timeframe);

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_TRUE(page->unreadable.empty());
  ASSERT_EQ(bars.size(), row.bars);
  expect_same(bars.front(), row.first);
  expect_same(bars.back(), row.last);
  EXPECT_EQ(page->request_id, row.request_id);
  EXPECT_EQ(page->outside, 0U);
}

INSTANTIATE_TEST_SUITE_P(Polygon, EachRecordedAnswer, testing::ValuesIn(recorded_answers()));

TEST(PolygonRecorded, minutes_go_on_a_minute_after_the_last_one_that_was_read) {
  auto const [page, bars] =
      parse_recorded("recorded/stocks_AAPL_1minute_2023-07-31_limit10_next_url.json", "AAPL", Timeframe::m1);

  ASSERT_TRUE(page);
  EXPECT_EQ(page->proven_until, ms(1'690'791'480'000));
  EXPECT_EQ(page->cursor,
            "/v2/aggs/ticker/AAPL/range/1/minute/1690791480000/"
            "2023-07-31?cursor=bGltaXQ9MTAmc29ydD1hc2M&adjusted=true");
}

TEST(PolygonRecorded, days_go_on_a_day_later_even_on_a_saturday) {
  auto const [page, bars] = parse_recorded(
      "openapi-examples/v2__aggs__ticker__stocksTicker__range__multiplier__timespan__from__to.json", "AAPL",
      Timeframe::d1);

  ASSERT_TRUE(page);
  EXPECT_EQ(page->proven_until, at("2020-01-04T05:00:00Z"));
  EXPECT_EQ(page->cursor,
            "/v2/aggs/ticker/AAPL/range/1/day/1578114000000/"
            "2020-01-10?cursor=bGltaXQ9MiZzb3J0PWFzYw&adjusted=true");
}

struct RecordedRefusal {
  char const* file;
  int status;
  char const* kind;
  char const* what;
};

TEST(PolygonRecorded, refusals_mean_what_they_say_and_end_with_a_remedy) {
  for (auto const& row : {
           RecordedRefusal{
               "400_from_parse.json", 400, "remote_refused",
               "the request was refused: answered 400 ('Could not parse the time parameter: 'from'. Use "
               "YYYY-MM-DD or Unix MS Timestamps'); check the ticker's spelling and the provider's base_url"},
           {"400_to_parse.json", 400, "remote_refused",
            "the request was refused: answered 400 ('Could not parse the time parameter: 'to'. Use "
            "YYYY-MM-DD or Unix MS "
            "Timestamps'); check the ticker's spelling and the provider's base_url"},
           {"400_to_before_from.json", 400, "remote_refused",
            "the request was refused: answered 400 ('The parameter 'to' cannot be a time that occurs before "
            "'from''); "
            "check the ticker's spelling and the provider's base_url"},
           {"401_no_key.json", 401, "key_refused",
            "the key was refused: answered 401 ('API Key was not provided'); check the provider's api_key"},
           {"401_unknown_key.json", 401, "key_refused",
            "the key was refused: answered 401 ('Unknown API Key'); check the provider's api_key"},
           {"403_not_entitled.json", 403, "not_entitled",
            "the plan does not cover this symbol and timeframe: answered 403 ('You are not entitled to this "
            "data. Please "
            "upgrade your plan at https://massive.com/pricing'); take the symbol out of the job, or upgrade "
            "the plan"},
           {"403_timeframe.json", 403, "beyond_horizon",
            "the plan does not reach back this far: answered 403 ('Your plan doesn't include this data "
            "timeframe. Please "
            "upgrade your plan at https://polygon.io/pricing'); let the job's history begin later, or "
            "upgrade the plan"},
           {"403_today_before_eod.json", 403, "not_today",
            "the plan gives a day's data only after its end: answered 403 ('Attempted to request today's "
            "data before end "
            "of day. Please upgrade your plan at https://polygon.io/pricing'); let the job's schedule ask "
            "later, or "
            "upgrade the plan"},
           {"404_not_found.json", 404, "remote_refused",
            "the request was refused: answered 404 ('Ticker not found.'); check the ticker's spelling and "
            "the provider's "
            "base_url"},
           {"429_rate_limited.json", 429, "rate_limited",
            "too many requests: answered 429 ('You've exceeded the maximum requests per minute, please wait "
            "or upgrade "
            "your subscription to continue. https://polygon.io/pricing'); lower the provider's rate_limit to "
            "its plan"},
           {"504_gateway_timeout.html", 504, "remote_failed",
            "the provider failed: answered 504; asking again may help"},
           {"504_gateway_timeout.html", 200, "remote_failed",
            "answered 200 with HTML instead of JSON; if it stays so, check the provider's base_url"},
           {"200_status_NOT_AUTHORIZED_body.json", 200, "not_entitled",
            "the plan does not cover this symbol and timeframe: answered 200 with status NOT_AUTHORIZED "
            "('You are not "
            "entitled to this data. Please upgrade...'); take the symbol out of the job, or upgrade the "
            "plan"},
       }) {
    auto const body = test::read_file(fixtures + "errors/" + row.file);

    auto const got = parse({.status = row.status, .body = body, .content_type = "application/json"});

    ASSERT_FALSE(got.page) << row.file;
    EXPECT_EQ(to_string(got.page.error().kind), row.kind) << row.file;
    EXPECT_EQ(got.page.error().what, row.what);
  }
}

TEST(PolygonRecorded, empty_answers_are_answers) {
  for (auto const& [file, ticker] : {std::pair{"200_empty_no_results_key.json", "AAPL"},
                                     {"200_empty_results_null_legacy.json", "AAPL"},
                                     {"200_empty_with_count0.json", "DELL"}}) {
    auto const [page, bars] = parse_recorded(std::string{"errors/"} + file, ticker, Timeframe::d1);

    ASSERT_TRUE(page) << file << " " << page.error().what;
    EXPECT_EQ(page->bars, 0U);
    EXPECT_EQ(page->proven_until, at("2030-01-01T00:00:00Z"));
  }
}

TEST(PolygonRecorded, answers_of_other_endpoints_are_malformed) {
  std::set<std::string> ours;
  for (auto const& row : recorded_answers()) ours.insert(row.file);
  int others = 0;
  for (auto const* folder : {"recorded/", "openapi-examples/", "client-python-mocks/"})
    for (auto const& entry : std::filesystem::directory_iterator{fixtures + folder}) {
      auto const file = folder + entry.path().filename().string();
      if (ours.contains(file)) continue;
      ++others;

      expect_malformed(parse_recorded(file, "AAPL", Timeframe::d1), "");
    }
  EXPECT_EQ(others, 41);
}

}  // namespace
}  // namespace candled
