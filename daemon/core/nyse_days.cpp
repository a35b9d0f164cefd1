#include "core/nyse_days.hpp"

#include <algorithm>
#include <array>

namespace candled {

namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::Friday;
using std::chrono::last;
using std::chrono::Monday;
using std::chrono::Saturday;
using std::chrono::Sunday;
using std::chrono::sys_days;
using std::chrono::Thursday;
using std::chrono::Wednesday;
using std::chrono::weekday;
using std::chrono::year;

constexpr std::array closed_once{
    sys_days{1994y / 4 / 27},                                                        // funeral of Nixon
    sys_days{2001y / 9 / 11},  sys_days{2001y / 9 / 12},  sys_days{2001y / 9 / 13},  // attacks on New York
    sys_days{2001y / 9 / 14},                                                        //
    sys_days{2004y / 6 / 11},                                                        // mourning for Reagan
    sys_days{2007y / 1 / 2},                                                         // mourning for Ford
    sys_days{2012y / 10 / 29}, sys_days{2012y / 10 / 30},                            // hurricane Sandy
    sys_days{2018y / 12 / 5},  // mourning for G. H. W. Bush
    sys_days{2025y / 1 / 9},   // mourning for Carter
};

constexpr std::array closed_early_once{
    EarlyClose{.date = sys_days{1994y / 2 / 11}, .closes_at = 14h + 30min},  // snow
    EarlyClose{.date = sys_days{1996y / 1 / 8}, .closes_at = 14h},           // snow
    EarlyClose{.date = sys_days{1997y / 12 / 26}, .closes_at = 13h},         // Friday after Christmas
    EarlyClose{.date = sys_days{2003y / 12 / 26}, .closes_at = 13h},         // Friday after Christmas
};

// The Gregorian computus of Meeus, Jones and Butcher ("Nature", 20 April 1876): a year's Easter Sunday.
sys_days easter(year in_year) {
  int const y = static_cast<int>(in_year);
  int const a = y % 19;
  int const century = y / 100;
  int const c = y % 100;
  int const g = (8 * century + 13) / 25;
  int const h = (19 * a + century - century / 4 - g + 15) % 30;
  int const m = (a + 11 * h) / 319;
  int const r = (2 * (century % 4) + 2 * (c / 4) - c % 4 - h + m + 32) % 7;
  int const month = (h - m + r + 90) / 25;
  int const day = (h - m + r + month + 19) % 32;
  return in_year / month / day;
}

// A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after.
sys_days observed(sys_days holiday) {
  weekday const day{holiday};
  if (day == Saturday) return holiday - days{1};
  if (day == Sunday) return holiday + days{1};
  return holiday;
}

bool is_weekend(sys_days date) {
  weekday const day{date};
  return day == Saturday || day == Sunday;
}

sys_days thanksgiving(year in_year) {
  return in_year / 11 / Thursday[4];
}

}  // namespace

std::vector<sys_days> nyse_closed_days(year in_year) {
  std::vector<sys_days> closed;
  // Not on the Friday before, which is the last of an accounting year: NYSE Rule 7.2.
  sys_days const new_year = in_year / 1 / 1;
  if (weekday{new_year} != Saturday) closed.push_back(observed(new_year));
  if (in_year >= 1998y) closed.push_back(in_year / 1 / Monday[3]);     // Martin Luther King Jr.
  closed.push_back(in_year / 2 / Monday[3]);                           // Washington's Birthday
  closed.push_back(easter(in_year) - days{2});                         // Good Friday
  closed.push_back(in_year / 5 / Monday[last]);                        // Memorial Day
  if (in_year >= 2022y) closed.push_back(observed(in_year / 6 / 19));  // Juneteenth
  closed.push_back(observed(in_year / 7 / 4));                         // Independence Day
  closed.push_back(in_year / 9 / Monday[1]);                           // Labor Day
  closed.push_back(thanksgiving(in_year));
  closed.push_back(observed(in_year / 12 / 25));
  for (auto const date : closed_once)
    if (Date{date}.year() == in_year) closed.push_back(date);
  std::ranges::sort(closed);
  return closed;
}

std::vector<EarlyClose> nyse_early_closes(year in_year) {
  Milliseconds const usual = in_year < 1993y ? 14h : 13h;
  std::vector<EarlyClose> early;
  // Around Independence Day: the day before it, when both are weekdays. Of a Thursday it was the Friday after
  // that closed early, until the exchange changed that in 2013.
  sys_days const third = in_year / 7 / 3;
  bool const on_friday = weekday{third} == Wednesday && in_year < 2013y;
  if (in_year >= 1995y && on_friday) early.push_back({.date = third + days{2}, .closes_at = usual});
  if (in_year >= 1995y && !on_friday && !is_weekend(third) && weekday{third} != Friday)
    early.push_back({.date = third, .closes_at = usual});
  if (in_year >= 1992y) early.push_back({.date = thanksgiving(in_year) + days{1}, .closes_at = usual});
  // On a Friday Christmas Eve is closed: Christmas is kept on it.
  sys_days const christmas_eve = in_year / 12 / 24;
  if (!is_weekend(christmas_eve) && weekday{christmas_eve} != Friday)
    early.push_back({.date = christmas_eve, .closes_at = usual});
  for (auto const& one : closed_early_once)
    if (Date{one.date}.year() == in_year) early.push_back(one);
  std::ranges::sort(early, {}, &EarlyClose::date);
  return early;
}

}  // namespace candled
