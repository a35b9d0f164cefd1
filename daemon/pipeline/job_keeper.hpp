// One job of the daemon: its four lanes, from start to end. Include in .cpp files only: it brings Asio.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/async.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/progress_board.hpp"
#include "pipeline/run_job.hpp"
#include "pipeline/supervisor.hpp"

namespace candled {

// What all work of the daemon has in common.
struct SharedWork {
  Ports const& ports;
  Run run;
  ProgressBoard& board;
  std::optional<Error> ended_by;  // the error that ends the daemon

  // For one lane of a job, with a progress of its own.
  Ports ports_of(std::string const& job, Lane lane, StopSign const& sign) const;
  // Errors that no later try can mend end all work, and are told; others are told in the log.
  void note_end(std::string const& job, Lane lane, std::optional<Error> const& error);
};

class JobKeeper {
 public:
  JobKeeper(SharedWork& work, JobSetup setup);

  // Until the clock stops, or stop(). Once.
  Task<void> run();
  // Ends after the pages in flight.
  void stop();

  JobSetup const& setup() const { return setup_; }

 private:
  Task<void> keep_live();
  Task<void> keep(Lane lane);
  Task<void> run_lane(Ports& ports);
  // Of a job with a retention, now and then.
  Task<void> drop(Ports& ports);
  Task<void> sleep_until_due();
  // Once a day of each.
  void ask_whether_right(std::vector<std::string> const& tickers);
  bool goes_on() const { return !sign_.stopped && !work_.ports.clock.stopping(); }

  SharedWork& work_;
  JobSetup const setup_;
  StopSign sign_;
  SteadyTime next_drop_{};
  std::map<std::string, SteadyTime> asked_whether_right_;  // by ticker, when last
};

}  // namespace candled
