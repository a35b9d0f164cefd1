#include "core/horizon.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

UtcTime at(char const* text) {
  return parse_rfc3339(text).value();
}

// Asks as a fetcher does until all of `range` is answered or known to lie beyond; counts the questions.
struct Search {
  UtcTime plan_begins;
  Horizon horizon;
  int asked = 0;

  // The start of what was answered; the range's end when nothing was.
  UtcTime ask_all(TimeRange range) {
    while (!range.empty()) {
      auto const from = horizon.next(range, Zone::new_york());
      if (!from) break;
      ++asked;
      EXPECT_LT(*from, range.to);
      if (*from < plan_begins) {
        horizon.refused(*from);
      } else {
        horizon.answered(*from);
        range.to = *from;
      }
      if (asked > 50) break;
    }
    return range.to;
  }
};

TEST(Horizon, asks_for_all_as_long_as_nothing_was_refused) {
  Search search{.plan_begins = at("2003-01-01T05:00:00Z")};

  EXPECT_EQ(search.ask_all({at("2010-01-04T05:00:00Z"), at("2026-01-01T05:00:00Z")}),
            at("2010-01-04T05:00:00Z"));
  EXPECT_EQ(search.asked, 1);
}

TEST(Horizon, finds_the_day_with_a_dozen_questions_and_remembers_it) {
  Search search{.plan_begins = at("2021-06-15T04:00:00Z")};

  EXPECT_EQ(search.ask_all({at("2010-01-04T05:00:00Z"), at("2026-01-01T05:00:00Z")}),
            at("2021-06-15T04:00:00Z"));
  EXPECT_LE(search.asked, 28);

  search.asked = 0;
  EXPECT_EQ(search.ask_all({at("2010-01-04T05:00:00Z"), at("2026-01-01T05:00:00Z")}),
            at("2021-06-15T04:00:00Z"));
  EXPECT_EQ(search.asked, 1);
}

TEST(Horizon, a_range_that_lies_beyond_as_a_whole_is_not_asked_for_once_that_is_known) {
  Search search{.plan_begins = at("2021-06-15T04:00:00Z")};
  search.ask_all({at("2010-01-04T05:00:00Z"), at("2026-01-01T05:00:00Z")});
  search.asked = 0;

  EXPECT_EQ(search.ask_all({at("2011-01-04T05:00:00Z"), at("2015-01-01T05:00:00Z")}),
            at("2015-01-01T05:00:00Z"));
  EXPECT_EQ(search.asked, 0);
}

TEST(Horizon, moves_on_with_time) {
  Search search{.plan_begins = at("2021-06-15T04:00:00Z")};
  search.ask_all({at("2010-01-04T05:00:00Z"), at("2026-01-01T05:00:00Z")});
  search.plan_begins = at("2021-06-18T04:00:00Z");

  EXPECT_EQ(search.ask_all({at("2010-01-04T05:00:00Z"), at("2026-01-01T05:00:00Z")}),
            at("2021-06-18T04:00:00Z"));
}

TEST(Horizon, moves_back_when_the_plan_is_upgraded) {
  Horizon horizon;
  horizon.refused(at("2020-01-01T05:00:00Z"));

  horizon.answered(at("2015-01-01T05:00:00Z"));

  EXPECT_EQ(horizon.next({at("2015-01-01T05:00:00Z"), at("2026-01-01T05:00:00Z")}, Zone::new_york()),
            at("2015-01-01T05:00:00Z"));
}

}  // namespace
}  // namespace candled
