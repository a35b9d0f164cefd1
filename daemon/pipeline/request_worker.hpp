// What people asked the daemon to do, one at a time. Include in .cpp files only: it brings Asio.
#pragma once

#include <functional>
#include <optional>

#include "pipeline/job_keeper.hpp"
#include "store/ledger.hpp"

namespace candled {

// The queue is in the database, so that it survives restarts: a request that was running when a process ended
// is taken up again by the next one, which asks only for what is not covered yet.
class RequestWorker {
 public:
  // `find_job` gives an empty setup for a name that no job has. All must outlive it.
  RequestWorker(SharedWork& work, Ledger& ledger, std::function<JobSetup(std::string const&)> find_job)
      : work_(work), ledger_(ledger), find_job_(std::move(find_job)), running_(work.ports.loop) {}

  // Until the clock stops.
  Task<void> run();

 private:
  Task<void> look();
  Task<void> work_on(BackfillRequest request, JobSetup setup);
  Task<void> tell(BackfillRequest const& request);

  SharedWork& work_;
  Ledger& ledger_;
  std::function<JobSetup(std::string const&)> find_job_;
  TaskGroup running_;  // one task at most
  std::optional<BackfillRequest> current_;
  Progress const* progress_ = nullptr;  // of the current one
  std::shared_ptr<Source> source_;      // of the current one
  StopSign sign_;
};

}  // namespace candled
