// Progress for a person at a terminal.
#pragma once

#include <string>

#include "pipeline/progress_words.hpp"

namespace candled {

// One line of at most `columns` characters: a bar, progress_words, and what is worked on.
// [########------------]  41 %  backfill  ETA 24 s  12,345 bars 752/s  41 requests 2.5/s  41 of 100 windows
// AAPL. 80 columns end after the bars.
std::string progress_line(Progress const& progress, Look const& look, int columns);

// The width of the terminal that standard error is; 0 when it is none.
int terminal_columns();

}  // namespace candled
