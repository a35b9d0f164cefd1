// The recorded bodies of the real API (fixtures/polygon, sources in fixtures/polygon/SOURCES.md) are what the
// exchange must say: a market of a body's own bars is asked for them, and the text compared.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "exchange/aggregates.hpp"
#include "exchange/stored_market.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

std::string fixture(std::string const& name) {
  return test::read_file(CANDLED_SOURCE_DIR "/tests/fixtures/polygon/" + name);
}

double number(simdjson::dom::element row, std::string_view key) {
  return row[key].get_double().value();
}

void add_bars(StoredMarket& market, simdjson::dom::element body, Base base) {
  for (auto const row : body["results"].get_array().value()) {
    Bar bar{.start = UtcTime{Milliseconds{row["t"].get_int64().value()}},
            .open = number(row, "o"),
            .high = number(row, "h"),
            .low = number(row, "l"),
            .close = number(row, "c"),
            .volume = number(row, "v"),
            .vwap = number(row, "vw"),
            .trade_count = static_cast<std::int32_t>(row["n"].get_int64().value())};
    market.add(body["ticker"].get_string().value(), base, bar);
  }
}

struct Recorded {
  std::string name;
  std::string target;
  Base base;
};

std::string served(std::string const& body, Recorded const& recorded) {
  simdjson::dom::parser parser;
  auto const document = parser.parse(body).value();
  StoredMarket market;
  add_bars(market, document, recorded.base);
  // Recorded pages that have a next_url had more bars behind them.
  Bar const later{
      .start = UtcTime{Milliseconds{1690791600000}}, .open = 1, .high = 1, .low = 1, .close = 1, .volume = 1};
  if (document["next_url"].error() == simdjson::SUCCESS) market.add("AAPL", recorded.base, later);
  Terms const terms{.delayed = document["status"].get_string().value() == "DELAYED",
                    .next_url_host = "https://api.polygon.io",
                    .now = UtcTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}}};
  auto const ask = parse_aggregates(parse_target(recorded.target)).value().value();
  auto const page = aggregates(ask, market, terms).value();
  return to_json(page, document["request_id"].get_string().value());
}

class RecordedBody : public testing::TestWithParam<Recorded> {};

TEST_P(RecordedBody, is_what_the_exchange_says_to_the_byte) {
  auto const body = fixture("recorded/" + GetParam().name);

  EXPECT_EQ(served(body, GetParam()), body);
}

INSTANTIATE_TEST_SUITE_P(
    Polygon, RecordedBody,
    testing::Values(
        Recorded{"stocks_AAPL_1day_2023-01-01_2023-01-10.json",
                 "/v2/aggs/ticker/AAPL/range/1/day/2023-01-01/2023-01-10", Base::day},
        Recorded{"stocks_AAPL_1day_2023-01-09_24bars_scientific_v.json",
                 "/v2/aggs/ticker/AAPL/range/1/day/2023-01-09/2023-02-10", Base::day},
        Recorded{"stocks_NVDA_1day_2024-10-14_DELAYED.json",
                 "/v2/aggs/ticker/NVDA/range/1/day/2024-10-14/2024-10-14", Base::day},
        Recorded{"crypto_BTCUSD_1day_2023-01-01_2023-01-10.json",
                 "/v2/aggs/ticker/X:BTCUSD/range/1/day/2023-01-01/2023-01-10", Base::day},
        Recorded{"options_SPY250314C00560000_1day_6bars_DST_trimmed.json",
                 "/v2/aggs/ticker/O:SPY250314C00560000/range/1/day/2025-02-03/2025-03-14", Base::day},
        Recorded{"stocks_AAPL_1minute_2023-07-31_limit10_next_url.json",
                 "/v2/aggs/ticker/AAPL/range/1/minute/2023-07-31/2023-07-31?adjusted=true&sort=asc&limit=10",
                 Base::minute}),
    [](auto const& each) {
      auto name = each.param.name.substr(0, each.param.name.find('.'));
      for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
      return name;
    });

// The recorded hours were made of 835 minutes that we do not have; here each hour has one.
TEST(RecordedHours, differ_only_in_the_number_of_minutes_they_are_made_of) {
  auto body = fixture("recorded/stocks_AAPL_1hour_2024-04-29_DELAYED.json");

  auto const text =
      served(body, {"", "/v2/aggs/ticker/AAPL/range/1/hour/2024-04-29/2024-04-29", Base::minute});

  body.replace(body.find("835"), 3, "16");
  EXPECT_EQ(text, body);
}

TEST(RecordedFractionalVolume, is_written_as_recorded) {
  std::string text;

  append_number(text, 61436228.189065, NumberForm::scientific);

  EXPECT_EQ(text, "6.1436228189065e+07");
}

struct RecordedError {
  ExchangeRefusal refusal;
  int status;
  std::string name;
};

class RecordedRefusal : public testing::TestWithParam<RecordedError> {};

TEST_P(RecordedRefusal, is_what_the_exchange_says_to_the_byte) {
  auto const body = fixture("errors/" + GetParam().name);
  auto const id = body.find(R"("request_id":")") + 14;

  auto const answer = refusal(GetParam().refusal, body.substr(id, 32));

  EXPECT_EQ(answer.body, body);
  EXPECT_EQ(answer.status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Polygon, RecordedRefusal,
    testing::Values(RecordedError{ExchangeRefusal::no_key, 401, "401_no_key.json"},
                    RecordedError{ExchangeRefusal::unknown_key, 401, "401_unknown_key.json"},
                    RecordedError{ExchangeRefusal::not_entitled, 403, "403_not_entitled.json"},
                    RecordedError{ExchangeRefusal::timeframe, 403, "403_timeframe.json"},
                    RecordedError{ExchangeRefusal::today, 403, "403_today_before_eod.json"},
                    RecordedError{ExchangeRefusal::too_many_requests, 429, "429_rate_limited.json"},
                    RecordedError{ExchangeRefusal::bad_from, 400, "400_from_parse.json"},
                    RecordedError{ExchangeRefusal::bad_to, 400, "400_to_parse.json"},
                    RecordedError{ExchangeRefusal::to_before_from, 400, "400_to_before_from.json"}),
    [](auto const& each) { return each.param.name.substr(0, each.param.name.find('.')); });

TEST(RecordedGatewayPage, is_what_the_exchange_says_to_the_byte) {
  EXPECT_EQ(gateway_page(504).body, fixture("errors/504_gateway_timeout.html"));
}

TEST(RecordedEmptyPage, has_no_results_key) {
  AggregatesPage const page{.ticker = "AAPL", .query_count = 0, .adjusted = true, .results = {}};

  EXPECT_EQ(to_json(page, "00000000000000000000000000000009"),
            fixture("errors/200_empty_no_results_key.json"));
}

}  // namespace
}  // namespace candled
