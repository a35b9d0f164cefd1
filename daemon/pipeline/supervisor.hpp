// The daemon's life: every job in its four lanes, what people asked for, and reloads, until stop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/job.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/progress_board.hpp"
#include "pipeline/run_job.hpp"
#include "store/ledger.hpp"

namespace candled {

// A job and its source, kept alive.
struct JobSetup {
  std::shared_ptr<Job const> job;
  std::shared_ptr<Source> source;
};

// Each job has a live lane, that follows its schedule, and lanes that repair gaps, settle and fill history
// when there is such work. Work is what coverage lacks, not what a missed tick left behind: a host that slept
// catches up once. A job that is still at work when its next time comes is not started twice. A refused key
// is logged, and tried again at the job's next time. A request of a person is worked on in the backfill lane,
// one at a time, oldest first.
class Supervisor {
 public:
  // What `ports` refers to, `ledger`, `board` and `run` must outlive it. Its progress, sign, lane and told
  // are set here.
  Supervisor(Ports const& ports, Run run, Ledger& ledger, ProgressBoard& board);
  ~Supervisor();
  Supervisor(Supervisor const&) = delete;
  Supervisor& operator=(Supervisor const&) = delete;

  // Returns when the clock stops and all work has ended, or with the error that ended it: db_refused,
  // db_denied, schema_mismatch. Once.
  Task<Result<void>> run(std::vector<JobSetup> jobs);

  // The configuration has changed. Jobs that are new start, those that are gone or different end after the
  // pages in flight, the rest does not notice. Any time while `run` runs. Says what it did, for people.
  std::string apply(std::vector<JobSetup> jobs);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candled
