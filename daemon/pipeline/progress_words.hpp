// How far the work is, in words: for a terminal, the log, the database and systemd alike. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/eta.hpp"
#include "core/limits.hpp"
#include "core/time.hpp"
#include "pipeline/pacer.hpp"
#include "pipeline/progress.hpp"

namespace candled {

// 1234567 -> 1,234,567, whatever the locale.
std::string with_commas(std::int64_t number);

// 01:00:00Z when it is within a day of `now`, else with its date.
std::string clock_time(UtcTime time, UtcTime now);

// "01:00:00Z: why"
std::string in_words(Parked const& parked, UtcTime now);

// When somebody looks, and what the provider's gate says then.
struct Look {
  UtcTime now;
  Milliseconds elapsed{};  // since the work began
  RateLimit limit;
  std::optional<Parked> parked = std::nullopt;
};

// How long the rest takes, if all goes on as it did.
Eta time_left(Progress const& progress, Look const& look);

//  41 %  backfill  ETA 3 to 5 min  12,345 bars 752/s  41 requests 2.5/s  41 of 100 windows
// What matters most comes first; instead of the ETA it may say why nothing moves.
std::string progress_words(Progress const& progress, Look const& look);

// 0 to 1, by pages.
double part_done(Progress const& progress);

}  // namespace candled
