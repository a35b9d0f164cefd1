#include <gtest/gtest.h>

#include "core/corporate_action.hpp"
#include "core/instrument_names.hpp"

namespace candled {
namespace {

Date date(char const* text) {
  return parse_date(text).value();
}

TEST(ReadCsv, columns_come_in_any_order_and_optional_ones_may_be_missing) {
  auto const rows =
      read_csv("\xEF\xBB\xBF b , a\r\n# a comment\n\n2, 1\r\n", {.required = {"a", "b"}, .optional = {"c"}});

  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].line, 4);
  EXPECT_EQ((*rows)[0].cells, (std::vector<std::string>{"1", "2", ""}));
}

TEST(ReadCsv, what_is_wrong_is_named_with_its_line) {
  auto const problems = [](std::string_view text) {
    return read_csv(text, {.required = {"a"}, .optional = {"b"}}).error();
  };

  EXPECT_EQ(problems(""),
            (std::vector<LineProblem>{{1, "the file is empty: its first line names the columns"}}));
  EXPECT_EQ(problems("a,c\n"), (std::vector<LineProblem>{{1, "unknown column 'c': there are a, b"}}));
  EXPECT_EQ(problems("a,a\n"), (std::vector<LineProblem>{{1, "the column 'a' is there twice"}}));
  EXPECT_EQ(problems("b\n"),
            (std::vector<LineProblem>{{1, "the column 'a' is missing: the first line names the columns"}}));
  EXPECT_EQ(problems("a\n1\n1,2\n\"x\"\n"),
            (std::vector<LineProblem>{{3, "2 values, but the first line names 1 columns"},
                                      {4, "quotes are not for this file: write the values as they are"}}));
}

TEST(InstrumentNames, a_renamed_instrument_has_a_line_for_each_name) {
  auto const names = parse_instrument_names(
      "instrument,ticker,first_date,last_date,exchange\n"
      "meta,FB,2012-05-18,2022-06-08,Q\n"
      "meta,META,2022-06-09,,\n");

  ASSERT_TRUE(names);
  ASSERT_EQ(names->size(), 2U);
  EXPECT_EQ((*names)[0].last, date("2022-06-08"));
  EXPECT_EQ((*names)[0].exchange, "Q");
  EXPECT_EQ((*names)[1].last, std::nullopt);
}

TEST(InstrumentNames, overlaps_are_refused_with_both_lines) {
  auto const same_ticker = parse_instrument_names(
      "instrument,ticker,first_date,last_date\na,X,2020-01-01,2020-06-30\nb,X,2020-06-30,\n");
  auto const same_instrument =
      parse_instrument_names("instrument,ticker,first_date\na,X,2020-01-01\na,Y,2021-01-01\n");

  ASSERT_FALSE(same_ticker);
  EXPECT_EQ(same_ticker.error(),
            (std::vector<LineProblem>{
                {3,
                 "X of b, 2020-06-30 to ..., overlaps line 2, X of a, 2020-01-01 to 2020-06-30: "
                 "a ticker names one instrument at a time"}}));
  ASSERT_FALSE(same_instrument);
  EXPECT_EQ(same_instrument.error().front().line, 3);
  EXPECT_TRUE(same_instrument.error().front().what.ends_with("an instrument has one ticker at a time"));
}

TEST(InstrumentNames, a_reused_ticker_is_no_overlap) {
  EXPECT_TRUE(
      parse_instrument_names("instrument,ticker,first_date,last_date\nb,FB,2012-05-18,\na,FB,,2003-03-28\n"));
}

TEST(InstrumentNames, what_cannot_be_is_refused) {
  auto const wrong = parse_instrument_names(
      "instrument,ticker,first_date,last_date\n,X,,\na,,,\na,X,20200101,\na,X,2020-02-01,2020-01-31\n");

  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(),
            (std::vector<LineProblem>{
                {2, "the instrument is missing"},
                {3, "the ticker is missing"},
                {4, "first_date: expected a date such as 2014-04-02, or nothing, got '20200101'"},
                {5, "last_date 2020-01-31 is before first_date 2020-02-01"}}));
}

TEST(CorporateActions, splits_and_dividends_are_read) {
  auto const actions = parse_corporate_actions(
      "ticker,kind,ex_date,value,currency,id\n"
      "AAPL,split,2014-06-09,7:1,,\n"
      "AIG,split,2009-07-01,1:20,,x1\n"
      "GOOG,split,2015-04-27,1.0027,,\n"
      "AAPL,dividend,2020-08-07,0.82,USD,\n"
      "AAPL,dividend,2020-08-07,0.1,USD,\n");

  ASSERT_TRUE(actions);
  EXPECT_EQ((*actions)[0].value, 7);
  EXPECT_EQ((*actions)[0].id, "AAPL split 2014-06-09");
  EXPECT_EQ((*actions)[1].value, 0.05);
  EXPECT_EQ((*actions)[1].id, "x1");
  EXPECT_EQ((*actions)[2].value, 1.0027);
  EXPECT_EQ((*actions)[3].kind, ActionKind::dividend);
  EXPECT_EQ((*actions)[3].currency, "USD");
  EXPECT_EQ((*actions)[4].id, "AAPL dividend 2020-08-07 2");
}

TEST(CorporateActions, what_cannot_be_is_refused) {
  auto const wrong = parse_corporate_actions(
      "ticker,kind,ex_date,value,id\n"
      "A,merger,2020-01-02,1,a\n"
      "A,split,2020-01-02,0:1,b\n"
      "A,dividend,2020-01-02,nan,c\n"
      "A,dividend,2020-01-02,1,c\n");

  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(),
            (std::vector<LineProblem>{{2, "kind: expected split or dividend, got 'merger'"},
                                      {3, "value: expected new:old shares such as 4:1 or 1:20, got '0:1'"},
                                      {4, "value: expected an amount of money such as 0.82, got 'nan'"},
                                      {5, "the id 'c' is that of line 4 too"}}));
}

}  // namespace
}  // namespace candled
