// The real machinery that a command works with, put together in main.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "core/meters.hpp"
#include "pipeline/csv_file.hpp"
#include "pipeline/flat_files.hpp"
#include "pipeline/job.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/supervisor.hpp"
#include "pipeline/timings_csv.hpp"
#include "store/ledger.hpp"

namespace boost::asio {
class io_context;
}

namespace candled {

// Members are destroyed in the reverse order: the loop goes last, for all of the others live on it.
struct Engine {
  Meters meters;
  std::shared_ptr<boost::asio::io_context> loop;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<Random> random;
  std::unique_ptr<BarStore> store;
  std::unique_ptr<Ledger> ledger;
  // A source for a provider of this configuration.
  std::function<std::shared_ptr<Source>(Config const&, ProviderConfig const&)> make_source;
  std::vector<std::shared_ptr<Source>> sources;
  std::vector<std::shared_ptr<Source>> retired;  // by a reload; their last pages may be on their way
  std::vector<Job> jobs;
  Progress progress;
  StopSign sign;
  std::unique_ptr<TimingsCsv> timings;
  std::unique_ptr<CsvFile> performance;  // performance_metrics.csv: the daemon's
  RetryPolicy database_retry;
  std::shared_ptr<LoadSlots> load_slots;
  bool drill_clock = false;  // time is not the machine's
  std::shared_ptr<DatabaseWatch> database = std::make_shared<DatabaseWatch>();

  Ports ports();
  // The jobs as the daemon keeps them, each with its source.
  std::vector<JobSetup> setups() const;
  // Shutdown: no new windows and no more waiting; running commits finish.
  void stop();
  // At the end of all work: what is not used of the budgets is there for the next start.
  Task<void> give_back_budgets();
  // The source of a provider's name; nullptr: there is none.
  Source* source(std::string const& name) const;
};

// Of a bucket without its client and retries, which only main knows.
FlatFiles flat_files_of(FlatFilesConfig const& config);

// All that the configuration collects.
Collection collection_of(Config const& config);

// The configuration's jobs, in its order, without a source: enough to say what is due.
std::vector<Job> make_jobs(Config const& config);

}  // namespace candled
