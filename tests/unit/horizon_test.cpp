#include "core/horizon.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace candled {
namespace {

UtcTime at(char const* text) {
  return parse_rfc3339(text).value();
}

Horizons::Grid const days{.timeframe = Timeframe::m1, .zone = Zone::new_york()};
constexpr SeriesId healthy{1};
constexpr SeriesId second{2};
constexpr SeriesId third{3};

// Asks as a fetcher does until all of `range` is answered or known to lie beyond; counts the questions.
struct Search {
  UtcTime plan_begins = at("2021-06-15T04:00:00Z");
  std::map<SeriesId, UtcTime> begins_for = {};  // symbols for which it is otherwise
  Horizons::Grid grid = days;
  Horizons::Now now{.wall = at("2026-01-01T05:00:00Z"), .ticks = SteadyTime{std::chrono::hours{1'000}}};
  Horizons horizons = {};
  int asked = 0;
  std::optional<UtcTime> last_refused = std::nullopt;

  // The start of what was answered; the range's end when nothing was.
  UtcTime ask_all(SeriesId series, TimeRange range) {
    asked = 0;
    auto const own = begins_for.find(series);
    auto const begins = own == begins_for.end() ? plan_begins : own->second;
    while (!range.empty()) {
      auto const from = horizons.next(series, range, grid, now);
      if (!from) break;
      ++asked;
      EXPECT_GE(*from, range.from);
      EXPECT_LT(*from, range.to);
      if (*from < begins) {
        horizons.refused(series, *from, now);
        last_refused = *from;
      } else {
        horizons.answered(series, *from, now);
        range.to = *from;
      }
      EXPECT_LT(asked, 50);
      if (asked >= 50) break;
    }
    return range.to;
  }
  void pass(Milliseconds time) {
    now.wall += time;
    now.ticks += time;
  }
};

TimeRange const history{.from = at("2010-01-04T05:00:00Z"), .to = at("2026-01-01T05:00:00Z")};

TEST(Horizon, asks_for_all_as_long_as_nothing_was_refused) {
  Search search{.plan_begins = at("2003-01-01T05:00:00Z")};

  EXPECT_EQ(search.ask_all(healthy, history), history.from);
  EXPECT_EQ(search.asked, 1);
}

TEST(Horizon, finds_the_day_with_a_dozen_questions_and_remembers_it) {
  Search search;

  EXPECT_EQ(search.ask_all(healthy, history), search.plan_begins);
  EXPECT_LE(search.asked, 28);

  EXPECT_EQ(search.ask_all(healthy, history), search.plan_begins);
  EXPECT_EQ(search.asked, 1);
}

TEST(Horizon, a_second_symbol_confirms_the_day_and_the_others_are_not_asked_for_what_lies_before) {
  Search search;
  search.ask_all(healthy, history);

  EXPECT_EQ(search.ask_all(second, history), search.plan_begins);
  EXPECT_EQ(search.asked, 2);

  EXPECT_EQ(search.ask_all(third, history), search.plan_begins);
  EXPECT_EQ(search.asked, 1);
  EXPECT_EQ(search.ask_all(SeriesId{4}, {at("2011-01-04T05:00:00Z"), at("2015-01-01T05:00:00Z")}),
            at("2015-01-01T05:00:00Z"));
  EXPECT_EQ(search.asked, 0);
}

TEST(Horizon, of_one_symbol_says_nothing_of_the_others) {
  Search search{.plan_begins = at("2003-01-01T05:00:00Z"),
                .begins_for = {{healthy, at("2024-03-01T05:00:00Z")}}};
  search.ask_all(healthy, history);

  EXPECT_EQ(search.ask_all(second, history), history.from);
  EXPECT_LE(search.asked, 3);
  EXPECT_EQ(search.ask_all(third, history), history.from);
  EXPECT_EQ(search.asked, 1);
}

TEST(Horizon, of_two_symbols_says_nothing_while_a_third_is_given_the_same) {
  Search search{.plan_begins = at("2003-01-01T05:00:00Z"),
                .begins_for = {{healthy, at("2024-03-01T05:00:00Z")}, {second, at("2024-03-01T05:00:00Z")}}};
  search.ask_all(third, history);
  search.ask_all(healthy, history);
  search.ask_all(second, history);

  EXPECT_EQ(search.ask_all(SeriesId{4}, history), history.from);
}

TEST(Horizon, a_symbol_that_was_never_answered_confirms_nothing) {
  Search search{.begins_for = {{second, UtcTime::max()}, {third, UtcTime::max()}}};
  search.ask_all(second, history);
  EXPECT_LE(search.asked, 8) << "the plan does not have it: the last week is asked for before any halving";
  search.ask_all(third, history);

  search.begins_for = {{healthy, at("2003-01-01T05:00:00Z")}};
  EXPECT_EQ(search.ask_all(healthy, history), history.from);
}

// Nobody is given anything in this range, so that no good answer speaks against the two.
TEST(Horizon, symbols_that_were_never_answered_do_not_speak_for_others) {
  TimeRange const long_ago{at("2015-01-01T05:00:00Z"), at("2016-01-01T05:00:00Z")};
  Search search{.begins_for = {{second, UtcTime::max()}, {third, UtcTime::max()}}};
  search.ask_all(second, long_ago);
  search.ask_all(third, long_ago);

  search.begins_for[healthy] = at("2003-01-01T05:00:00Z");
  EXPECT_EQ(search.ask_all(healthy, long_ago), long_ago.from);
}

TEST(Horizon, the_last_week_is_asked_for_whatever_others_were_refused) {
  Search search{.plan_begins = at("2025-12-30T05:00:00Z"),
                .begins_for = {{third, at("2025-12-26T05:00:00Z")}}};
  search.ask_all(healthy, history);
  search.ask_all(second, history);

  EXPECT_EQ(search.ask_all(third, history), at("2025-12-26T05:00:00Z"));
  EXPECT_EQ(search.ask_all(SeriesId{4}, {at("2025-12-25T05:00:00Z"), at("2025-12-28T05:00:00Z")}),
            at("2025-12-28T05:00:00Z"));
  EXPECT_GT(search.asked, 0);
}

TEST(Horizon, moves_on_with_time) {
  Search search;
  search.ask_all(healthy, history);
  search.plan_begins = at("2021-06-18T04:00:00Z");

  EXPECT_EQ(search.ask_all(healthy, history), at("2021-06-18T04:00:00Z"));
  EXPECT_EQ(search.ask_all(second, history), at("2021-06-18T04:00:00Z"));
}

TEST(Horizon, moves_back_when_the_plan_is_upgraded) {
  Search search;
  search.ask_all(healthy, history);
  search.ask_all(second, history);

  search.horizons.answered(healthy, history.from, search.now);

  search.plan_begins = history.from;
  EXPECT_EQ(search.ask_all(healthy, history), history.from);
  EXPECT_EQ(search.ask_all(third, history), history.from);
}

TEST(Horizon, is_asked_for_again_after_a_week_with_one_question) {
  Search search;
  search.ask_all(healthy, history);
  search.ask_all(second, history);
  search.pass(std::chrono::days{7});
  TimeRange const gap{.from = history.from, .to = search.plan_begins};

  EXPECT_EQ(search.ask_all(healthy, gap), gap.to);
  EXPECT_EQ(search.asked, 1);

  search.pass(std::chrono::days{7});
  search.plan_begins = history.from;
  EXPECT_EQ(search.ask_all(healthy, gap), gap.from);
}

TEST(Horizon, asks_for_whole_months_where_bars_are_months) {
  Search search{.grid = {.timeframe = Timeframe::mo1, .zone = Zone::new_york()}};

  auto const from = search.ask_all(healthy, {at("2010-01-01T05:00:00Z"), at("2026-01-01T05:00:00Z")});

  EXPECT_EQ(from, at("2021-07-01T04:00:00Z"));
  EXPECT_EQ(search.last_refused, at("2021-06-01T04:00:00Z"));
}

// Whatever plans the symbols have, of which only two or more that share a horizon may speak for each other:
// what a symbol would be given is given to it, and what is left was refused.
TEST(Horizon, nobody_loses_what_the_plan_gives_whoever_is_refused_first) {
  std::vector<std::optional<char const*>> const odd{"2024-03-01T05:00:00Z", "2025-12-31T05:00:00Z",
                                                    std::nullopt};
  for (auto const& begins : odd)
    for (int place = 1; place <= 5; ++place) {
      Search search;
      SeriesId const bad{place};
      search.begins_for[bad] = begins ? at(*begins) : UtcTime::max();
      for (int round = 0; round < 3; ++round) {
        for (int id = 1; id <= 5; ++id)
          if (SeriesId{id} != bad)
            EXPECT_EQ(search.ask_all(SeriesId{id}, history), search.plan_begins) << place << " " << id;
          else
            search.ask_all(bad, history);
        search.pass(std::chrono::days{3});
      }
    }
}

TEST(TickerKind, is_what_the_letter_before_the_colon_says) {
  EXPECT_EQ(kind_of("X:BTCUSD"), TickerKind::crypto);
  EXPECT_EQ(kind_of("I:NDX"), TickerKind::index);
  EXPECT_EQ(kind_of("BRK.B"), TickerKind::share);
  EXPECT_EQ(kind_of("X"), TickerKind::share);
}

TEST(ShorterThanOthers, is_who_was_refused_a_week_or_more_that_another_was_given) {
  auto const old = at("2016-01-04T05:00:00Z");
  auto const young = at("2024-03-01T05:00:00Z");
  using Places = std::vector<std::size_t>;

  EXPECT_EQ(shorter_than_others({{.given_from = old}, {.given_from = young, .refused_until = young}}),
            (Places{1}));
  EXPECT_EQ(shorter_than_others({{.given_from = old}, {.refused_until = young}}), (Places{1}));
  EXPECT_EQ(shorter_than_others({{.given_from = young, .refused_until = young},
                                 {.given_from = young, .refused_until = young}}),
            Places{});
  EXPECT_EQ(shorter_than_others({{.given_from = young, .refused_until = young},
                                 {.given_from = young - std::chrono::days{6}}}),
            Places{});
  EXPECT_EQ(shorter_than_others({{.given_from = old, .refused_until = young}}), Places{})
      << "nobody is another to himself";
  EXPECT_EQ(shorter_than_others({{.kind = TickerKind::crypto, .given_from = old},
                                 {.given_from = young, .refused_until = young}}),
            Places{})
      << "of another kind";
}

}  // namespace
}  // namespace candled
