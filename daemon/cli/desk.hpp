// Where the loop leaves calls that block. Include in .cpp files only: it brings Asio.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/task.hpp"

namespace candled {

// One thread, and a short queue before it: whoever comes when it is full is told so at once. Destroying it
// waits for the call that runs; nobody may be waiting for an answer any more.
class Desk {
 public:
  explicit Desk(std::size_t queue_max) : queue_max_(queue_max) {}
  Desk(Desk const&) = delete;
  Desk& operator=(Desk const&) = delete;
  ~Desk() {
    thread_.stop();
    thread_.join();
  }

  // What `work` gives, done on the thread; it must not throw. nullopt: the queue is full.
  template <class Work>
  auto ask(Work work) -> Task<std::optional<std::invoke_result_t<Work&>>> {
    if (queue_ >= queue_max_) co_return std::nullopt;
    ++queue_;
    auto answer = co_await boost::asio::co_spawn(thread_, done(std::move(work)), boost::asio::use_awaitable);
    --queue_;
    co_return answer;
  }

 private:
  template <class Work>
  static auto done(Work work) -> Task<std::invoke_result_t<Work&>> {
    co_return work();
  }

  std::size_t queue_max_;
  std::size_t queue_ = 0;
  boost::asio::thread_pool thread_{1};
};

}  // namespace candled
