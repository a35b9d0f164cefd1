// What the pipeline stands on: the seams, and where it tells how far it is.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "core/limits.hpp"
#include "pipeline/clock.hpp"
#include "pipeline/progress.hpp"
#include "pipeline/random.hpp"
#include "store/bar_store.hpp"

namespace candled {

struct Ports {
  boost::asio::any_io_executor loop;
  Clock& clock;
  Random& random;
  BarStore& store;
  Progress& progress;
  RetryPolicy database_retry;  // attempts 0: for as long as it takes
  int writers = 2;             // loads that the store takes at once
};

}  // namespace candled
