// One odd field costs one field, or one bar: never the others of its page.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "unit/polygon_answers.hpp"

namespace candled {
namespace {

using test::answer;
using test::bar_at;
using test::expect_malformed;
using test::first_minute;
using test::minute;
using test::minutes;
using test::ms;
using test::ok;
using test::parse;

// The second of two bars, with these fields instead of its own.
std::string with(std::string_view fields) {
  return fmt::format(R"({{{},"c":1,"t":{}}})", fields, first_minute + minute);
}

struct Readable {
  char const* fields;
  double volume;
  double vwap;
  std::int32_t count;
};

constexpr double none = std::numeric_limits<double>::quiet_NaN();

TEST(PolygonOddFields, what_may_be_absent_may_be_null_and_numbers_have_many_spellings) {
  for (auto const& row : {Readable{R"("o":1,"h":1,"l":1,"v":7,"vw":1,"n":null)", 7, 1, -1},
                          {R"("o":1,"h":1,"l":1,"v":7,"vw":null,"n":5)", 7, none, 5},
                          {R"("o":1,"h":1,"l":1,"v":7,"vw":null,"n":null,"otc":null)", 7, none, -1},
                          {R"("o":1,"h":1,"l":1,"v":7,"vw":0,"n":5)", 7, none, 5},
                          {R"("o":1,"h":1,"l":1,"v":7,"vw":-0.0,"n":5)", 7, none, 5},
                          {R"("o":1,"h":1,"l":1,"v":7,"vw":1,"n":5.0)", 7, 1, 5},
                          {R"("o":1,"h":1,"l":1,"v":7,"vw":1,"n":1.2e+01)", 7, 1, 12},
                          {R"("o":1,"h":1,"l":1,"v":7,"vw":1,"n":0)", 7, 1, 0},
                          {R"("o":1,"h":1,"l":1,"v":7,"vw":1,"n":2147483647)", 7, 1, 2147483647},
                          {R"("o":1e0,"h":1.0,"l":10e-1,"v":7e0,"vw":1.0,"n":500e-2)", 7, 1, 5}}) {
    auto const [page, bars] = parse(ok(answer(bar_at(first_minute) + "," + with(row.fields))));

    ASSERT_TRUE(page) << row.fields << " " << page.error().what;
    EXPECT_TRUE(page->unreadable.empty()) << row.fields;
    ASSERT_EQ(bars.size(), 2U) << row.fields;
    EXPECT_EQ(bars[1].open, 1) << row.fields;
    EXPECT_EQ(bars[1].volume, row.volume) << row.fields;
    EXPECT_EQ(std::isnan(bars[1].vwap), std::isnan(row.vwap)) << row.fields;
    EXPECT_EQ(bars[1].trade_count, row.count) << row.fields;
    EXPECT_EQ(page->counts_too_large, 0U);
  }
}

TEST(PolygonOddFields, a_count_that_the_column_does_not_hold_is_as_good_as_none_and_told) {
  for (auto const* count : {"2147483648", "3000000000", "3e9", "9223372036854775808", "1e300"}) {
    auto const body = with(fmt::format(R"("o":1,"h":1,"l":1,"v":7,"n":{})", count));
    auto const [page, bars] = parse(ok(answer(bar_at(first_minute) + "," + body)));

    ASSERT_TRUE(page) << count << " " << page.error().what;
    ASSERT_EQ(bars.size(), 2U) << count;
    EXPECT_EQ(bars[1].trade_count, -1) << count;
    EXPECT_EQ(page->counts_too_large, 1U) << count;
  }
}

TEST(PolygonOddFields, an_index_has_null_for_a_volume) {
  auto const body = fmt::format(
      R"({{"results":[{{"c":2,"h":3,"l":1,"o":2,"t":{},"v":null,"vw":null,"n":null}}],"status":"OK","ticker":"I:NDX"}})",
      first_minute);

  auto const [page, bars] = parse(ok(body), minutes("I:NDX"));

  ASSERT_TRUE(page) << page.error().what;
  ASSERT_EQ(bars.size(), 1U);
  EXPECT_EQ(bars[0].volume, 0);
}

TEST(PolygonOddFields, times_have_many_spellings_too) {
  for (auto const* t : {"1709562660000.0", "1.70956266e12", "1709562660000e0", "17095626600000e-1"}) {
    auto const [page, bars] = parse(ok(
        answer(bar_at(first_minute) + "," + fmt::format(R"({{"o":1,"h":1,"l":1,"c":1,"v":1,"t":{}}})", t))));

    ASSERT_TRUE(page) << t << " " << page.error().what;
    ASSERT_EQ(bars.size(), 2U) << t;
    EXPECT_EQ(bars[1].start, ms(first_minute + minute)) << t;
  }
}

TEST(PolygonOddFields, a_time_that_is_no_time_of_this_answer_spoils_it) {
  for (auto const* t : {"9223372036854775808", "99999999999999999999999999", "-1e300", "1.7e9"})
    expect_malformed(parse(ok(answer(fmt::format(R"({{"o":1,"h":1,"l":1,"c":1,"v":1,"t":{}}})", t)))),
                     "lies outside the range that was asked");
}

struct Unreadable {
  char const* fields;
  char const* problem;
};

TEST(PolygonOddFields, a_bar_that_cannot_be_read_is_named_with_key_and_value_and_the_others_stay) {
  std::string const rest = R"("h":1,"l":1,"v":1)";
  for (auto const& row : {Unreadable{R"("o":NaN)", "o is NaN"},
                          {R"("o":Infinity)", "o is Infinity"},
                          {R"("o":-Infinity)", "o is -Infinity"},
                          {R"("o":1e400)", "o is 1e400"},
                          {R"("o":"1")", "o is \"1\""},
                          {R"("o":null)", "o is null"},
                          {R"("o":true)", "o is true"},
                          {R"("o":[1])", "o is an array"},
                          {R"("o":{"a":1})", "o is an object"},
                          {R"("o":1.)", "o is 1."},
                          {R"("o":.5)", "o is .5"},
                          {R"("o":0x1)", "o is 0x1"},
                          {R"("o":01)", "o is 01"},
                          {R"("o":1,"o":2)", "o comes twice, then as 2"},
                          {R"("o":1,"n":"1")", "n is \"1\""},
                          {R"("o":1,"n":1.5)", "n is 1.5"},
                          {R"("o":1,"n":true)", "n is true"},
                          {R"("o":1,"vw":"x")", "vw is \"x\""},
                          {R"("o":1,"vw":[])", "vw is an array"},
                          {R"("O":1)", "o is missing"},
                          {R"("\u006f":1)", "o is missing"}}) {
    auto const body = fmt::format("{},{{{},{},\"c\":1,\"t\":{}}},{}", bar_at(first_minute), row.fields, rest,
                                  first_minute + minute, bar_at(first_minute + 2 * minute));
    auto const [page, bars] = parse(ok(answer(body)));

    ASSERT_TRUE(page) << row.fields << " " << page.error().what;
    ASSERT_EQ(bars.size(), 2U) << row.fields;
    EXPECT_EQ(bars[1].start, ms(first_minute + 2 * minute));
    ASSERT_EQ(page->unreadable.size(), 1U) << row.fields;
    EXPECT_EQ(page->unreadable[0].problem, row.problem);
    EXPECT_EQ(page->unreadable[0].bar.start, ms(first_minute + minute));
    EXPECT_EQ(page->unreadable[0].bar.close, 1) << row.fields;
    EXPECT_FALSE(page->unreadable[0].between) << row.fields;
    EXPECT_EQ(page->proven_until, minutes().range.to);
  }
}

TEST(PolygonOddFields, a_long_value_is_shown_in_part_without_the_key_or_what_a_terminal_obeys) {
  auto const bad = with(fmt::format(R"("h":1,"l":1,"v":1,"o":"canary-4f1d {}")", std::string(500, 'x')));

  auto const [page, bars] = parse(ok(answer(bar_at(first_minute) + "," + bad)));

  ASSERT_TRUE(page) << page.error().what;
  ASSERT_EQ(page->unreadable.size(), 1U);
  EXPECT_LT(page->unreadable[0].problem.size(), 100U);
  EXPECT_FALSE(page->unreadable[0].problem.contains("canary")) << page->unreadable[0].problem;
}

TEST(PolygonOddFields, without_a_time_a_bar_may_stand_between_its_neighbours) {
  auto const [from, to] = minutes().range;
  auto const lost = [](std::string_view t) {
    return fmt::format(R"({{"o":1,"h":1,"l":1,"c":1,"v":1{}}})", t);
  };
  auto const at = [](int i) { return bar_at(first_minute + i * minute); };
  for (auto const* t :
       {"", R"(,"t":null)", R"(,"t":"2024-03-04")", R"(,"t":1709562600000.5)", R"(,"t":1,"t":2)"}) {
    auto const between = [&](std::string const& before, std::string const& after) {
      auto const [page, bars] = parse(ok(answer(before + lost(t) + after)));
      EXPECT_TRUE(page) << page.error().what;
      EXPECT_EQ(page->unreadable.size(), 1U);
      EXPECT_EQ(page->unreadable.at(0).bar.start, page->unreadable.at(0).between.value().from);
      return page->unreadable.at(0).between.value();
    };

    EXPECT_EQ(between(at(1) + ",", "," + at(5)),
              (TimeRange{.from = ms(first_minute + 2 * minute), .to = ms(first_minute + 5 * minute)}));
    EXPECT_EQ(between("", "," + at(5)), (TimeRange{.from = from, .to = ms(first_minute + 5 * minute)}));
    EXPECT_EQ(between(at(1) + ",", ""), (TimeRange{.from = ms(first_minute + 2 * minute), .to = to}));
    EXPECT_EQ(between("", ""), (TimeRange{.from = from, .to = to}));
    EXPECT_TRUE(between(at(1) + ",", "," + at(2)).empty());
  }
}

TEST(PolygonOddFields, what_is_no_object_is_a_bar_without_a_time) {
  for (auto const* element : {"1", "[]", "null", "\"bar\"", "true"}) {
    auto const [page, bars] = parse(ok(answer(bar_at(first_minute) + "," + element)));

    ASSERT_TRUE(page) << element << " " << page.error().what;
    EXPECT_EQ(bars.size(), 1U);
    ASSERT_EQ(page->unreadable.size(), 1U) << element;
    EXPECT_TRUE(page->unreadable[0].problem.ends_with("is no bar")) << page->unreadable[0].problem;
    EXPECT_TRUE(page->unreadable[0].between);
  }
}

TEST(PolygonOddFields, without_an_order_there_are_no_neighbours) {
  expect_malformed(parse(ok(answer(bar_at(first_minute + minute) + R"(,{"o":1},)" + bar_at(first_minute)))),
                   "in no order that could tell it");
}

TEST(PolygonOddFields, too_many_of_them_are_a_broken_answer) {
  auto const window = Window{.series = SeriesId{1},
                             .ticker = "AAPL",
                             .range = {.from = ms(first_minute), .to = ms(first_minute + 5000 * minute)}};
  auto const page_with = [&](int bad) {
    std::vector<std::string> bars;
    for (int i = 0; i < 2000; ++i)
      bars.push_back(
          i < bad ? fmt::format(R"({{"o":null,"h":1,"l":1,"c":1,"v":1,"t":{}}})", first_minute + i * minute)
                  : bar_at(first_minute + i * minute));
    return parse(ok(answer(fmt::format("{}", fmt::join(bars, ",")))), window);
  };

  EXPECT_TRUE(page_with(1000).page);
  expect_malformed(page_with(1001), "more than 1000 bars cannot be read, the first for its o is null");
}

// Any field of any bar of a random page, replaced by anything that it cannot be.
TEST(PolygonOddFields, whatever_is_odd_all_other_bars_are_there) {
  std::mt19937 random{20240304};
  auto const below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>{0, n - 1}(random);
  };
  constexpr std::array keys{"o", "h", "l", "c", "v", "vw", "n", "t"};
  constexpr std::array odd{"null", "\"1\"", "true", "{}", "[1,2]", "NaN", "1.5.2", "1e999", "-", "\"\""};
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> rows;
    auto const count = 1 + below(9);
    auto const victim = below(count);
    std::string const key = keys.at(below(keys.size()));
    std::string const value = odd.at(below(odd.size()));
    for (std::size_t i = 0; i < count; ++i) {
      auto row = bar_at(first_minute + static_cast<std::int64_t>(i) * minute);
      if (i == victim) {
        auto const at = row.find(fmt::format("\"{}\":", key)) + key.size() + 3;
        row.replace(at, row.find_first_of(",}", at) - at, value);
      }
      rows.push_back(std::move(row));
    }

    auto const [page, bars] = parse(ok(answer(fmt::format("{}", fmt::join(rows, ",")))));

    ASSERT_TRUE(page) << key << " " << value << " " << page.error().what;
    bool const absent = value == "null" && (key == "vw" || key == "n");
    ASSERT_EQ(bars.size(), absent ? count : count - 1) << key << " " << value;
    ASSERT_EQ(page->unreadable.size(), absent ? 0U : 1U) << key << " " << value;
    if (!absent)
      ASSERT_TRUE(page->unreadable[0].problem.starts_with(key + " is ")) << page->unreadable[0].problem;
  }
}

}  // namespace
}  // namespace candled
