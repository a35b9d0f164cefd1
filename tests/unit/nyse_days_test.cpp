// Facts of the exchange, not of our rules: dates and counts as it published them.
#include "core/nyse_days.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/calendar.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

std::vector<std::string> closed_in(year in_year) {
  std::vector<std::string> dates;
  for (auto const date : nyse_closed_days(in_year)) dates.push_back(to_string(Date{date}));
  return dates;
}

bool closed_on(std::string const& date) {
  auto const closed = closed_in(parse_date(date)->year());
  return std::ranges::find(closed, date) != closed.end();
}

// "2024-07-03 13:00"
std::vector<std::string> early_in(year in_year) {
  std::vector<std::string> texts;
  for (auto const& [date, closes_at] : nyse_early_closes(in_year)) {
    auto const minutes = closes_at / 1min % 60;
    texts.push_back(to_string(Date{date}) + " " + std::to_string(closes_at / 1h) + ":" +
                    (minutes < 10 ? "0" : "") + std::to_string(minutes));
  }
  return texts;
}

struct Sessions {
  int in_year;
  std::int64_t count;
};

TEST(NyseDays, every_year_has_the_sessions_that_it_had) {
  constexpr Sessions years[] = {
      {1990, 253}, {1991, 253}, {1992, 254}, {1993, 253}, {1994, 252}, {1995, 252}, {1996, 254}, {1997, 253},
      {1998, 252}, {1999, 252}, {2000, 252}, {2001, 248}, {2002, 252}, {2003, 252}, {2004, 252}, {2005, 252},
      {2006, 251}, {2007, 251}, {2008, 253}, {2009, 252}, {2010, 252}, {2011, 252}, {2012, 250}, {2013, 252},
      {2014, 252}, {2015, 252}, {2016, 252}, {2017, 251}, {2018, 251}, {2019, 252}, {2020, 253}, {2021, 252},
      {2022, 251}, {2023, 250}, {2024, 252}, {2025, 250}, {2026, 251}, {2027, 251}};
  Calendar const calendar{CalendarKind::xnys};
  for (auto const& [in_year, count] : years) {
    sys_days const first{year{in_year} / 1 / 1};
    sys_days const next{year{in_year + 1} / 1 / 1};
    // From and until 05:00 UTC, midnight in New York.
    TimeRange const range{.from = first + 5h, .to = next + 5h};
    EXPECT_EQ(calendar.sessions(range).size(), static_cast<std::size_t>(count)) << in_year;
    EXPECT_EQ(calendar.bars_in_at_most(Timeframe::d1, range), count) << in_year;
  }
}

using Dates = std::vector<std::string>;

TEST(NyseDays, holidays_are_those_that_the_exchange_announced) {
  EXPECT_EQ(closed_in(2024y), (Dates{"2024-01-01", "2024-01-15", "2024-02-19", "2024-03-29", "2024-05-27",
                                     "2024-06-19", "2024-07-04", "2024-09-02", "2024-11-28", "2024-12-25"}));
  EXPECT_EQ(closed_in(2025y),
            (Dates{"2025-01-01", "2025-01-09", "2025-01-20", "2025-02-17", "2025-04-18", "2025-05-26",
                   "2025-06-19", "2025-07-04", "2025-09-01", "2025-11-27", "2025-12-25"}));
  EXPECT_EQ(closed_in(2026y), (Dates{"2026-01-01", "2026-01-19", "2026-02-16", "2026-04-03", "2026-05-25",
                                     "2026-06-19", "2026-07-03", "2026-09-07", "2026-11-26", "2026-12-25"}));
  EXPECT_EQ(closed_in(2027y), (Dates{"2027-01-01", "2027-01-18", "2027-02-15", "2027-03-26", "2027-05-31",
                                     "2027-06-18", "2027-07-05", "2027-09-06", "2027-11-25", "2027-12-24"}));
}

TEST(NyseDays, new_year_on_a_saturday_is_not_kept_on_friday) {
  for (auto const in_year : {1994y, 2000y, 2005y, 2011y, 2022y, 2028y}) {
    EXPECT_FALSE(closed_on(to_string(Date{in_year / 1 / 1})));
    auto const before = in_year - std::chrono::years{1};
    EXPECT_FALSE(closed_on(to_string(Date{before / 12 / 31})));
  }
  EXPECT_EQ(closed_in(2023y).front(), "2023-01-02");  // of a Sunday, on Monday
}

TEST(NyseDays, holidays_begin_in_the_year_in_which_they_began) {
  EXPECT_FALSE(closed_on("1997-01-20"));
  EXPECT_TRUE(closed_on("1998-01-19"));
  EXPECT_FALSE(closed_on("2021-06-18"));
  EXPECT_TRUE(closed_on("2022-06-20"));
}

TEST(NyseDays, the_exchange_closed_for_attacks_storms_and_presidents) {
  for (auto const* const date :
       {"1994-04-27", "2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14", "2004-06-11", "2007-01-02",
        "2012-10-29", "2012-10-30", "2018-12-05", "2025-01-09"})
    EXPECT_TRUE(closed_on(date)) << date;
  EXPECT_FALSE(closed_on("2001-09-10"));
  EXPECT_FALSE(closed_on("2001-09-17"));
}

TEST(NyseDays, easter_moves_good_friday) {
  for (auto const* const date : {"1990-04-13", "2000-04-21", "2008-03-21", "2011-04-22", "2019-04-19",
                                 "2030-04-19", "2035-03-23", "2038-04-23"})
    EXPECT_TRUE(closed_on(date)) << date;
}

TEST(NyseDays, early_closes_are_those_that_the_exchange_announced) {
  EXPECT_EQ(early_in(1990y), (Dates{"1990-12-24 14:00"}));
  EXPECT_EQ(early_in(1992y), (Dates{"1992-11-27 14:00", "1992-12-24 14:00"}));
  EXPECT_EQ(early_in(1993y), (Dates{"1993-11-26 13:00"}));
  EXPECT_EQ(early_in(1994y), (Dates{"1994-02-11 14:30", "1994-11-25 13:00"}));
  EXPECT_EQ(early_in(1995y), (Dates{"1995-07-03 13:00", "1995-11-24 13:00"}));
  EXPECT_EQ(early_in(1996y),
            (Dates{"1996-01-08 14:00", "1996-07-05 13:00", "1996-11-29 13:00", "1996-12-24 13:00"}));
  EXPECT_EQ(early_in(1997y),
            (Dates{"1997-07-03 13:00", "1997-11-28 13:00", "1997-12-24 13:00", "1997-12-26 13:00"}));
  EXPECT_EQ(early_in(1999y), (Dates{"1999-11-26 13:00"}));  // Christmas Eve was the holiday
  EXPECT_EQ(early_in(2002y), (Dates{"2002-07-05 13:00", "2002-11-29 13:00", "2002-12-24 13:00"}));
  EXPECT_EQ(early_in(2003y),
            (Dates{"2003-07-03 13:00", "2003-11-28 13:00", "2003-12-24 13:00", "2003-12-26 13:00"}));
  EXPECT_EQ(early_in(2013y), (Dates{"2013-07-03 13:00", "2013-11-29 13:00", "2013-12-24 13:00"}));
  EXPECT_EQ(early_in(2019y), (Dates{"2019-07-03 13:00", "2019-11-29 13:00", "2019-12-24 13:00"}));
  EXPECT_EQ(early_in(2020y), (Dates{"2020-11-27 13:00", "2020-12-24 13:00"}));
  EXPECT_EQ(early_in(2021y), (Dates{"2021-11-26 13:00"}));
  EXPECT_EQ(early_in(2022y), (Dates{"2022-11-25 13:00"}));  // 3 July and 24 December at weekends
  EXPECT_EQ(early_in(2023y), (Dates{"2023-07-03 13:00", "2023-11-24 13:00"}));
  EXPECT_EQ(early_in(2024y), (Dates{"2024-07-03 13:00", "2024-11-29 13:00", "2024-12-24 13:00"}));
  EXPECT_EQ(early_in(2025y), (Dates{"2025-07-03 13:00", "2025-11-28 13:00", "2025-12-24 13:00"}));
  EXPECT_EQ(early_in(2026y), (Dates{"2026-11-27 13:00", "2026-12-24 13:00"}));
}

TEST(NyseDays, no_day_is_closed_twice_closed_and_early_or_at_a_weekend) {
  for (auto in_year = 1990y; in_year <= 2099y; ++in_year) {
    std::set<sys_days> days;
    for (auto const date : nyse_closed_days(in_year)) EXPECT_TRUE(days.insert(date).second);
    for (auto const& early : nyse_early_closes(in_year)) EXPECT_TRUE(days.insert(early.date).second);
    for (auto const date : days) {
      std::chrono::weekday const weekday{date};
      EXPECT_TRUE(weekday != std::chrono::Saturday && weekday != std::chrono::Sunday)
          << to_string(Date{date});
      EXPECT_EQ(Date{date}.year(), in_year);
    }
  }
}

}  // namespace
}  // namespace candled
