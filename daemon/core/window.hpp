// What is to be fetched.
#pragma once

#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "core/timeframe.hpp"

namespace candled {

// A range of one series that is to be asked for: whole bars, [from, to).
struct Window {
  SeriesId series{};
  std::string ticker;  // as the provider spells it; case matters
  TimeRange range;
};

// Windows of one job and one timeframe that are processed together. Windows of one series stand side by side.
struct Batch {
  std::string job;
  std::string provider;  // the name that the configuration gives it
  Timeframe timeframe{};
  std::vector<Window> windows;
};

}  // namespace candled
