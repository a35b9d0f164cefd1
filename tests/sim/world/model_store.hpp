// BarStore on the model's tables: slow, away, in doubt or in deadlock, as the seed wants it. Include in .cpp
// files only: it brings Asio.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "sim/world/draw.hpp"
#include "sim/world/life_clock.hpp"
#include "sim/world/model_tables.hpp"
#include "sim/world/scenario.hpp"

namespace candled::sim {

bool same(std::vector<Series> const& a, std::vector<Series> const& b);

// One call as it was applied, and what the model said: for the replay against PostgreSQL.
struct AppliedCall {
  std::variant<SeriesQuery, Load, std::vector<FailedWindow>> call;
  std::vector<Series> series;
  LoadReport report;
};

// The database's server: it outlives every start of the daemon.
class StoreServer {
 public:
  enum class Recording { off, on };

  StoreServer(World& world, Scenario const& scenario, Safety& safety, Recording recording);

  void be_down_until(UtcTime when) { down_until_ = when; }
  void calm_down();
  bool down() const { return world_.true_time() < down_until_; }
  // What the database's clock shows.
  UtcTime now() const { return on_this_host_ ? world_.wall() : world_.true_time(); }

  // Each is one transaction, at once, with the checks after its commit.
  std::vector<Series> open_series(SeriesQuery const& query);
  LoadReport load(Load const& load);
  void park(std::vector<FailedWindow> const& windows);

  // What happens to one call: how long until it takes effect, whether it does, how long until its reply.
  struct Fate {
    Nanos before;
    bool applied = true;
    Nanos after;
    std::optional<ErrorKind> error = std::nullopt;  // instead of the reply
    bool kills_the_caller = false;                  // once it is applied, before the reply
  };
  Fate draw_fate();

  ModelTables const& tables() const { return tables_; }
  std::vector<AppliedCall> const& applied() const { return applied_; }
  std::function<void()> kill_the_caller = [] {};

  // Loads whose COMMIT may be on its way: when their caller is killed, some of them are done all the same.
  std::map<std::uint64_t, Load const*> on_their_way;
  void caller_was_killed();

  std::uint64_t next_number() { return ++calls_; }

 private:
  World& world_;
  Safety& safety_;
  Recording recording_;
  bool on_this_host_;
  Faults faults_;
  Draw draw_;
  ModelTables tables_;
  UtcTime down_until_{};
  std::uint64_t calls_ = 0;
  std::vector<AppliedCall> applied_;
  std::map<Timeframe, std::vector<Series>> opened_;  // as the last recorded query saw it
};

class ModelStore final : public BarStore {
 public:
  ModelStore(StoreServer& server, LifeClock& clock, World& world)
      : server_(server), clock_(clock), world_(world) {}

  // What readers see, and since when nobody wants a series, decides nothing of the work: the model has
  // neither.
  void collect(Collection) override {}
  Task<Result<void>> follow_collection(UtcTime) override;
  Task<Result<std::vector<Series>>> open_series(SeriesQuery const& query) override;
  Task<Result<LoadReport>> load(Load const& load) override;
  Task<Result<void>> park(std::vector<FailedWindow> const& windows) override;
  Task<Result<std::vector<SeriesId>>> with_bars(std::vector<SeriesId> const& series) override;
  Task<Result<RunId>> begin_run(std::string const& command, std::string const& version) override;
  Task<Result<void>> end_run(RunId run, int exit_code) override;
  Task<Result<std::vector<FlatFileRecord>>> flat_files(std::string const& job) override;
  Task<Result<void>> begin_flat_files(std::string const& job,
                                      std::vector<FlatFileRecord> const& files) override;
  Task<Result<void>> end_flat_files(std::string const& job,
                                    std::vector<FlatFileRecord> const& files) override;
  Task<Result<BatchId>> record_batch(BatchRecord const& record) override;
  Task<Result<std::vector<DroppedYear>>> drop_expired() override;

 private:
  StoreServer& server_;
  LifeClock& clock_;
  World& world_;
};

}  // namespace candled::sim
