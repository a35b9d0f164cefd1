#include "exchange/faults.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace candled {
namespace {

using namespace std::chrono_literals;
using Problems = std::vector<std::string>;

FaultRules rules(std::string_view text) {
  return parse_faults(text).value();
}

FaultRule const* hit(FaultRules const& all, std::string_view url, int number = 1, bool next_page = false) {
  return decide(all, {.url = url, .ticker = "AAPL", .next_page = next_page, .number = number});
}

TEST(FaultFile, reads_rules_comments_and_a_seed) {
  auto const all = rules(
      "# a storm\nseed=42\n\n429 rate=0.2 retry-after=2s  # polite\nstall-body ticker=IBM times=3 after=1 "
      "page=next for=500ms\n");

  EXPECT_EQ(all.seed, 42U);
  ASSERT_EQ(all.rules.size(), 2U);
  EXPECT_EQ(all.rules[0].kind, FaultKind::status_429);
  EXPECT_EQ(all.rules[0].rate, 0.2);
  EXPECT_EQ(all.rules[0].retry_after, 2s);
  EXPECT_EQ(all.rules[1].kind, FaultKind::stall_body);
  EXPECT_EQ(all.rules[1].ticker, "IBM");
  EXPECT_EQ(all.rules[1].times, 3);
  EXPECT_EQ(all.rules[1].after, 1);
  EXPECT_EQ(all.rules[1].page, FaultPage::next);
  EXPECT_EQ(all.rules[1].hold, 500ms);
}

TEST(FaultFile, tells_every_problem_with_its_line_and_what_was_meant) {
  auto const problems =
      parse_faults("unsortd\n\n429 rate=2 retryafter=1s\nreset times=none\nseed=x\n").error();

  EXPECT_EQ(problems, (Problems{"1: unsortd: no such fault; did you mean unsorted?",
                                "3: rate: expected a number from 0 to 1, found 2",
                                "3: retryafter: no such option; did you mean retry-after?",
                                "4: times: expected a whole number above 0, found none",
                                "5: seed: expected a whole number"}));
}

TEST(Faults, are_decided_by_the_ask_alone) {
  auto const all = rules("502 rate=0.5");
  int hits = 0;
  for (int i = 0; i < 1000; ++i) {
    auto const url = "/page/" + std::to_string(i);

    EXPECT_EQ(hit(all, url), hit(all, url));
    hits += hit(all, url) != nullptr ? 1 : 0;
  }
  EXPECT_NEAR(hits, 500, 60);  // four standard deviations of 1000 coin tosses
}

TEST(Faults, of_another_seed_hit_other_asks) {
  auto const one = rules("seed=1\n502 rate=0.5");
  auto const two = rules("seed=2\n502 rate=0.5");
  int different = 0;
  for (int i = 0; i < 100; ++i) {
    auto const url = "/page/" + std::to_string(i);
    different += (hit(one, url) == nullptr) != (hit(two, url) == nullptr) ? 1 : 0;
  }

  EXPECT_GT(different, 20);
}

TEST(Faults, of_a_rate_below_one_let_a_repeated_ask_through_in_the_end) {
  auto const all = rules("reset rate=0.9");
  int number = 1;
  while (hit(all, "/page", number) != nullptr && number < 1000) ++number;

  EXPECT_LT(number, 1000);
}

TEST(Faults, keep_to_their_ticker_times_after_and_page) {
  auto const ticker = rules("502 ticker=IBM");
  auto const second_and_third = rules("502 after=1 times=2");
  auto const next = rules("502 page=next");

  EXPECT_EQ(hit(ticker, "/x"), nullptr);
  EXPECT_EQ(hit(second_and_third, "/x", 1), nullptr);
  EXPECT_NE(hit(second_and_third, "/x", 2), nullptr);
  EXPECT_NE(hit(second_and_third, "/x", 3), nullptr);
  EXPECT_EQ(hit(second_and_third, "/x", 4), nullptr);
  EXPECT_EQ(hit(next, "/x", 1, false), nullptr);
  EXPECT_NE(hit(next, "/x", 1, true), nullptr);
}

TEST(Faults, answer_429_with_and_without_retry_after) {
  auto const with = answer_instead(rules("429 retry-after=1500ms").rules[0], "id").value();
  auto const without = answer_instead(rules("429").rules[0], "id").value();

  EXPECT_EQ(with.status, 429);
  EXPECT_EQ(with.headers, Problems{"Retry-After: 2"});  // whole seconds, rounded up
  EXPECT_EQ(without.headers, Problems{});
}

TEST(Faults, answer_with_what_their_name_says) {
  auto const answer = [](std::string_view name) {
    return answer_instead(rules(name).rules[0], "id").value();
  };

  EXPECT_EQ(answer("504").content_type, "text/html");
  EXPECT_EQ(answer("html-200").status, 200);
  EXPECT_EQ(answer("html-200").content_type, "text/html");
  EXPECT_EQ(answer("refuse-200").status, 200);
  EXPECT_NE(answer("refuse-200").body.find("NOT_AUTHORIZED"), std::string::npos);
  EXPECT_EQ(answer("429-empty").body, "");
  EXPECT_FALSE(answer_instead(rules("truncate").rules[0], "id").has_value());
}

class SpoiledPage : public testing::Test {
 protected:
  SpoiledPage() {
    for (int i = 0; i < 7; ++i)
      page.results.push_back({.start = ask.range.from + 4h + i * 1min,
                              .open = 10,
                              .high = 12,
                              .low = 9,
                              .close = 11,
                              .volume = 100,
                              .vwap = 10.5,
                              .trade_count = 3});
  }
  void spoil_with(std::string_view name) {
    spoil(page, rules(name).rules[0].kind, ask, "http://host", "/v2/sent?limit=5");
  }

  AggregatesAsk ask =
      parse_aggregates(parse_target("/v2/aggs/ticker/AAPL/range/1/minute/2024-05-01/2024-05-01"))
          .value()
          .value();
  AggregatesPage page{.ticker = "AAPL",
                      .query_count = 7,
                      .adjusted = true,
                      .results = {},
                      .next_url = "http://host/v2/next?cursor=x"};
};

TEST_F(SpoiledPage, echoes_a_wrong_ticker) {
  spoil_with("wrong-ticker");
  EXPECT_NE(page.ticker, "AAPL");
}

TEST_F(SpoiledPage, has_identical_duplicates) {
  spoil_with("duplicate");
  ASSERT_EQ(page.results.size(), 9U);
  EXPECT_EQ(page.results[0].start, page.results[1].start);
  EXPECT_EQ(page.results[0].volume, page.results[1].volume);
}

TEST_F(SpoiledPage, has_conflicting_duplicates) {
  spoil_with("conflicting-duplicate");
  EXPECT_EQ(page.results[0].start, page.results[1].start);
  EXPECT_NE(page.results[0].volume, page.results[1].volume);
}

TEST_F(SpoiledPage, is_unsorted) {
  spoil_with("unsorted");
  EXPECT_GT(page.results[0].start, page.results[1].start);
}

TEST_F(SpoiledPage, has_impossible_bars) {
  spoil_with("impossible");
  EXPECT_LT(page.results[0].high, page.results[0].low);
  EXPECT_LT(page.results[5].low, 0);
  EXPECT_EQ(page.results[1].high, 12);
}

TEST_F(SpoiledPage, has_a_bar_outside_the_range) {
  spoil_with("foreign-bar");
  EXPECT_EQ(page.results.size(), 8U);
  EXPECT_LT(page.results[0].start, ask.range.from);
}

TEST_F(SpoiledPage, has_changed_bars) {
  spoil_with("changed");
  EXPECT_EQ(page.results[0].volume, 101);
  EXPECT_EQ(page.results[1].volume, 100);
}

TEST_F(SpoiledPage, flips_adjusted) {
  spoil_with("flip-adjusted");
  EXPECT_FALSE(page.adjusted);
}

TEST_F(SpoiledPage, points_to_a_foreign_host) {
  spoil_with("foreign-next-url");
  EXPECT_EQ(page.next_url, "https://evil.example/v2/next?cursor=x");
}

TEST_F(SpoiledPage, points_to_a_foreign_host_from_the_last_page_too) {
  page.next_url.clear();
  spoil_with("foreign-next-url");
  EXPECT_EQ(page.next_url, "https://evil.example/v2/sent?limit=5");
}

TEST_F(SpoiledPage, points_to_itself) {
  spoil_with("endless-next-url");
  EXPECT_EQ(page.next_url, "http://host/v2/sent?limit=5");
}

TEST_F(SpoiledPage, lacks_fields_that_may_be_missing) {
  spoil_with("missing-fields");
  auto const text = to_json(page, "id");
  EXPECT_EQ(text.find("ount\""), std::string::npos) << text;
  EXPECT_EQ(text.find(R"("vw")"), text.find(R"("vw")", text.find("},{"))) << text;  // the first bar has none
  EXPECT_NE(text.find(R"("vw")"), std::string::npos);
}

TEST_F(SpoiledPage, lacks_a_close) {
  spoil_with("missing-close");
  EXPECT_NE(to_json(page, "id").find(R"("o":10,"h":12)"), std::string::npos);
}

TEST_F(SpoiledPage, is_empty_though_there_are_bars) {
  spoil_with("false-empty");
  EXPECT_TRUE(page.results.empty());
  EXPECT_EQ(page.next_url, "");
}

TEST_F(SpoiledPage, has_half_of_what_it_says) {
  spoil_with("cut-results");
  EXPECT_EQ(page.results.size(), 3U);
  EXPECT_TRUE(to_json(page, "id").contains(R"("resultsCount":7,)"));
  EXPECT_TRUE(to_json(page, "id").contains(R"("count":7)"));
}

TEST_F(SpoiledPage, is_cut_at_the_limit_and_says_so_in_one_place_only) {
  spoil_with("cut-at-limit");
  auto const text = to_json(page, "id");
  EXPECT_TRUE(text.contains(R"("queryCount":50000,"resultsCount":3,)")) << text;
  EXPECT_FALSE(text.contains("next_url"));
}

TEST_F(SpoiledPage, says_that_it_was_made_of_more_or_went_wrong) {
  auto const whole = page;
  spoil_with("wrong-query-count");
  EXPECT_EQ(page.query_count, 701U);
  page = whole;
  spoil_with("error-beside-ok");
  auto const text = to_json(page, "id");
  EXPECT_TRUE(text.contains(R"("status":"OK")")) << text;
  EXPECT_TRUE(text.contains(R"("error":"upstream request timeout")")) << text;
  EXPECT_TRUE(text.contains(R"("resultsCount":0,)")) << text;
}

TEST_F(SpoiledPage, has_odd_fields_in_every_fifth_bar) {
  auto const whole = page;
  spoil_with("null-fields");
  EXPECT_TRUE(to_json(page, "id").contains(R"("vw":null)"));
  EXPECT_TRUE(to_json(page, "id").contains(R"("n":null)"));
  EXPECT_TRUE(to_json(page, "id").contains(R"("vw":10.5)"));
  page = whole;
  spoil_with("whole-numbers");
  EXPECT_TRUE(to_json(page, "id").contains(R"("n":30e-1)"));
  EXPECT_TRUE(to_json(page, "id").contains(R"("n":3})"));
  EXPECT_TRUE(to_json(page, "id").contains(".0,"));
  page = whole;
  spoil_with("unreadable-field");
  EXPECT_TRUE(to_json(page, "id").contains(R"("o":"none10")"));
  EXPECT_TRUE(to_json(page, "id").contains(R"("o":10,)"));
}

TEST(Faults, of_the_date_are_an_hour_or_years) {
  EXPECT_EQ(date_error(rules("wrong-date").rules[0].kind), -1h);
  EXPECT_LT(date_error(rules("date-years-ago").rules[0].kind), -24h * 365);
  EXPECT_GT(date_error(rules("date-years-ahead").rules[0].kind), 24h * 365);
  EXPECT_EQ(date_error(rules("truncate").rules[0].kind), 0ms);
}

TEST_F(SpoiledPage, is_empty_before_a_next_page_that_has_all_bars) {
  spoil_with("empty-with-next-url");
  EXPECT_TRUE(page.results.empty());
  EXPECT_EQ(page.next_url, next_url(ask, "http://host", ask.range.from + 4h));
}

TEST_F(SpoiledPage, writes_null_where_it_has_no_results) {
  page.results.clear();
  spoil_with("empty-results-null");
  EXPECT_NE(to_json(page, "id").find(R"("results":null)"), std::string::npos);
}

}  // namespace
}  // namespace candled
