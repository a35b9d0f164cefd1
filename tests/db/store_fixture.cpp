#include "store_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

namespace candled::test {

boost::asio::io_context& thread_loop() {
  thread_local boost::asio::io_context loop;
  loop.restart();
  return loop;
}

void run_to_end(Task<void> task) {
  auto& loop = thread_loop();
  auto ended = boost::asio::co_spawn(loop, std::move(task), boost::asio::use_future);
  loop.run();
  ended.get();
}

}  // namespace candled::test
