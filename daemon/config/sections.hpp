// The keys of every section but `providers` and `jobs`: a line a key, with its check. Their defaults are
// those of the structs.
#pragma once

#include "config/config.hpp"
#include "config/section.hpp"

namespace candled {

void describe(Section& section, DatabaseConfig& database);
void describe(Section& section, RateLimit& limit);
void describe(Section& section, RetryPolicy& retry);
void describe(Section& section, BreakerPolicy& breaker);
// Reads the file of overrides, too.
void describe(Section& section, CalendarsConfig& calendars);
void describe(Section& section, PerformanceThresholds& thresholds);
void describe(Section& section, TimingsConfig& timings);
void describe(Section& section, ControlConfig& control);
void describe(Section& section, LogConfig& log);

}  // namespace candled
