// What tests of the store share: a database, a store on it, and an answer where a coroutine was.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/pg_bar_store.hpp"
#include "support/postgres.hpp"

namespace boost::asio {
class io_context;
}

namespace candled::test {

// The loop of this thread. It outlives the thread's stores, as a store asks: one that has answered may for a
// moment still be on its way out of the loop.
boost::asio::io_context& thread_loop();

// Runs the task on this thread's loop until it has ended; throws what it throws.
void run_to_end(Task<void> task);

// The same, and gives what the task gives.
template <class T>
T await(Task<T> task) {
  std::optional<T> answer;
  run_to_end([](Task<T> its_task, std::optional<T>& into) -> Task<void> {
    into = co_await std::move(its_task);
  }(std::move(task), answer));
  return std::move(*answer);
}

// The value, or the end of the test with what went wrong.
template <class T>
T must(Result<T> result) {
  if (!result)
    throw std::runtime_error(std::string{to_string(result.error().kind)} + ": " + result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline UtcTime at(char const* text) {
  return parse_rfc3339(text).value();
}

// [from, from + minutes), from a time such as "2024-01-02T14:30:00Z".
inline TimeRange minutes_from(char const* from, int minutes) {
  return {.from = at(from), .to = at(from) + std::chrono::minutes{minutes}};
}

// A possible bar whose values follow from `start` and `version`, so that two versions differ.
inline Bar bar_at(UtcTime start, int version = 0) {
  auto const minute = static_cast<double>(start.time_since_epoch() / std::chrono::minutes{1} % 1000);
  double const open = 100 + minute / 8 + version;
  return {.start = start,
          .open = open,
          .high = open + 2,
          .low = open - 1,
          .close = open + 1,
          .volume = 1000 + minute,
          .vwap = open + 0.5,
          .trade_count = 42};
}

// Adds a slice: `range` is proven, and every minute of it has a bar.
inline void add_minutes(Load& load, SeriesId series, TimeRange range, int version = 0) {
  auto const first = load.bars.size();
  for (auto start = range.from; start < range.to; start += std::chrono::minutes{1})
    load.bars.push_back(bar_at(start, version));
  load.slices.push_back(
      {.series = series, .first = first, .count = load.bars.size() - first, .proven = {range}});
}

inline Load minutes(SeriesId series, TimeRange range, int version = 0) {
  Load load;
  add_minutes(load, series, range, version);
  return load;
}

class StoreTest : public testing::Test {
 protected:
  static SeriesQuery query(std::vector<std::string> tickers) {
    return {.provider = "test",
            .timeframe = Timeframe::m1,
            .tickers = std::move(tickers),
            .wanted_from = at("2024-01-01T00:00:00Z"),
            .now = at("2024-06-01T00:00:00Z")};
  }

  Series open(std::string const& ticker = "AAPL") {
    return must(await(store_.open_series(query({ticker})))).at(0);
  }

  // The report of a load that must succeed.
  LoadReport load(Load const& load) { return must(await(store_.load(load))); }

  Rows rows(std::string const& sql) const { return test::rows(database_.url(), sql); }
  std::string value(std::string const& sql) const { return test::value(database_.url(), sql); }

  TempDatabase database_;
  // With the rights of the daemon and no more; rows() and value() may do everything.
  PgBarStore store_{Secret{with_option(database_.url(), "user", "candled_ingest")}, 2};
};

}  // namespace candled::test
