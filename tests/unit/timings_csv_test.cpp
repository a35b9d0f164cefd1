#include "pipeline/timings_csv.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

std::string const header_line =
    "started_at,run_id,batch_id,job,provider,timeframe,symbols,requests,retries,rate_limited,bars,bytes,plan_"
    "ms,"
    "wait_ms,fetch_ms,parse_ms,validate_ms,copy_ms,merge_ms,commit_ms,total_ms,outcome";
std::string const row_line =
    "2024-03-04T14:30:00Z,7,9,us-minute,massive,1m,50,60,3,2,1000,65536,1,2,3,4,5,6,7,8,30,ok";

constexpr std::int64_t never_full = 1'000'000;

BatchRecord record() {
  return {.started_at = *parse_rfc3339("2024-03-04T14:30:00Z"),
          .run = RunId{7},
          .job = "us-minute",
          .provider = "massive",
          .timeframe = Timeframe::m1,
          .symbols = 50,
          .requests = 60,
          .retries = 3,
          .rate_limited = 2,
          .bars = 1000,
          .bytes = 65536,
          .plan = 1ms,
          .wait = 2ms,
          .fetch = 3ms,
          .parse = 4ms,
          .validate = 5ms,
          .copy = 6ms,
          .merge = 7ms,
          .commit = 8ms,
          .total = 30ms,
          .outcome = "ok"};
}

std::vector<std::string> lines_of(std::string const& path) {
  std::istringstream text{test::read_file(path)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

void append(TimingsCsv& csv, int rows) {
  for (int i = 0; i < rows; ++i) ASSERT_TRUE(csv.append(record(), BatchId{9}));
}

TEST(TimingsCsv, writes_the_header_once_and_a_row_for_each_batch) {
  test::TempDir const folder;
  auto const path = folder / "timings.csv";

  TimingsCsv first{path, never_full};
  ASSERT_TRUE(first.check());
  append(first, 1);
  TimingsCsv second{path, never_full};
  ASSERT_TRUE(second.check());
  append(second, 1);

  EXPECT_EQ(test::read_file(path), header_line + "\n" + row_line + "\n" + row_line + "\n");
}

TEST(TimingsCsv, writes_nothing_without_a_path) {
  TimingsCsv csv{"", never_full};

  EXPECT_TRUE(csv.check());
  EXPECT_TRUE(csv.append(record(), BatchId{9}));
}

TEST(TimingsCsv, a_full_file_moves_on_and_three_old_ones_are_kept) {
  test::TempDir const folder;
  auto const path = folder / "timings.csv";
  // Room for the header and one row.
  TimingsCsv csv{path, static_cast<std::int64_t>(header_line.size() + row_line.size() + 2)};

  for (int batch = 1; batch <= 6; ++batch) ASSERT_TRUE(csv.append(record(), BatchId{batch}));

  auto const batch_in = [&](std::string const& name) {
    auto const lines = lines_of(folder / name);
    EXPECT_EQ(lines.size(), 2U) << name;
    EXPECT_EQ(lines.front(), header_line) << name;
    return lines.back().substr(std::string{"2024-03-04T14:30:00Z,7,"}.size(), 2);
  };
  EXPECT_EQ(batch_in("timings.csv"), "6,");
  EXPECT_EQ(batch_in("timings.csv.1"), "5,");
  EXPECT_EQ(batch_in("timings.csv.2"), "4,");
  EXPECT_EQ(batch_in("timings.csv.3"), "3,");
  EXPECT_FALSE(std::filesystem::exists(folder / "timings.csv.4"));
}

TEST(TimingsCsv, a_file_that_cannot_be_rotated_grows_on) {
  test::TempDir const folder;
  auto const path = folder / "timings.csv";
  // Folders that hold something, and a file between them, take no other's place: nothing can move.
  std::filesystem::create_directories(folder / "timings.csv.1/held");
  folder.write("timings.csv.2", "held");
  std::filesystem::create_directories(folder / "timings.csv.3/held");
  TimingsCsv csv{path, 10};

  append(csv, 3);

  EXPECT_EQ(lines_of(path), (std::vector{header_line, row_line, row_line, row_line}));
}

TEST(TimingsCsv, a_file_of_a_version_with_another_header_moves_on) {
  test::TempDir const folder;
  auto const old = "started_at,run_id\n2024-03-04T14:30:00Z,7\n";
  auto const path = folder.write("timings.csv", old);
  TimingsCsv csv{path, never_full};

  ASSERT_TRUE(csv.check());
  append(csv, 1);

  EXPECT_EQ(lines_of(path), (std::vector{header_line, row_line}));
  EXPECT_EQ(test::read_file(path + ".1"), old);
}

TEST(TimingsCsv, a_file_with_another_header_that_cannot_move_on_gets_ours_before_the_row) {
  test::TempDir const folder;
  auto const path = folder.write("timings.csv", "started_at,run_id\n");
  std::filesystem::create_directories(folder / "timings.csv.1/held");
  folder.write("timings.csv.2", "held");
  std::filesystem::create_directories(folder / "timings.csv.3/held");
  TimingsCsv csv{path, never_full};

  append(csv, 1);

  EXPECT_EQ(lines_of(path), (std::vector<std::string>{"started_at,run_id", header_line, row_line}));
}

TEST(TimingsCsv, cuts_a_row_that_a_crash_has_torn) {
  test::TempDir const folder;
  auto const path = folder.write("timings.csv", header_line + "\n" + row_line + "\n2024-03-04T14:3");
  TimingsCsv csv{path, never_full};

  append(csv, 1);

  EXPECT_EQ(test::read_file(path), header_line + "\n" + row_line + "\n" + row_line + "\n");
}

TEST(TimingsCsv, a_torn_header_is_written_again) {
  test::TempDir const folder;
  auto const path = folder.write("timings.csv", "started_at,run");
  TimingsCsv csv{path, never_full};

  append(csv, 1);

  EXPECT_EQ(test::read_file(path), header_line + "\n" + row_line + "\n");
}

// Runs `work` in a process of its own; its exit status.
template <class Work>
pid_t in_child(Work const& work) {
  pid_t const child = fork();
  if (child == 0) _exit(work());
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(TimingsCsv, processes_that_write_at_once_tear_and_lose_no_row) {
  constexpr int writers = 4;
  constexpr int rows_each = 200;
  test::TempDir const folder;
  auto const path = folder / "timings.csv";
  // No file holds all: they rotate under each other's feet, and the kept ones hold a quarter more than all.
  auto const quarter = static_cast<std::int64_t>(header_line.size() + 1 + 250 * (row_line.size() + 4));

  std::vector<pid_t> children;
  for (int writer = 0; writer < writers; ++writer)
    children.push_back(in_child([&] {
      TimingsCsv csv{path, quarter};
      for (int i = 0; i < rows_each; ++i)
        if (!csv.append(record(), BatchId{1000 + writer * rows_each + i})) return 1;
      return 0;
    }));
  for (auto const child : children) EXPECT_EQ(status_of(child), 0);

  std::multiset<std::string> rows;
  for (auto const* const name : {"timings.csv", "timings.csv.1", "timings.csv.2", "timings.csv.3"}) {
    if (!std::filesystem::exists(folder / name)) continue;
    auto const lines = lines_of(folder / name);
    EXPECT_EQ(lines.front(), header_line) << name;
    rows.insert(lines.begin() + 1, lines.end());
  }
  std::multiset<std::string> expected;
  for (int i = 0; i < writers * rows_each; ++i)
    expected.insert("2024-03-04T14:30:00Z,7," + std::to_string(1000 + i) + row_line.substr(24));
  EXPECT_EQ(rows, expected);
}

// A file-size limit is a full disk for one process: the write that crosses it is cut short, the next gets
// EFBIG.
void leave_room(std::size_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

TEST(TimingsCsv, a_full_disk_loses_the_row_leaves_no_piece_of_it_and_is_over_when_there_is_room) {
  test::TempDir const folder;
  auto const path = folder / "timings.csv";
  auto const two_rows = header_line.size() + 1 + 2 * (row_line.size() + 1);

  auto const child = in_child([&] {
    TimingsCsv csv{path, never_full};
    if (!csv.append(record(), BatchId{9}) || !csv.append(record(), BatchId{9})) return 1;
    leave_room(two_rows + 20);  // for a piece of a row
    auto const cut_short = csv.append(record(), BatchId{9});
    if (cut_short || !cut_short.error().what.contains("No space left on device")) return 2;
    leave_room(two_rows);  // for nothing
    auto const refused = csv.append(record(), BatchId{9});
    if (refused || !refused.error().what.contains("File too large")) return 3;
    if (!csv.fails() || !csv.check()) return 4;
    if (test::read_file(path).size() != two_rows) return 5;
    leave_room(two_rows + row_line.size() + 1);
    return csv.append(record(), BatchId{9}) ? 0 : 6;
  });

  EXPECT_EQ(status_of(child), 0);
  EXPECT_EQ(lines_of(path), (std::vector{header_line, row_line, row_line, row_line}));
}

TEST(TimingsCsv, check_minds_a_wrong_path_but_not_a_full_disk) {
  test::TempDir const folder;
  folder.write("file", "");

  auto const no_folder = TimingsCsv{folder / "none/timings.csv", never_full}.check();
  auto const a_folder = TimingsCsv{folder.path(), never_full}.check();
  auto const below_a_file = TimingsCsv{folder / "file/timings.csv", never_full}.check();
  TimingsCsv full{"/dev/full", never_full};
  auto const full_at_start = full.check();
  auto const full_later = full.append(record(), BatchId{9});

  ASSERT_FALSE(no_folder);
  EXPECT_EQ(no_folder.error().what, (folder / "none/timings.csv") + ": No such file or directory");
  ASSERT_FALSE(a_folder);
  EXPECT_EQ(a_folder.error().what, folder.path() + ": Is a directory");
  ASSERT_FALSE(below_a_file);
  EXPECT_EQ(below_a_file.error().what, (folder / "file/timings.csv") + ": Not a directory");
  EXPECT_TRUE(full_at_start);
  ASSERT_FALSE(full_later);
  EXPECT_EQ(full_later.error().what, "/dev/full: No space left on device");
}

}  // namespace
}  // namespace candled
