// The return type of every coroutine, without Asio's headers: a seam's header stays cheap to include.
#pragma once

// NOLINTBEGIN(readability-identifier-naming): Boost's names
namespace boost::asio {
template <typename T, typename Executor>
class awaitable;
class any_io_executor;
}  // namespace boost::asio
// NOLINTEND(readability-identifier-naming)

namespace candled {

// Whoever awaits or writes one includes <boost/asio/awaitable.hpp>. Every task runs on the loop's thread.
template <class T>
using Task = boost::asio::awaitable<T, boost::asio::any_io_executor>;

}  // namespace candled
