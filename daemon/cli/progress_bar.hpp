// Progress for a person: a bar on a terminal, plain lines elsewhere.
#pragma once

#include <string>

#include "core/limits.hpp"
#include "core/time.hpp"
#include "pipeline/progress.hpp"

namespace candled {

// One line of at most `columns` characters:
// [########------------]  41 %  ETA 3 to 5 min  12,345 bars  41 requests  2.5/s  41 of 100 windows  AAPL
// What matters most comes first: 80 columns end after the rate.
std::string progress_line(Progress const& progress, RateLimit limit, Milliseconds elapsed, int columns);

// The same without a bar, for a log.
std::string progress_words(Progress const& progress, RateLimit limit, Milliseconds elapsed);

// The width of the terminal that standard error is; 0 when it is none.
int terminal_columns();

}  // namespace candled
