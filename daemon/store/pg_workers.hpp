// Threads on which libpqxx may block, shared by the store and the ledger. Only .cpp files of store/ include
// this: it brings Asio and libpqxx.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "core/task.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// `count` threads. Worker is what a thread keeps between two calls: a struct with the member
// std::unique_ptr<PgConnection> connection, made anew, with all else in it, after any error. Destroying this
// waits for calls that run, and drops those that have not begun. The loop of a caller must outlive this: a
// thread may still be on its way out of the loop that it has just given an answer to.
template <class Worker>
class PgWorkers {
 public:
  PgWorkers(Secret url, int count) : url_(std::move(url)), pool_(static_cast<std::size_t>(count)) {
    idle_.resize(static_cast<std::size_t>(count));
  }
  PgWorkers(PgWorkers const&) = delete;
  PgWorkers& operator=(PgWorkers const&) = delete;
  ~PgWorkers() {
    pool_.stop();
    pool_.join();
  }

  // Gives what `work` gives, or the error that it threw, on the caller's executor. `work` gets a Worker whose
  // connection stands, and may throw as libpqxx does.
  template <class Work>
  auto run(Work work) -> Task<Result<std::invoke_result_t<Work&, Worker&>>> {
    return offload([this, work = std::move(work)]() mutable { return run_here(work); });
  }

 private:
  template <class Work>
  using Answer = std::invoke_result_t<Work&, Worker&>;

  // The caller's frame holds what the job works on, so it must not be cancelled away in between. A job that
  // has begun always answers, even while this is being destroyed.
  template <class Job>
  auto offload(Job job) -> Task<std::invoke_result_t<Job&>> {
    namespace asio = boost::asio;
    using Given = std::invoke_result_t<Job&>;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto const start = [this, &job](auto handler) {
      auto guard = asio::make_work_guard(handler);
      asio::post(pool_, [&job, guard = std::move(guard), handler = std::move(handler)]() mutable {
        auto const home = guard.get_executor();
        asio::post(home, [answer = job(), guard = std::move(guard), handler = std::move(handler)]() mutable {
          std::move(handler)(std::move(answer));
        });
      });
    };
    co_return co_await asio::async_initiate<asio::use_awaitable_t<> const, void(Given)>(start,
                                                                                        asio::use_awaitable);
  }

  template <class Work>
  auto run_here(Work& work) -> Result<Answer<Work>> {
    auto worker = take();
    auto result = with_connection(work, worker);
    // After an error too: libpq may call a connection open whose server is gone.
    if (!result || !worker.connection->is_open()) worker = {};
    give_back(std::move(worker));
    return result;
  }

  // The door: what libpqxx throws goes no further.
  template <class Work>
  auto with_connection(Work& work, Worker& worker) -> Result<Answer<Work>> {
    if (worker.connection == nullptr) {
      auto opened = PgConnection::open(url_);
      if (!opened) return std::unexpected(std::move(opened.error()));
      worker.connection = std::move(*opened);
    }
    try {
      return as_result(work, worker);
    } catch (std::exception const&) {
      return std::unexpected(current_error(*worker.connection));
    }
  }

  // void as a value, so that every job has a Result of its own.
  template <class Work>
  static auto as_result(Work& work, Worker& worker) -> Result<Answer<Work>> {
    if constexpr (std::is_void_v<Answer<Work>>) {
      work(worker);
      return {};
    } else {
      return work(worker);
    }
  }

  // As many workers as threads: a running job always finds one. The one used last has the warmest connection.
  Worker take() {
    std::scoped_lock const lock{mutex_};
    auto worker = std::move(idle_.back());
    idle_.pop_back();
    return worker;
  }

  void give_back(Worker worker) {
    std::scoped_lock const lock{mutex_};
    idle_.push_back(std::move(worker));
  }

  Secret const url_;
  std::mutex mutex_;
  std::vector<Worker> idle_;
  boost::asio::thread_pool pool_;  // last: its threads are gone before what they use
};

}  // namespace candled
