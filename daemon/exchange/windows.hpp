// The grid of windows that bars are made for.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.hpp"
#include "core/zone.hpp"

namespace candled {

enum class Timespan { minute, hour, day, week, month, quarter, year };

std::string_view to_string(Timespan timespan);
std::optional<Timespan> parse_timespan(std::string_view text);

struct Resolution {
  int multiplier;
  Timespan timespan;
};

// Where windows of a resolution start (provider contract, 1.3): minutes and hours on the clock of the zone's
// day, days at its midnight, weeks on Sunday, months, quarters and years on their first day. Windows that do
// not divide their day, and several days, weeks or months, are counted from the one that `anchor` (the asked
// `from`) falls into.
class Windows {
 public:
  Windows(Resolution resolution, Zone zone, UtcTime anchor);

  // The start of the window that holds `time`, and of the one after it.
  UtcTime start(UtcTime time) const;
  UtcTime end(UtcTime time) const;

 private:
  UtcTime intraday(UtcTime time, int next) const;
  UtcTime calendar(UtcTime time, int next) const;

  Resolution resolution_;
  Zone zone_;
  UtcTime anchor_midnight_;
  Date anchor_first_;
};

}  // namespace candled
