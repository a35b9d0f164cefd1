// How far the work is: counters that a terminal, a log or a page may read at any time on the loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/lane.hpp"
#include "core/time.hpp"

namespace candled {

enum class Stage { idle, planning, fetching, loading, waiting, parked };

std::string_view to_string(Stage stage);

// Of one lane of one job; of `once` and `backfill`: of all that they do.
struct Progress {
  std::string job;
  Lane lane = Lane::live;
  std::string provider;  // whose budget it spends, as configured; empty: not planned yet, or several
  SteadyTime began{};    // the work at hand
  Stage stage = Stage::idle;
  std::int64_t windows = 0;       // to be done, as planned so far
  std::int64_t windows_done = 0;  // committed or given up
  std::int64_t windows_failed = 0;
  std::int64_t pages_planned = 0;  // requests that the windows take at the most
  std::int64_t pages_done = 0;     // of these, those of windows that are done
  std::int64_t requests = 0;       // sent, retries included
  std::int64_t retries = 0;
  std::int64_t bars = 0;         // received and good
  std::int64_t bars_stored = 0;  // committed: new or changed
  std::string now;               // what is being worked on: a ticker
  std::string waiting;           // why nothing moves, when nothing does: "the database is not there"
};

}  // namespace candled
