// What the pipeline stands on: the seams, and where it tells how far it is.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

#include "core/lane.hpp"
#include "core/limits.hpp"
#include "pipeline/clock.hpp"
#include "pipeline/database_watch.hpp"
#include "pipeline/progress.hpp"
#include "pipeline/random.hpp"
#include "store/bar_store.hpp"

namespace candled {

class LoadSlots;

struct Ports {
  boost::asio::any_io_executor loop;
  Clock& clock;
  Random& random;
  BarStore& store;
  Progress& progress;
  StopSign const& sign;  // ends this piece of work
  Lane lane = Lane::live;
  RetryPolicy database_retry;  // attempts 0: for as long as it takes
  std::shared_ptr<LoadSlots> load_slots;
  std::shared_ptr<DatabaseWatch> database = std::make_shared<DatabaseWatch>();  // of all who share the store
  std::function<void()> stop = [] {};  // ends the work of all: the clock, and requests in flight
  std::function<void()> told = [] {};  // `progress` has changed

  bool stopping() const { return clock.stopping() || sign.stopped; }
};

inline void set_stage(Ports& ports, Stage stage) {
  if (ports.progress.stage == stage) return;
  ports.progress.stage = stage;
  ports.told();
}

}  // namespace candled
