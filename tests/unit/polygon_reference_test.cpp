#include "provider/polygon_reference.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

PolygonReference const reference{"https://api.massive.com", Secret{"key"}};

constexpr char splits_path[] = "/stocks/v1/splits?ticker=AAPL&limit=1000";

Result<ReferencePage> parse(ReferenceKind kind, std::string body, std::string const& path = splits_path) {
  return reference.parse(kind, path,
                         {.status = 200, .body = std::move(body), .content_type = "application/json"});
}

TEST(PolygonReference, asks_the_new_form_first_with_the_key_in_a_header) {
  EXPECT_EQ(reference.paths(ReferenceKind::splits, "BRK.B"),
            (std::vector<std::string>{"/stocks/v1/splits?ticker=BRK.B&limit=1000",
                                      "/v3/reference/splits?ticker=BRK.B&limit=1000"}));
  EXPECT_EQ(reference.paths(ReferenceKind::ticker_changes, "A/B"),
            (std::vector<std::string>{"/vX/reference/tickers/A%2FB/events?types=ticker_change"}));
  EXPECT_EQ(reference.request(splits_path).url,
            "https://api.massive.com/stocks/v1/splits?ticker=AAPL&limit=1000");
  EXPECT_EQ(reference.request(splits_path).bearer.reveal(), "key");
}

// As the provider's documentation shows it, with its newer keys; a factor of 2e+06 has been seen.
TEST(PolygonReference, reads_splits) {
  auto const page = parse(ReferenceKind::splits, R"({"results":[
    {"id":"E36","execution_date":"2020-08-31","split_from":1,"split_to":4,"ticker":"AAPL","adjustment_type":"forward_split","historical_adjustment_factor":0.25},
    {"execution_date":"2005-02-28","split_from":2e+06,"split_to":4000000.0,"ticker":"AAPL"}],"status":"OK"})");

  ASSERT_TRUE(page) << page.error().what;
  ASSERT_EQ(page->actions.size(), 2U);
  EXPECT_EQ(page->actions[0].id, "E36");
  EXPECT_EQ(page->actions[0].value, 4);
  EXPECT_EQ(to_string(page->actions[0].ex_date), "2020-08-31");
  EXPECT_EQ(page->actions[1].value, 2);
  EXPECT_EQ(page->actions[1].id, "AAPL split 2005-02-28 2");
  EXPECT_EQ(page->next, "");
}

TEST(PolygonReference, reads_dividends) {
  auto const page = parse(ReferenceKind::dividends, R"({"results":[{"cash_amount":0.22,"currency":"USD",
    "declaration_date":"2021-10-28","dividend_type":"CD","ex_dividend_date":"2021-11-05","frequency":4,
    "pay_date":"2021-11-11","record_date":"2021-11-08","ticker":"AAPL","id":"E8e"}],"status":"OK"})");

  ASSERT_TRUE(page) << page.error().what;
  ASSERT_EQ(page->actions.size(), 1U);
  EXPECT_EQ(page->actions[0].kind, ActionKind::dividend);
  EXPECT_EQ(page->actions[0].value, 0.22);
  EXPECT_EQ(page->actions[0].currency, "USD");
  EXPECT_EQ(to_string(page->actions[0].ex_date), "2021-11-05");
}

TEST(PolygonReference, nothing_is_an_answer) {
  for (auto const* body :
       {R"({"status":"OK"})", R"({"results":null,"status":"OK"})", R"({"results":[],"status":"OK"})"}) {
    auto const page = parse(ReferenceKind::splits, body);
    ASSERT_TRUE(page) << page.error().what;
    EXPECT_TRUE(page->actions.empty());
  }
}

// Recorded: tests of the provider's Python client, /vX/reference/tickers/META/events.
TEST(PolygonReference, each_ticker_ends_the_day_before_the_next_begins) {
  auto const page =
      parse(ReferenceKind::ticker_changes, R"({"results":{"name":"Meta Platforms, Inc. Class A Common Stock",
    "composite_figi":"BBG000MM2P62","cik":"0001326801","events":[
    {"ticker_change":{"ticker":"META"},"type":"ticker_change","date":"2022-06-11"},
    {"ticker_change":{"ticker":"FB"},"type":"ticker_change","date":"2012-05-18"}]},"status":"OK"})",
            "/vX/reference/tickers/META/events?types=ticker_change");

  ASSERT_TRUE(page) << page.error().what;
  ASSERT_EQ(page->names.size(), 2U);
  EXPECT_EQ(page->names[0].ticker, "FB");
  EXPECT_EQ(to_string(*page->names[0].first), "2012-05-18");
  EXPECT_EQ(to_string(*page->names[0].last), "2022-06-10");
  EXPECT_EQ(page->names[1].instrument, "BBG000MM2P62");
  EXPECT_EQ(page->names[1].ticker, "META");
  EXPECT_EQ(page->names[1].last, std::nullopt);
}

TEST(PolygonReference, next_url_goes_on_at_the_configured_host_without_a_key) {
  auto const page = parse(
      ReferenceKind::splits,
      R"({"results":[],"status":"OK","next_url":"https://api.polygon.io/stocks/v1/splits?cursor=YXA&apiKey=secret"})");

  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->next, "/stocks/v1/splits?cursor=YXA");
}

TEST(PolygonReference, a_next_url_that_leads_elsewhere_is_malformed) {
  for (auto const* url :
       {"https://evil.example/stocks/v1/splits?cursor=YXA",
        "https://api.massive.com/v3/trades/AAPL?cursor=YXA",
        "https://api.massive.com/stocks/v1/splits?ticker=AAPL&limit=1000", "/stocks/v1/splits?cursor=YXA"}) {
    auto const page =
        parse(ReferenceKind::splits, std::string{R"({"status":"OK","next_url":")"} + url + "\"}");
    ASSERT_FALSE(page) << url;
    EXPECT_EQ(page.error().kind, ErrorKind::malformed);
  }
}

TEST(PolygonReference, an_answer_that_contradicts_itself_is_malformed) {
  std::string const split =
      R"({"ticker":"AAPL","execution_date":"2020-08-31","split_from":1,"split_to":4,"adjustment_type":"forward_split"})";
  auto const with = [&](std::string const& more, std::string const& results) {
    return parse(ReferenceKind::splits, "{\"status\":\"OK\"" + more + ",\"results\":" + results + "}");
  };
  ASSERT_TRUE(with("", "[" + split + "]"));
  ASSERT_TRUE(
      with(R"(,"count":1,"resultsCount":1.0,"error":null,"message":"","next_url":null)", "[" + split + "]"));
  for (auto const* more :
       {R"(,"count":2)", R"(,"count":0)", R"(,"resultsCount":2)", R"(,"count":"1")", R"(,"count":1.5)",
        R"(,"error":"timeout")", R"(,"message":"timeout")", R"(,"error":{})", R"(,"next_url":"")",
        R"(,"next_url":7)", R"(,"status":"OK")", R"(,"count":1,"count":1)"}) {
    auto const page = with(more, "[" + split + "]");
    ASSERT_FALSE(page) << more;
    EXPECT_EQ(page.error().kind, ErrorKind::malformed) << more;
  }
  EXPECT_FALSE(with(R"(,"count":1)", "[]"));
  EXPECT_FALSE(with(R"(,"count":1)", "null"));
  for (auto const* results : {"{}", "\"none\"", "0", "false"}) EXPECT_FALSE(with("", results)) << results;
  auto const changed = [&](std::string const& from, std::string const& to) {
    auto row = split;
    row.replace(row.find(from), from.size(), to);
    return with("", "[" + row + "]");
  };
  EXPECT_FALSE(changed("AAPL", "MSFT"));
  EXPECT_FALSE(changed("forward", "reverse"));
  EXPECT_FALSE(changed(R"("split_from":1)", R"("split_from":1,"split_from":2)"));
}

TEST(PolygonReference, an_instrument_had_the_ticker_by_which_it_was_found) {
  std::string const body = R"({"results":{"composite_figi":"BBG000MM2P62","events":[
    {"ticker_change":{"ticker":"META"},"type":"ticker_change","date":"2022-06-11"},
    {"ticker_change":{"ticker":"FB"},"type":"ticker_change","date":"2012-05-18"}]},"status":"OK"})";
  auto const asked = [&](std::string const& ticker) {
    return parse(ReferenceKind::ticker_changes, body,
                 reference.paths(ReferenceKind::ticker_changes, ticker)[0]);
  };

  EXPECT_TRUE(asked("META"));
  EXPECT_TRUE(asked("FB"));
  ASSERT_FALSE(asked("AAPL"));
  EXPECT_EQ(asked("AAPL").error().kind, ErrorKind::malformed);
}

TEST(PolygonReference, what_cannot_be_is_malformed_and_a_refusal_is_a_refusal) {
  EXPECT_EQ(
      parse(
          ReferenceKind::splits,
          R"({"results":[{"ticker":"A","execution_date":"2020-01-02","split_from":0,"split_to":1}],"status":"OK"})")
          .error()
          .kind,
      ErrorKind::malformed);
  EXPECT_EQ(parse(ReferenceKind::splits, "[1]").error().kind, ErrorKind::malformed);
  EXPECT_EQ(parse(ReferenceKind::splits, R"({"results":[]})").error().kind, ErrorKind::malformed);
  EXPECT_EQ(
      reference.parse(ReferenceKind::splits, splits_path, {.status = 401, .body = "", .content_type = ""})
          .error()
          .kind,
      ErrorKind::key_refused);
}

}  // namespace
}  // namespace candled
