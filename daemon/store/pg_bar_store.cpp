#include "store/pg_bar_store.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <mutex>
#include <type_traits>
#include <utility>

#include "store/load_bars.hpp"
#include "store/migrator.hpp"
#include "store/open_series.hpp"
#include "store/park_windows.hpp"
#include "store/pg_connection.hpp"
#include "store/run_log.hpp"

namespace candled {

namespace {

namespace asio = boost::asio;

// What a thread keeps between two calls.
struct Writer {
  std::unique_ptr<PgConnection> connection;  // null: none yet, or it broke
  KnownYears years;
};

// Runs `job` on the pool and gives its value back on the caller's executor. The caller's frame holds what the
// job works on, so it must not be cancelled away in between.
template <class Job>
asio::awaitable<std::invoke_result_t<Job&>> offload(asio::thread_pool& pool, Job job) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  auto task = [](Job& run) -> asio::awaitable<std::invoke_result_t<Job&>> { co_return run(); };
  co_return co_await asio::co_spawn(pool, task(job), asio::use_awaitable);
}

// void as a value, so that every job has a Result of its own.
template <class Work>
auto as_result(Work& work, Writer& writer) -> Result<std::invoke_result_t<Work&, Writer&>> {
  if constexpr (std::is_void_v<std::invoke_result_t<Work&, Writer&>>) {
    work(writer);
    return {};
  } else {
    return work(writer);
  }
}

}  // namespace

class PgBarStore::Writers {
 public:
  Writers(Secret url, int count) : url_(std::move(url)), pool_(static_cast<std::size_t>(count)) {
    idle_.resize(static_cast<std::size_t>(count));
  }
  Writers(Writers const&) = delete;
  Writers& operator=(Writers const&) = delete;
  ~Writers() {
    pool_.stop();
    pool_.join();
  }

  // Whether the database has the schema that we need, on one of our threads: the loop must not wait for it.
  Task<Result<void>> check_schema() {
    return offload(pool_, [this] { return candled::check_schema(url_); });
  }

  // `work` gets a Writer whose connection stands, and may throw as libpqxx does.
  template <class Work>
  auto run(Work work) -> Task<Result<std::invoke_result_t<Work&, Writer&>>> {
    return offload(pool_, [this, work = std::move(work)]() mutable { return run_here(work); });
  }

 private:
  template <class Work>
  auto run_here(Work& work) -> Result<std::invoke_result_t<Work&, Writer&>> {
    auto writer = take();
    auto result = with_connection(work, writer);
    // After an error too: libpq may call a connection open whose server is gone.
    if (!result || !writer.connection->is_open()) writer = {};
    give_back(std::move(writer));
    return result;
  }

  // The door: what libpqxx throws goes no further.
  template <class Work>
  auto with_connection(Work& work, Writer& writer) -> Result<std::invoke_result_t<Work&, Writer&>> {
    if (writer.connection == nullptr) {
      auto opened = PgConnection::open(url_);
      if (!opened) return std::unexpected(std::move(opened.error()));
      writer.connection = std::move(*opened);
    }
    try {
      return as_result(work, writer);
    } catch (std::exception const&) {
      return std::unexpected(current_error(*writer.connection));
    }
  }

  // As many writers as threads: a running job always finds one. The one used last has the warmest connection.
  Writer take() {
    std::scoped_lock const lock{mutex_};
    auto writer = std::move(idle_.back());
    idle_.pop_back();
    return writer;
  }

  void give_back(Writer writer) {
    std::scoped_lock const lock{mutex_};
    idle_.push_back(std::move(writer));
  }

  Secret const url_;
  std::mutex mutex_;
  std::vector<Writer> idle_;
  asio::thread_pool pool_;  // last: its threads are gone before what they use
};

PgBarStore::PgBarStore(Secret url, int writers)
    : writers_(std::make_unique<Writers>(std::move(url), writers)), run_key_(make_run_key()) {}

PgBarStore::~PgBarStore() = default;

Task<Result<std::vector<Series>>> PgBarStore::open_series(SeriesQuery const& query) {
  return writers_->run([&query](Writer& writer) { return candled::open_series(*writer.connection, query); });
}

Task<Result<LoadReport>> PgBarStore::load(Load const& load) {
  return writers_->run([&load](Writer& writer) { return load_bars(*writer.connection, writer.years, load); });
}

Task<Result<void>> PgBarStore::park(std::vector<FailedWindow> const& windows) {
  return writers_->run([&windows](Writer& writer) {
    pqxx::work work{writer.connection->session()};
    park_windows(work, windows);
    work.commit();
  });
}

Task<Result<RunId>> PgBarStore::begin_run(std::string const& command, std::string const& version) {
  if (auto const ready = co_await writers_->check_schema(); !ready) co_return std::unexpected(ready.error());
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

Task<Result<BatchId>> PgBarStore::record_batch(BatchRecord const& record) {
  return writers_->run(
      [&record](Writer& writer) { return candled::record_batch(*writer.connection, record); });
}

}  // namespace candled
