// How far back a provider's plan goes, as its refusals teach it.
#pragma once

#include <optional>

#include "core/time.hpp"
#include "core/zone.hpp"

namespace candled {

// A plan that refuses what is too old says only that it does (provider contract, 3.2). The day from which on
// it answers is found by halving, with requests that bring bars where they are answered; a dozen for ten
// years, once for all symbols. A horizon moves on with time, so what was answered once may be refused later:
// the newest word counts.
class Horizon {
 public:
  void refused(UtcTime from);
  void answered(UtcTime from);

  // From where on `range` is to be asked for next: its start, unless that is known to be refused, else the
  // start of a day of `zone` within it. nullopt: all of it lies beyond.
  std::optional<UtcTime> next(TimeRange range, Zone zone) const;

 private:
  std::optional<UtcTime> refused_;   // the latest start that was
  std::optional<UtcTime> answered_;  // the earliest one that was, after `refused_`
};

}  // namespace candled
