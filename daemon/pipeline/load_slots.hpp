// How many loads are with the store, over all batches. Include in .cpp files only: it brings Asio.
#pragma once

#include <cstddef>

#include "pipeline/async.hpp"

namespace candled {

class LoadSlots {
 public:
  LoadSlots(boost::asio::any_io_executor const& executor, int writers)
      : writers_(static_cast<std::size_t>(writers)), freed_(executor) {}

  void take() { ++taken_; }
  void give_back() {
    --taken_;
    freed_.notify_all();
  }

  // Returns when the store is not behind: no more loads are taken than it has writers.
  Task<void> wait_for_room() {
    while (taken_ > writers_) co_await freed_.wait();
  }

 private:
  std::size_t writers_;
  std::size_t taken_ = 0;
  Event freed_;
};

}  // namespace candled
