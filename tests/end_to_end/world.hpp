// All that a user has: a database, an exchange, a configuration, and candled.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/postgres.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace candled::test {

struct WorldOptions {
  // candled-exchange's arguments; --listen is added.
  std::vector<std::string> exchange = {"--synthetic", "7", "--synthetic-from", "2024-01-01"};
  // Lines of the exchange's faults file; empty: nothing goes wrong.
  std::string faults;
  // YAML of the top-level key `jobs`, without it.
  std::string jobs;
  // A thousand a second; so many that places which a killed process held are not missed.
  std::string rate_limit = "{ requests: 60000, per: 1m, burst: 100 }";
  std::string timeout = "20s";  // of a request to the exchange; one that is to stall needs a shorter one
  std::string retry = "{ multiplier: 20ms, min: 10ms, max: 200ms, attempts: 12 }";
  // A database of the test's own, already migrated; empty: one from the shared cluster, in which candled has
  // the rights of candled_ingest and no more.
  std::string database_url;
  // Where timings go; empty: timings.csv in `dir`.
  std::string timings;
  // More of `providers`; EXCHANGE in it stands for the exchange's address.
  std::string providers;
  // More top-level YAML.
  std::string more;
};

class World {
 public:
  explicit World(WorldOptions options);

  // candled COMMAND --config … ARGUMENTS, to its end or, with `start`, running.
  Finished candled(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {});
  std::unique_ptr<Process> start(std::vector<std::string> arguments,
                                 std::map<std::string, std::string> environment = {});
  // The same to its end, as candled_migrate: for what candled_ingest may not.
  Finished as_migrate(std::vector<std::string> arguments);

  // SIGKILL to the exchange, and another one with the same arguments at the same address. What it has counted
  // for its report is gone.
  void kill_exchange();
  // SIGKILL to the exchange: nobody is at its address until kill_exchange().
  void stop_exchange() { exchange_.reset(); }

  // GET /exchange/report, as text.
  std::string report() const;
  // A number of the report: the first that follows "NAME":.
  long reported(std::string const& name) const;

  std::string const& url() const { return url_; }
  std::string const& config() const { return config_; }
  std::string const& exchange_url() const { return exchange_url_; }
  TempDir const& dir() const { return dir_; }

  // Every bar of every series, as one hash: equal tables have equal ones, whatever the order of loading.
  std::string fingerprint() const;

 private:
  void start_exchange(std::string const& address);

  TempDir dir_;
  std::optional<TempDatabase> database_;
  std::vector<std::string> exchange_arguments_;
  std::unique_ptr<Process> exchange_;
  std::string exchange_url_;
  std::string url_;
  std::string config_;
};

// Three timeframes of `tickers` from 2024-03-04, without schedules.
std::string jobs_in_three_timeframes(std::string const& tickers);

std::string fingerprint_of(std::string const& database_url);

}  // namespace candled::test
