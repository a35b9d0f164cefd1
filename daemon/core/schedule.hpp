// When a job runs.
#pragma once

#include <string_view>
#include <variant>

#include "core/time.hpp"
#include "core/zone.hpp"

namespace candled {

// `delay` after each multiple of `every`, counted from the Unix epoch: a delay that lets the provider finish
// its bars.
struct EverySchedule {
  Milliseconds every;
  Milliseconds delay{0};

  friend bool operator==(EverySchedule const&, EverySchedule const&) = default;
};

// Once a day, when the wall clock of `zone` shows `time`.
struct DailySchedule {
  Milliseconds time;  // since midnight
  Zone zone;

  friend bool operator==(DailySchedule const&, DailySchedule const&) = default;
};

using Schedule = std::variant<EverySchedule, DailySchedule>;

// The first time after `now`.
UtcTime next_run(Schedule const& schedule, UtcTime now);

// The same for `job`, which runs a little later than its schedule says, so that jobs of one schedule do not
// all begin at once: by a stable hash of its name, within a hundredth of the period and a minute. It is
// little, for fresh bars wait for it, and the budget spreads the requests in any case.
UtcTime next_run_of(std::string_view job, Schedule const& schedule, UtcTime now);

// How long after its end a bar is asked for.
Milliseconds delay_of(Schedule const& schedule);

}  // namespace candled
