// The few things that our coroutines need beyond Asio's own. Include in .cpp files only: it brings Asio.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <exception>
#include <utility>

#include "core/task.hpp"

namespace candled {

// Wakes those who wait. A waiter looks again at what it waits for: an event has no memory.
class Event {
 public:
  explicit Event(boost::asio::any_io_executor const& executor)
      : never_(executor, boost::asio::steady_timer::time_point::max()) {}

  Task<void> wait() {
    boost::system::error_code woken;
    co_await never_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
  }
  void notify_all() { never_.cancel(); }

 private:
  boost::asio::steady_timer never_;
};

// Tasks that run side by side and end before it does. An exception in one is a broken promise of our own: it
// ends the process.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor)
      : executor_(std::move(executor)), ended_(executor_) {}
  TaskGroup(TaskGroup const&) = delete;
  TaskGroup& operator=(TaskGroup const&) = delete;

  void spawn(Task<void> task) {
    ++running_;
    boost::asio::co_spawn(executor_, std::move(task), [this](std::exception_ptr const& broken) {
      if (broken) std::rethrow_exception(broken);
      --running_;
      ended_.notify_all();
    });
  }

  // Returns when at most `count` tasks run.
  Task<void> wait_until_running(std::size_t count) {
    while (running_ > count) co_await ended_.wait();
  }
  Task<void> wait_all() { return wait_until_running(0); }

  std::size_t running() const { return running_; }

 private:
  boost::asio::any_io_executor executor_;
  Event ended_;
  std::size_t running_ = 0;
};

}  // namespace candled
