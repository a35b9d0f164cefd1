#include "store/pg_bar_store.hpp"

#include <utility>

#include "store/drop_expired.hpp"
#include "store/flat_file_log.hpp"
#include "store/follow_collection.hpp"
#include "store/load_bars.hpp"
#include "store/migrator.hpp"
#include "store/open_series.hpp"
#include "store/park_windows.hpp"
#include "store/pg_connection.hpp"
#include "store/pg_workers.hpp"
#include "store/rollups.hpp"
#include "store/run_log.hpp"

namespace candled {

namespace {

// What a thread keeps between two calls.
struct Writer {
  std::unique_ptr<PgConnection> connection;  // null: none yet, or it broke
  KnownYears years;
};

SeriesId id_of(Series const& series) {
  return series.id;
}

SeriesId id_of(LoadSlice const& slice) {
  return slice.series;
}

template <class Part>
std::vector<SeriesId> ids_of(std::vector<Part> const& parts) {
  std::vector<SeriesId> ids;
  ids.reserve(parts.size());
  for (auto const& part : parts) ids.push_back(id_of(part));
  return ids;
}

}  // namespace

class PgBarStore::Writers : public PgWorkers<Writer> {
 public:
  using PgWorkers::PgWorkers;
};

PgBarStore::PgBarStore(Secret url, int writers)
    : writers_(std::make_unique<Writers>(std::move(url), writers)), run_key_(make_run_key()) {}

PgBarStore::~PgBarStore() = default;

void PgBarStore::collect(Collection collection) {
  collection_ = std::make_shared<Collection const>(std::move(collection));
  follows_ = false;
}

Task<Result<void>> PgBarStore::follow_collection(UtcTime now) {
  if (follows_) co_return Result<void>{};
  auto const collection = collection_;
  auto const followed = co_await writers_->run(
      [&](Writer& writer) { candled::follow_collection(*writer.connection, *collection, now); });
  if (followed && collection_ == collection) follows_ = true;
  co_return followed;
}

Task<Result<std::vector<Series>>> PgBarStore::open_series(SeriesQuery const& query) {
  if (auto const followed = co_await follow_collection(query.now); !followed)
    co_return std::unexpected(followed.error());
  co_return co_await writers_->run([&query, collection = collection_](Writer& writer) {
    auto series = candled::open_series(*writer.connection, query);
    auto const ids = ids_of(series);
    // What the configuration puts first is shown, whichever job has come first.
    if (register_rollups(*writer.connection, ids, query.rollups) && collection)
      candled::follow_collection(*writer.connection, *collection, query.now);
    // What a start that was killed has left, too.
    refresh_rollups(*writer.connection, writer.years, ids);
    return series;
  });
}

Task<Result<LoadReport>> PgBarStore::load(Load const& load) {
  return writers_->run([&load](Writer& writer) {
    auto const report = load_bars(*writer.connection, writer.years, load);
    refresh_rollups(*writer.connection, writer.years, ids_of(load.slices));
    return report;
  });
}

Task<Result<void>> PgBarStore::park(std::vector<FailedWindow> const& windows) {
  return writers_->run([&windows](Writer& writer) {
    pqxx::work work{writer.connection->session()};
    park_windows(work, windows);
    work.commit();
  });
}

Task<Result<std::vector<SeriesId>>> PgBarStore::with_bars(std::vector<SeriesId> const& series) {
  return writers_->run([&series](Writer& writer) { return find_with_bars(*writer.connection, series); });
}

Task<Result<RunId>> PgBarStore::begin_run(std::string const& command, std::string const& version) {
  auto const ready =
      co_await writers_->run([](Writer& writer) { return candled::check_schema(*writer.connection); });
  if (!ready) co_return std::unexpected(ready.error());
  if (!*ready) co_return std::unexpected(ready->error());
  // The key is used up only when we know that the run was counted: until then it is the same run told again.
  auto run = co_await writers_->run([&, key = run_key_](Writer& writer) {
    return candled::begin_run(*writer.connection, key, command, version);
  });
  if (run) run_key_ = make_run_key();
  co_return run;
}

Task<Result<void>> PgBarStore::end_run(RunId run, int exit_code) {
  return writers_->run([=](Writer& writer) { candled::end_run(*writer.connection, run, exit_code); });
}

Task<Result<std::vector<FlatFileRecord>>> PgBarStore::flat_files(std::string const& job) {
  return writers_->run([&job](Writer& writer) { return read_flat_files(*writer.connection, job); });
}

Task<Result<void>> PgBarStore::begin_flat_files(std::string const& job,
                                                std::vector<FlatFileRecord> const& files) {
  return writers_->run([&](Writer& writer) { candled::begin_flat_files(*writer.connection, job, files); });
}

Task<Result<void>> PgBarStore::end_flat_files(std::string const& job,
                                              std::vector<FlatFileRecord> const& files) {
  return writers_->run([&](Writer& writer) { candled::end_flat_files(*writer.connection, job, files); });
}

Task<Result<BatchId>> PgBarStore::record_batch(BatchRecord const& record) {
  return writers_->run(
      [&record](Writer& writer) { return candled::record_batch(*writer.connection, record); });
}

Task<Result<std::vector<DroppedYear>>> PgBarStore::drop_expired() {
  return writers_->run([](Writer& writer) { return candled::drop_expired(*writer.connection); });
}

}  // namespace candled
