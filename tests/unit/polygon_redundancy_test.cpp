// What an answer says twice has to agree: a table of docs/providers.md, "What an answer says twice".
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <random>

#include "unit/polygon_answers.hpp"

namespace candled {
namespace {

using test::bar_at;
using test::expect_malformed;
using test::first_minute;
using test::minute;
using test::minutes;
using test::ms;
using test::ok;
using test::parse;

// An answer, key by key; an empty value is left out.
struct Said {
  std::string ticker = R"("AAPL")";
  std::string query_count = "2";
  std::string results_count = "2";
  std::string adjusted = "false";
  std::string results = "[" + test::two_bars() + "]";
  std::string status = R"("OK")";
  std::string count = "2";
  std::string next_url;
  std::string error;
  std::string message;

  std::string text() const {
    std::string body = "{";
    auto const add = [&](std::string_view key, std::string const& value) {
      if (!value.empty()) body += fmt::format("{}\"{}\":{}", body.size() > 1 ? "," : "", key, value);
    };
    add("ticker", ticker);
    add("queryCount", query_count);
    add("resultsCount", results_count);
    add("adjusted", adjusted);
    add("results", results);
    add("status", status);
    add("count", count);
    add("next_url", next_url);
    add("error", error);
    add("message", message);
    return body + "}";
  }
};

std::string next_at(std::int64_t t) {
  return fmt::format(R"("https://api.massive.com/v2/aggs/ticker/AAPL/range/1/minute/{}/2024-03-04?cursor=a")",
                     t);
}

TEST(PolygonRedundancy, an_answer_that_agrees_with_itself_is_one) {
  EXPECT_TRUE(parse(ok(Said{}.text())).page);
  for (auto const* absent : {"", "null"}) {
    Said said{
        .query_count = absent, .results_count = absent, .count = absent, .error = absent, .message = absent};
    said.next_url = absent;
    EXPECT_TRUE(parse(ok(said.text())).page) << said.text();
  }
  EXPECT_TRUE(parse(ok(Said{.query_count = "2.0", .results_count = "2e0", .count = "20e-1"}.text())).page);
  EXPECT_TRUE(parse(ok(Said{.error = R"("")", .message = R"("")"}.text())).page);
}

TEST(PolygonRedundancy, counts_are_those_of_the_results) {
  constexpr std::string_view not_whole = "and has 2 results: it is not whole";
  for (auto const* wrong : {"0", "1", "3", "390", "-1", "-2", "9223372036854775807"}) {
    expect_malformed(parse(ok(Said{.results_count = wrong}.text())), not_whole);
    expect_malformed(parse(ok(Said{.count = wrong}.text())), not_whole);
  }
  for (auto const* wrong : {"\"2\"", "2.5", "true", "[2]", "{}", "1e300", "NaN"}) {
    expect_malformed(parse(ok(Said{.query_count = wrong}.text())), "queryCount is ");
    expect_malformed(parse(ok(Said{.results_count = wrong}.text())), "resultsCount is ");
    expect_malformed(parse(ok(Said{.count = wrong}.text())), "count is ");
  }
}

TEST(PolygonRedundancy, an_answer_without_results_says_so) {
  for (auto const* results : {"", "null", "[]"}) {
    Said const empty{.query_count = "0", .results_count = "0", .results = results, .count = "0"};
    EXPECT_TRUE(parse(ok(empty.text())).page);
    auto said = empty;
    said.results_count = "390";
    expect_malformed(parse(ok(said.text())), "resultsCount 390 and has 0 results");
    said = empty;
    said.count = "390";
    expect_malformed(parse(ok(said.text())), "count 390 and has 0 results");
    said = empty;
    said.query_count = "390";
    expect_malformed(parse(ok(said.text())), "queryCount 390 and has 0 results");
    said = empty;
    said.query_count = "-1";
    expect_malformed(parse(ok(said.text())), "queryCount -1");
  }
}

TEST(PolygonRedundancy, bars_past_the_window_and_bars_that_cannot_be_read_are_results) {
  Said said{.query_count = "4", .results_count = "4", .count = "4"};
  said.results = fmt::format(R"([{},{{"o":null,"t":{}}},{}])", test::two_bars(), first_minute + 2 * minute,
                             bar_at(first_minute + 10 * minute));

  EXPECT_TRUE(parse(ok(said.text())).page);

  said.results_count = "3";
  expect_malformed(parse(ok(said.text())), "resultsCount 3 and has 4 results");
}

TEST(PolygonRedundancy, each_bar_is_made_of_a_minute_or_more_and_of_no_more_than_it_holds) {
  struct Row {
    Timeframe timeframe;
    int query_count;
    bool more;
    bool good;
  };
  for (auto const& row :
       {Row{Timeframe::m1, 2, false, true},
        {Timeframe::m1, 1, false, false},
        {Timeframe::m1, 3, false, false},
        {Timeframe::m1, 390, true, false},
        {Timeframe::d1, 2, false, true},
        {Timeframe::d1, 1, false, false},
        {Timeframe::d1, 3, false, false},
        {Timeframe::m5, 1, false, false},
        {Timeframe::m5, 2, false, true},
        {Timeframe::m5, 10, false, true},
        {Timeframe::m5, 11, false, false},
        {Timeframe::m5, 15, true, true},  // a bar that the limit cut is left to the next page
        {Timeframe::m5, 16, true, false},
        {Timeframe::m15, 30, false, true},
        {Timeframe::m15, 31, false, false},
        {Timeframe::m30, 61, false, false},
        {Timeframe::h1, 120, false, true},
        {Timeframe::h1, 121, false, false},
        {Timeframe::h4, 480, false, true},
        {Timeframe::h4, 601, false, false},
        {Timeframe::w1, 14, false, true},
        {Timeframe::w1, 15, false, false},
        {Timeframe::mo1, 62, false, true},
        {Timeframe::mo1, 63, false, false}}) {
    // Two bars, a length apart; where they start is for another check.
    auto const length =
        row.timeframe == Timeframe::mo1 ? 31 * 1440 * minute : nominal_length(row.timeframe).count();
    Window const window{.series = SeriesId{1},
                        .ticker = "AAPL",
                        .range = {.from = ms(first_minute), .to = ms(first_minute + 5 * length)}};
    Said said{.query_count = std::to_string(row.query_count)};
    said.results = fmt::format("[{},{}]", bar_at(first_minute), bar_at(first_minute + length));
    if (row.more) {
      auto const span = row.timeframe == Timeframe::m5 ? "5/minute" : "1/minute";
      said.next_url =
          fmt::format(R"("https://api.massive.com/v2/aggs/ticker/AAPL/range/{}/{}/2024-03-04?cursor=a")",
                      span, first_minute + 2 * length);
    }

    auto const got = parse(ok(said.text()), window, row.timeframe);

    EXPECT_EQ(got.page.has_value(), row.good) << to_string(row.timeframe) << " " << row.query_count << " "
                                              << (got.page ? "" : got.page.error().what);
    if (!row.good) expect_malformed(got, "queryCount");
  }
}

TEST(PolygonRedundancy, the_bar_that_forms_may_be_stitched_on_without_being_counted) {
  EXPECT_TRUE(parse(ok(Said{.query_count = "1", .status = R"("DELAYED")"}.text())).page);
  expect_malformed(parse(ok(Said{.query_count = "0", .status = R"("DELAYED")"}.text())), "queryCount 0");
  expect_malformed(parse(ok(Said{.query_count = "-9223372036854775808", .status = R"("DELAYED")"}.text())),
                   "queryCount");
}

TEST(PolygonRedundancy, a_page_that_is_full_says_what_follows) {
  auto const full = [](std::int64_t range, std::string const& next_url) {
    Window const window{.series = SeriesId{1},
                        .ticker = "AAPL",
                        .range = {.from = ms(first_minute), .to = ms(first_minute + range * minute)}};
    std::vector<std::string> rows;
    rows.reserve(50'000);
    for (int i = 0; i < 50'000; ++i) rows.push_back(bar_at(first_minute + i * minute));
    Said said{.query_count = "50000", .results_count = "50000", .count = "50000", .next_url = next_url};
    said.results = fmt::format("[{}]", fmt::join(rows, ","));
    return parse(ok(said.text()), window);
  };

  expect_malformed(full(50'001, ""), "queryCount 50000, which is the limit, and no next_url: it is cut");
  EXPECT_TRUE(full(50'000, "").page);  // nothing can follow
  EXPECT_TRUE(full(60'000, next_at(first_minute + 50'000 * minute)).page);
}

TEST(PolygonRedundancy, ok_is_not_ok_with_the_text_of_a_refusal) {
  for (auto const* status : {R"("OK")", R"("DELAYED")"}) {
    expect_malformed(parse(ok(Said{.status = status, .error = R"("upstream timeout")"}.text())),
                     "and 'upstream timeout'");
    expect_malformed(parse(ok(Said{.status = status, .message = R"("try again")"}.text())),
                     "and 'try again'");
    expect_malformed(parse(ok(Said{.query_count = "0",
                                   .results_count = "0",
                                   .results = "",
                                   .status = status,
                                   .count = "0",
                                   .error = R"("upstream timeout")"}
                                  .text())),
                     "and 'upstream timeout'");
  }
  for (auto const* odd : {"true", "1", "{}", "[]"}) {
    expect_malformed(parse(ok(Said{.error = odd}.text())), "error is ");
    expect_malformed(parse(ok(Said{.message = odd}.text())), "message is ");
  }
}

TEST(PolygonRedundancy, a_next_url_leads_somewhere) {
  for (auto const* url : {R"("")", R"(" ")", R"("null")", "false", "0", "{}"})
    expect_malformed(parse(ok(Said{.next_url = url}.text())), "next_url");
}

TEST(PolygonRedundancy, a_bar_that_names_a_ticker_names_ours) {
  auto const with = [](std::string_view ticker) {
    return Said{
        .query_count = "1",
        .results_count = "1",
        .results = fmt::format(R"([{{"T":{},"o":1,"h":1,"l":1,"c":1,"v":1,"t":{}}}])", ticker, first_minute),
        .count = "1"}
        .text();
  };
  EXPECT_TRUE(parse(ok(with(R"("AAPL")"))).page);
  EXPECT_TRUE(parse(ok(with("null"))).page);
  expect_malformed(parse(ok(with(R"("MSFT")"))), "results[0] is of another ticker");
}

TEST(PolygonRedundancy, a_key_that_comes_twice_says_nothing) {
  for (auto const* again : {R"("resultsCount":2)", R"("queryCount":2)", R"("count":2)", R"("adjusted":false)",
                            R"("ticker":"AAPL")", R"("status":"OK")", R"("results":[])"}) {
    auto body = Said{}.text();
    body.insert(1, fmt::format("{},", again));
    expect_malformed(parse(ok(body)), "comes twice");
  }
}

// One thing of a random honest page is falsified: whatever it is, the page is none.
TEST(PolygonRedundancy, whatever_one_thing_is_false_the_answer_is_malformed) {
  std::mt19937 random{20240304};
  auto const below = [&](int n) { return std::uniform_int_distribution<int>{0, n - 1}(random); };
  using Lie = std::function<void(Said&, int)>;
  std::vector<Lie> const lies{
      [&](Said& said, int n) { said.results_count = std::to_string(n + 1 + below(50'000)); },
      [&](Said& said, int n) { said.results_count = std::to_string(n - 1 - below(50)); },
      [&](Said& said, int n) { said.count = std::to_string(n + 1 + below(50'000)); },
      [&](Said& said, int n) { said.count = std::to_string(n - 1 - below(50)); },
      [&](Said& said, int n) { said.query_count = std::to_string(n + 1 + below(50'000)); },
      [&](Said& said, int n) { said.query_count = std::to_string(n - 1 - below(50)); },
      [](Said& said, int n) { said.results_count = fmt::format("{}.5", n); },
      [](Said& said, int n) { said.count = fmt::format("\"{}\"", n); },
      [](Said& said, int) { said.error = R"("it went wrong")"; },
      [](Said& said, int) { said.message = R"("it went wrong")"; },
      [](Said& said, int) { said.ticker = R"("AAPX")"; },
      [](Said& said, int) { said.adjusted = "true"; },
      [](Said& said, int) { said.status = R"("WELL")"; },
      [](Said& said, int) { said.next_url = R"("")"; },
      [](Said& said, int) { said.next_url = next_at(first_minute - minute); },
      [&](Said& said, int n) {  // a row less than is said
        if (n == 0) said.results_count = "1";
        if (n > 0) said.results = n == 1 ? "[]" : "[" + said.results.substr(said.results.find("},{") + 2);
      },
      [](Said& said, int n) {  // a row twice, and counted once
        if (n == 0) said.count = "1";
        if (n > 0) said.results.insert(1, said.results.substr(1, said.results.find('}')) + ",");
      },
  };
  for (int round = 0; round < 4000; ++round) {
    auto const n = below(9);
    std::vector<std::string> rows;
    for (int i = 0; i < n; ++i) rows.push_back(bar_at(first_minute + i * minute));
    auto const number = std::to_string(n);
    Said said{.query_count = number,
              .results_count = below(4) == 0 ? "" : number,
              .results = fmt::format("[{}]", fmt::join(rows, ",")),
              .count = below(4) == 0 ? "" : number};
    ASSERT_TRUE(parse(ok(said.text())).page) << said.text();

    lies.at(static_cast<std::size_t>(below(static_cast<int>(lies.size()))))(said, n);

    auto const got = parse(ok(said.text()));
    ASSERT_FALSE(got.page) << said.text();
    ASSERT_EQ(to_string(got.page.error().kind), "malformed") << said.text();
  }
}

}  // namespace
}  // namespace candled
