// Day files as a source: they come before requests, through kills, and again when they are published again.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGKILL is POSIX's, not C's

#include <filesystem>
#include <fstream>

#include "core/time.hpp"
#include "end_to_end/world.hpp"
#include "support/gzip.hpp"

namespace candled::test {
namespace {

std::vector<std::string> const days = {"2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08"};
constexpr int minutes_a_day = 30;

std::string row(std::string const& ticker, std::string const& day, int minute, double price) {
  auto const open = parse_rfc3339(day + "T14:30:00Z").value() + std::chrono::minutes{minute};
  return fmt::format("{},{},{},{},{},{},{},{}\n", ticker, 100 + minute, price, price + 0.25, price + 0.5,
                     price - 0.5, open.time_since_epoch().count() * 1'000'000, minute + 1);
}

// Thirty minutes of AAPL and MSFT; F does not trade.
std::string rows_of(std::string const& day) {
  std::string text = "ticker,volume,open,close,high,low,window_start,transactions\n";
  for (auto const* const ticker : {"AAPL", "AMZN", "MSFT"})
    for (int minute = 0; minute < minutes_a_day; ++minute) text += row(ticker, day, minute, 100 + minute);
  return text;
}

std::string path_of(TempDir const& root, std::string const& day) {
  return fmt::format("{}/us_stocks_sip/minute_aggs_v1/{}/{}/{}.csv.gz", root.path(), day.substr(0, 4),
                     day.substr(5, 2), day);
}

void write_file(TempDir const& root, std::string const& day, std::string const& content) {
  auto const path = path_of(root, day);
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
  std::ofstream{path, std::ios::binary} << content;
}

// The exchange knows all five days; the folder has the files of the first three.
struct FilesWorld {
  FilesWorld() {
    for (auto const& day : days) write_file(all, day, gzipped(rows_of(day)));
    for (std::size_t i = 0; i < 3; ++i) write_file(folder, days[i], gzipped(rows_of(days[i])));
  }

  std::unique_ptr<World> start() const {
    return std::make_unique<World>(WorldOptions{
        .exchange = {"--data", all.path()},
        .jobs = "  - { name: minutes, provider: exchange, timeframe: 1m, symbols: [AAPL, F, MSFT], calendar: "
                "XNYS, "
                "history: 2024-03-04 }\n",
        .providers =
            fmt::format("  files: {{ kind: flatfile, fills: exchange, root: {} }}\n", folder.path())});
  }

  TempDir all;
  TempDir folder;
};

std::vector<std::string> const backfill = {"backfill", "--from", "2024-03-04", "--to", "2024-03-08"};

void expect_complete(World const& world) {
  EXPECT_EQ(rows(world.url(),
                 "SELECT ticker, count(*), sum(open), sum(volume) FROM candled.bars GROUP BY 1 ORDER BY 1"),
            (Rows{{"AAPL", "150", "17175", "17175"}, {"MSFT", "150", "17175", "17175"}}));
  EXPECT_EQ(rows(world.url(),
                 "SELECT count(*), min(lower(covered)) AT TIME ZONE 'UTC', min(upper(covered)) AT "
                 "TIME ZONE 'UTC' FROM candled.series s WHERE covered = multirange(range_merge(covered))"),
            (Rows{{"3", "2024-03-04 05:00:00", "2024-03-09 05:00:00"}}));
  EXPECT_EQ(value(world.url(), "SELECT count(*) FROM candled.bar_revision"), "0");
}

TEST(FlatFiles, come_first_and_requests_fetch_the_tail) {
  FilesWorld const files;
  auto const world = files.start();

  auto const plan = world->candled({"plan"});
  auto const finished = world->candled(backfill);

  EXPECT_NE(plan.output.find("minutes: 3 day files of files come first, without a request\n"),
            std::string::npos)
      << plan.output;
  EXPECT_NE(plan.output.find("2024-03-07T05:00:00Z to "), std::string::npos) << plan.output;
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_NE(finished.output.find("3 day files of files were read"), std::string::npos) << finished.output;
  EXPECT_EQ(world->reported("requests"), 3);  // one a symbol, for Thursday and Friday
  expect_complete(*world);
  EXPECT_EQ(rows(world->url(), "SELECT provider, requests, bars FROM candled.ingest_batch ORDER BY batch_id"),
            (Rows{{"files", "0", "180"}, {"exchange", "3", "120"}}));
  EXPECT_EQ(value(world->url(), "SELECT count(*) FROM candled.flat_file WHERE read_at IS NOT NULL"), "3");
}

TEST(FlatFiles, leave_nothing_twice_and_nothing_missing_wherever_a_kill_comes) {
  FilesWorld const files;
  for (auto const* const place : {"flat_file_taken:1", "flat_file_taken:3", "load_before_commit:1",
                                  "load_after_commit:1", "batch_recorded:1"}) {
    SCOPED_TRACE(place);
    auto const world = files.start();

    auto const killed = world->candled(backfill, {{"CANDLED_FAILPOINT", std::string{place} + ":kill"}});
    auto const finished = world->candled(backfill);

    EXPECT_EQ(killed.exit_code, -SIGKILL) << killed.errors;
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    expect_complete(*world);
    EXPECT_EQ(value(world->url(), "SELECT count(*) FROM candled.flat_file"), "3");
  }
}

TEST(FlatFiles, published_again_are_read_again_and_what_changed_is_a_revision) {
  FilesWorld const files;
  auto const world = files.start();
  ASSERT_EQ(world->candled(backfill).exit_code, 0);
  auto text = rows_of(days[1]);
  auto const old_row = row("MSFT", days[1], 7, 107);
  text.replace(text.find(old_row), old_row.size(), row("MSFT", days[1], 7, 207));
  write_file(files.folder, days[1], gzipped(text));

  auto const again = world->candled({"once"});
  auto const revisions = "SELECT ts AT TIME ZONE 'UTC', open FROM candled.bar_revision";

  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_NE(again.output.find("1 day files of files were read"), std::string::npos) << again.output;
  EXPECT_EQ(rows(world->url(), revisions), (Rows{{"2024-03-05 14:37:00", "107"}}));
  EXPECT_EQ(
      value(world->url(), "SELECT open FROM candled.bars WHERE ticker = 'MSFT' AND ts = '2024-03-05 14:37Z'"),
      "207");
  EXPECT_EQ(world->candled({"once"}).output.find("day files"), std::string::npos);
}

TEST(FlatFiles, that_are_cut_change_nothing_and_are_told_and_requests_fill_their_day) {
  FilesWorld const files;
  auto const whole = gzipped(rows_of(days[1]));
  write_file(files.folder, days[1], whole.substr(0, whole.size() - 9));
  auto const world = files.start();

  auto const finished = world->candled(backfill);

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_NE(finished.errors.find(fmt::format("{}: ends too early, at byte {}", path_of(files.folder, days[1]),
                                             whole.size() - 9)),
            std::string::npos)
      << finished.errors;
  EXPECT_NE(finished.output.find("1 day files of files are broken"), std::string::npos) << finished.output;
  expect_complete(*world);
  EXPECT_EQ(value(world->url(), "SELECT sum(bars) FROM candled.ingest_batch WHERE provider = 'files'"),
            "120");
}

// Equal rows are one bar; of rows that differ nobody knows which is true, so the provider is asked.
TEST(FlatFiles, with_a_row_twice_keep_one_and_leave_those_that_differ_to_requests) {
  FilesWorld const files;
  write_file(files.folder, days[0],
             gzipped(rows_of(days[0]) + row("AAPL", days[0], 3, 103) + row("MSFT", days[0], 5, 999)));
  auto const world = files.start();

  auto const finished = world->candled(backfill);

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  expect_complete(*world);
  EXPECT_EQ(rows(world->url(),
                 "SELECT ts AT TIME ZONE 'UTC', reason, count(*) FROM candled.rejected_bar GROUP BY 1, 2"),
            (Rows{{"2024-03-04 14:35:00", "conflicting_duplicate", "2"}}));
}

// 70,025 daily bars of 23 years: whichever way they come, they are the same.
TEST(FlatFiles, of_real_days_hold_what_requests_bring) {
  std::string const data = CANDLED_SOURCE_DIR "/../shared/data/real";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "REAL DATA IS NOT THERE, NOT TESTED: " << data;
  auto const by = [&](std::string const& providers) {
    return std::make_unique<World>(WorldOptions{
        .exchange = {"--data", data},
        .jobs = "  - { name: days, provider: exchange, timeframe: 1d, symbols: [AAPL, BAC, IBM, SPY, NONE], "
                "calendar: XNYS, history: 1998-01-01 }\n",
        .providers = providers});
  };
  auto const bars =
      "SELECT count(*), md5(string_agg(concat_ws(',', ticker, ts, open, high, low, close, volume), ' ' ORDER "
      "BY "
      "ticker, ts)) FROM candled.bars";
  std::vector<std::string> const all = {"backfill", "--from", "1998-01-02", "--to", "2021-03-31"};
  auto const asking = by("");
  auto const reading = by(fmt::format("  files: {{ kind: flatfile, fills: exchange, root: {} }}\n", data));

  auto const asked = asking->candled(all);
  auto const read = reading->candled(all);

  ASSERT_EQ(asked.exit_code, 0) << asked.errors;
  ASSERT_EQ(read.exit_code, 0) << read.errors;
  EXPECT_NE(read.output.find("5849 day files of files were read"), std::string::npos) << read.output;
  EXPECT_EQ(rows(reading->url(), bars), rows(asking->url(), bars));
  EXPECT_GT(std::atoi(value(reading->url(), "SELECT count(*) FROM candled.bars").c_str()), 15'000);
}

}  // namespace
}  // namespace candled::test
