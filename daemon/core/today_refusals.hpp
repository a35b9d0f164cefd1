// That a plan has a day only after its end, as its refusals teach it.
#pragma once

#include <map>
#include <optional>

#include "core/horizon.hpp"

namespace candled {

// As with a horizon, a refusal counts for the symbol that was refused; for the others of its provider,
// timeframe and kind only once a second one was refused on the same day, both had good answers, and
// nobody was given anything of that day. `today` is the start of the day that is on, in the job's zone.
class TodayRefusals {
 public:
  void refused(SeriesId series, UtcTime at, UtcTime today);
  // A good answer to a request for a range that reaches into today.
  void answered(SeriesId series, UtcTime today);

  // When the refusal that counts for `series` today was; nullopt: it may be asked for. `horizons` knows who
  // had good answers.
  std::optional<UtcTime> refused_at(SeriesId series, UtcTime today, Horizons const& horizons) const;

 private:
  UtcTime today_{};
  std::map<SeriesId, UtcTime> refused_at_;  // today
  std::optional<UtcTime> given_on_;  // the last day of which somebody was given something while it was on
};

}  // namespace candled
