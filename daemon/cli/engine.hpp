// The real machinery that a command works with, put together in main.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "pipeline/job.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/timings_csv.hpp"
#include "store/ledger.hpp"

namespace boost::asio {
class io_context;
}

namespace candled {

// Members are destroyed in the reverse order: the loop goes last, for all of the others live on it.
struct Engine {
  std::shared_ptr<boost::asio::io_context> loop;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<Random> random;
  std::unique_ptr<BarStore> store;
  std::unique_ptr<Ledger> ledger;
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<Job> jobs;
  Progress progress;
  StopSign sign;
  std::unique_ptr<TimingsCsv> timings;
  RetryPolicy database_retry;
  std::shared_ptr<LoadSlots> load_slots;

  Ports ports();
  // Shutdown: no new windows and no more waiting; running commits finish.
  void stop();
};

// The configuration's jobs, in its order, without a source: enough to say what is due.
std::vector<Job> make_jobs(Config const& config);

}  // namespace candled
