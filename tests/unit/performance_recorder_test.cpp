#include "pipeline/performance_recorder.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "support/temp_dir.hpp"
#include "unit/pipeline_fixture.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

// The virtual clock begins at 2024-02-01T00:00:00Z.
class RecordsPerformance : public testing::Test {
 public:
  // Runs a recorder beside `script`, and stops it when that ends.
  void run(std::function<Task<void>()> const& script) {
    PerformanceRecorder recorder{file, {}, meters, clock, [] { return PerformanceLook{.connections = 3}; }};
    bool done = false;
    auto const finish = [&](std::exception_ptr const& broken) {
      if (broken) std::rethrow_exception(broken);
      done = true;
    };
    auto const all = [&]() -> Task<void> {
      TaskGroup group{loop.get_executor()};
      group.spawn(recorder.run());
      co_await script();
      clock.stop();
      co_await group.wait_all();
      recorder.finish();
    };
    boost::asio::co_spawn(loop, all(), finish);
    clock.run(done);
  }

  Task<void> wait(Milliseconds time) { co_await clock.sleep_until(clock.ticks() + time); }

  // From and to of each row, without the date, and the requests.
  std::vector<std::string> rows() const {
    std::vector<std::string> texts;
    for (auto const& row : read_performance(test::read_file(path)).rows) {
      std::ostringstream text;
      text << to_rfc3339(row.during.from).substr(11) << " " << to_rfc3339(row.during.to).substr(11) << " "
           << *row[Figure::requests];
      texts.push_back(text.str());
    }
    return texts;
  }

  boost::asio::io_context loop;
  test::VirtualClock clock{loop};
  Meters meters;
  test::TempDir folder;
  std::string path = folder / "performance_metrics.csv";
  CsvFile file{path, 1'000'000, performance_header()};
};

using Rows = std::vector<std::string>;

TEST_F(RecordsPerformance, a_row_for_every_five_minutes_of_the_clock_and_one_for_the_rest) {
  clock.advance(100s);

  run([&]() -> Task<void> { co_await wait(10min); });

  EXPECT_EQ(rows(), (Rows{"00:01:40Z 00:05:00Z 0", "00:05:00Z 00:10:00Z 0", "00:10:00Z 00:11:40Z 0"}));
}

TEST_F(RecordsPerformance, each_row_has_what_came_in_its_time) {
  run([&]() -> Task<void> {
    co_await wait(1min);
    meters.providers["massive"].ok += 7;
    co_await wait(5min);
    meters.providers["massive"].ok += 2;
    co_await wait(1min);
    meters.providers["massive"].ok += 1;
  });

  EXPECT_EQ(rows(), (Rows{"00:00:00Z 00:05:00Z 7", "00:05:00Z 00:07:00Z 3"}));
  EXPECT_TRUE(test::read_file(path).ends_with(",420,3,3,0,0,0,100.00,0.00,0,,3,0,0.00,,0\n"))
      << test::read_file(path);
}

TEST_F(RecordsPerformance, a_stop_at_a_mark_leaves_no_empty_row) {
  run([&]() -> Task<void> { co_await wait(5min + 1ms); });

  EXPECT_EQ(rows(), (Rows{"00:00:00Z 00:05:00Z 0"}));
}

TEST_F(RecordsPerformance, a_clock_that_is_set_forward_makes_no_longer_row) {
  run([&]() -> Task<void> {
    co_await wait(2min);
    clock.set_wall_clock_by(1h);
    co_await wait(3min + 1ms);
  });

  EXPECT_EQ(rows(), (Rows{"01:00:00Z 01:02:00Z 0", "01:02:00Z 01:05:00Z 0"}));
}

TEST_F(RecordsPerformance, a_clock_that_is_set_back_makes_no_row_that_ends_before_it_begins) {
  clock.advance(2h);

  run([&]() -> Task<void> {
    co_await wait(2min);
    clock.set_wall_clock_by(-1h);
    co_await wait(3min + 1ms);
  });

  EXPECT_EQ(rows(), (Rows{"01:00:00Z 01:05:00Z 0"}));
}

TEST_F(RecordsPerformance, a_file_that_cannot_be_written_stops_nothing) {
  file = CsvFile{"/dev/full", 1'000'000, performance_header()};

  run([&]() -> Task<void> { co_await wait(11min); });

  EXPECT_TRUE(file.fails());
}

TEST_F(RecordsPerformance, without_a_file_it_only_watches) {
  file = CsvFile{"", 0, ""};

  run([&]() -> Task<void> { co_await wait(6min); });

  EXPECT_FALSE(file.fails());
}

}  // namespace
}  // namespace candled
