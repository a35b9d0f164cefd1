// The days on which the New York Stock Exchange does not trade, or closes early.
//
// Sources: NYSE Rule 7.2 (holidays), the "Holidays & Trading Hours" page of nyse.com and ICE's yearly notices
// of them; for what is not by rule, and for the years before, the exchange's list of special closings
// (nyse.com/pdfs/closings.pdf), as pandas_market_calendars repeats it in holidays/nyse.py.
//
// What is left out on purpose: late openings; halts within a session that ended it (1997-10-27 at 15:30,
// circuit breaker; 2005-06-01 at 15:56, systems), after which trading elsewhere went on. What is not certain:
// 1999-12-31, which some sources call an early close and the exchange's list does not; it is a whole day
// here.
#pragma once

#include <chrono>
#include <vector>

#include "core/time.hpp"

namespace candled {

struct EarlyClose {
  std::chrono::sys_days date;
  Milliseconds closes_at{};  // since midnight in New York

  friend bool operator==(EarlyClose const&, EarlyClose const&) = default;
};

// Needs a year from 1990 on: before, other rules held, and they are not known here. Years to come follow the
// rules of today. Both are sorted by date and hold Mondays to Fridays only.
std::vector<std::chrono::sys_days> nyse_closed_days(std::chrono::year year);
std::vector<EarlyClose> nyse_early_closes(std::chrono::year year);

}  // namespace candled
