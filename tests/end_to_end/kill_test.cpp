// Sudden ends: of candled, of PostgreSQL, and two at once. What is covered is there, and the next run has the
// rest.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGCONT is POSIX's, not C's

#include <ostream>
#include <set>
#include <tuple>

#include "core/time.hpp"
#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

// Two days of four tickers in three timeframes: a batch, and so a transaction, for each of the twelve series.
std::vector<std::string> const backfill = {"backfill", "--from", "2024-03-04", "--to", "2024-03-05"};

WorldOptions twelve_batches(std::string database_url = {}) {
  std::string jobs;
  for (auto const* const timeframe : {"1m", "1h", "1d"})
    jobs += fmt::format(
        "  - {{ name: j{0}, provider: exchange, timeframe: {0}, symbols: [AAPL, BRK.B, F, MSFT], calendar: "
        "XNYS, "
        "history: 2024-03-04, batch: {{ symbols: 1, parallel: 2 }} }}\n",
        timeframe);
  return {.exchange = {"--synthetic", "7", "--synthetic-from", "2024-01-01", "--page-limit-max", "300"},
          .jobs = jobs,
          .database_url = std::move(database_url)};
}

// What a database holds, bar by bar.
struct Stored {
  using SeriesName = std::pair<std::string, std::string>;  // ticker, timeframe
  using Bars = std::map<long long, std::string>;  // start in seconds since 1970 -> the rest of the row
  std::map<SeriesName, Bars> bars;
  std::map<SeriesName, std::vector<std::pair<long long, long long>>> covered;

  std::size_t count() const {
    std::size_t all = 0;
    for (auto const& [name, of_series] : bars) all += of_series.size();
    return all;
  }
};

// One statement, and so one moment, of a database that may be in use.
Stored stored_in(std::string const& url) {
  auto const all = rows(
      url,
      "SELECT 'bar', ticker, timeframe, extract(epoch FROM ts)::bigint, (ticker, timeframe, ts, open, high, "
      "low, close, volume, vwap, trade_count)::text FROM candled.bars UNION "
      "ALL "
      "SELECT 'covered', t.ticker, s.timeframe, extract(epoch FROM lower(c))::bigint, extract(epoch FROM "
      "upper(c))::bigint::text FROM candled.series s JOIN candled.instrument_ticker t USING (instrument_id) "
      "CROSS JOIN LATERAL unnest(s.covered) c ORDER BY 1, 2, 3, 4");
  Stored stored;
  for (auto const& row : all) {
    Stored::SeriesName const name{row[1], row[2]};
    auto const from = std::atoll(row[3].c_str());
    if (row[0] == "bar")
      stored.bars[name][from] = row[4];
    else
      stored.covered[name].emplace_back(from, std::atoll(row[4].c_str()));
  }
  return stored;
}

// What every database must hold in the end. Once a process: it is always the same.
Stored const& complete() {
  static Stored const known = [] {
    World world{twelve_batches()};
    auto const finished = world.candled(backfill);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    auto stored = stored_in(world.url());
    EXPECT_EQ(stored.covered.size(), 12U);
    EXPECT_GT(stored.count(), 5'000U);
    return stored;
  }();
  return known;
}

// The bars are those of the covered ranges: none is missing there, none is elsewhere, none is another.
void expect_coverage_tells_the_truth(Stored const& stored) {
  for (auto const& [name, all] : complete().bars) {
    Stored::Bars expected;
    if (auto const found = stored.covered.find(name); found != stored.covered.end())
      for (auto const& [from, to] : found->second)
        expected.insert(all.lower_bound(from), all.lower_bound(to));
    auto const found = stored.bars.find(name);
    EXPECT_EQ(found == stored.bars.end() ? Stored::Bars{} : found->second, expected)
        << name.first << ' ' << name.second;
  }
  for (auto const& [name, bars] : stored.bars) EXPECT_TRUE(complete().bars.contains(name)) << name.first;
}

void expect_complete(std::string const& url) {
  auto const stored = stored_in(url);
  EXPECT_EQ(stored.bars, complete().bars);
  EXPECT_EQ(stored.covered, complete().covered);
  EXPECT_EQ(value(url, "SELECT count(*) FROM candled.bar_revision"), "0");
}

std::map<std::string, std::string> failpoint(std::string const& name, int nth, std::string const& action) {
  return {{"CANDLED_FAILPOINT", fmt::format("{}:{}:{}", name, nth, action)}};
}

struct Kills {
  int made = 0;
  int with_some_bars = 0;  // after which a part of the table was there
};

// Kills a run when it passes `name` for the `nth` time, and lets another one finish: on a new database each.
Kills kill_at(std::string const& name, std::vector<int> const& nths) {
  Kills kills;
  for (int const nth : nths) {
    SCOPED_TRACE(fmt::format("killed at {}:{}", name, nth));
    World world{twelve_batches()};

    auto const killed = world.candled(backfill, failpoint(name, nth, "kill"));
    auto const left = stored_in(world.url());
    auto const finished = world.candled(backfill);

    EXPECT_EQ(killed.exit_code, -SIGKILL) << killed.errors;
    expect_coverage_tells_the_truth(left);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    expect_complete(world.url());
    if (killed.exit_code == -SIGKILL) ++kills.made;
    if (left.count() > 0 && left.count() < complete().count()) ++kills.with_some_bars;
  }
  return kills;
}

TEST(Kill, between_begin_and_commit_leaves_whole_batches_and_the_next_run_has_the_rest) {
  Kills all;
  for (auto const* const name : {"load_after_begin", "load_mid_copy", "load_after_copy",
                                 "load_before_coverage", "load_before_commit"}) {
    auto const kills = kill_at(name, {1, 4, 8, 12});
    all.made += kills.made;
    all.with_some_bars += kills.with_some_bars;
  }

  EXPECT_EQ(all.made, 20);
  EXPECT_GE(all.with_some_bars, 10);
}

TEST(Kill, between_transactions_leaves_whole_batches_and_the_next_run_has_the_rest) {
  EXPECT_EQ(kill_at("load_before_begin", {1, 6, 12}).made, 3);
  EXPECT_EQ(kill_at("load_after_commit", {1, 5, 11}).made, 3);
  EXPECT_EQ(kill_at("batch_recorded", {1, 6, 12}).made, 3);
}

TEST(Kill, while_pages_come_leaves_whole_batches_and_the_next_run_has_the_rest) {
  EXPECT_EQ(kill_at("page_taken", {1, 2, 9, 25, 40}).made, 5);
}

TEST(Kill, again_and_again_gets_on_with_every_run_that_commits) {
  World world{twelve_batches()};
  std::vector<std::size_t> bars;

  for (int run = 0; run < 4; ++run) {
    auto const killed = world.candled(backfill, failpoint("load_after_commit", 2, "kill"));
    EXPECT_EQ(killed.exit_code, -SIGKILL) << killed.errors;
    auto const stored = stored_in(world.url());
    expect_coverage_tells_the_truth(stored);
    bars.push_back(stored.count());
  }
  auto const finished = world.candled(backfill);

  for (std::size_t run = 1; run < bars.size(); ++run) EXPECT_GT(bars[run], bars[run - 1]);
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  expect_complete(world.url());
}

TEST(Kill, of_a_migration_leaves_no_half_of_it) {
  for (auto const* const name : {"migrate_before_commit", "migrate_after_commit"})
    for (int const nth : {1, 3}) {
      SCOPED_TRACE(fmt::format("killed at {}:{}", name, nth));
      auto const database = TempDatabase::empty();
      World world{twelve_batches(database.url())};

      auto const killed = world.candled({"migrate"}, failpoint(name, nth, "kill"));
      auto const migrated = world.candled({"migrate"});
      auto const finished = world.candled(backfill);

      EXPECT_EQ(killed.exit_code, -SIGKILL) << killed.errors;
      EXPECT_EQ(migrated.exit_code, 0) << migrated.errors;
      EXPECT_EQ(finished.exit_code, 0) << finished.errors;
      expect_complete(world.url());
    }
}

struct Moment {
  char const* failpoint;
  int nth;
};

void PrintTo(Moment const& moment, std::ostream* out) {
  *out << moment.failpoint << ':' << moment.nth;
}

// candled as it stands at a moment of its run, with a database server of its own to stop.
struct Paused {
  explicit Paused(Moment moment) : world(twelve_batches(cluster.url())) {
    auto const migrated = world.candled({"migrate"});
    EXPECT_EQ(migrated.exit_code, 0) << migrated.errors;
    process = world.start(backfill, failpoint(moment.failpoint, moment.nth, "pause"));
    EXPECT_TRUE(process->wait_until_stopped()) << process->errors();
  }

  // It goes on without a database, and says that it waits for it.
  void lose_database() {
    cluster.stop_immediate();
    process->signal(SIGCONT);
    EXPECT_TRUE(process->wait_for(" waits ")) << process->errors();
  }

  PrivateCluster cluster;
  World world;
  std::unique_ptr<Process> process;
};

class DatabaseStop : public testing::TestWithParam<Moment> {};

TEST_P(DatabaseStop, without_a_checkpoint_is_waited_out_and_nothing_is_lost) {
  Paused candled{GetParam()};

  candled.lose_database();
  candled.cluster.start();
  auto const left = stored_in(candled.world.url());
  int const exit_code = candled.process->wait(std::chrono::minutes{5});
  auto const second = candled.world.candled(backfill);

  expect_coverage_tells_the_truth(left);
  EXPECT_EQ(exit_code, 0) << candled.process->errors();
  EXPECT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_TRUE(second.output.contains("0 windows, 0 bars")) << second.output;
  expect_complete(candled.world.url());
}

INSTANTIATE_TEST_SUITE_P(At, DatabaseStop,
                         testing::Values(Moment{"load_before_begin", 2}, Moment{"load_mid_copy", 3},
                                         Moment{"load_before_commit", 1}, Moment{"load_after_commit", 2},
                                         Moment{"page_taken", 5}, Moment{"batch_recorded", 4}),
                         [](auto const& info) { return std::string{info.param.failpoint}; });

TEST(DatabaseGone, ends_with_1_when_candled_is_asked_to_stop_before_it_is_back) {
  Paused candled{{.failpoint = "load_before_commit", .nth = 5}};

  candled.lose_database();
  candled.process->signal(SIGTERM);
  int const exit_code = candled.process->wait();
  candled.cluster.start();
  auto const left = stored_in(candled.world.url());
  auto const second = candled.world.candled(backfill);

  EXPECT_EQ(exit_code, 1) << candled.process->errors();
  EXPECT_LT(left.count(), complete().count());
  expect_coverage_tells_the_truth(left);
  EXPECT_EQ(second.exit_code, 0) << second.errors;
  expect_complete(candled.world.url());
}

// Waits until a statement of another session waits for a lock.
void wait_for_a_lock_that_is_waited_for(std::string const& url) {
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (
      value(url,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = "
            "'Lock'") == "0")
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
}

// The last ten days, up to three days ago: what is final, whatever the clock says in between.
struct LastDays {
  LastDays() {
    auto const today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    until = to_string(Date{today - std::chrono::days{3}});
    jobs = fmt::format(
        "  - {{ name: hours, provider: exchange, timeframe: 1h, symbols: [AAPL, F, MSFT], calendar: XNYS, "
        "history: "
        "{}, batch: {{ symbols: 1, parallel: 1 }} }}\n",
        to_string(Date{today - std::chrono::days{13}}));
  }

  World world() const { return World{{.jobs = jobs}}; }
  std::string stored(World const& world) const {
    return value(world.url(),
                 fmt::format("SELECT count(*) || ' ' || md5(string_agg((ticker, timeframe, ts, open, high, "
                             "low, close, volume, vwap, trade_count)::text, '|' ORDER BY ticker, ts)) "
                             "FROM candled.bars b WHERE ts < '{}'",
                             until));
  }

  std::string until;
  std::string jobs;
};

void expect_no_harm(LastDays const& days, World const& both) {
  auto alone = days.world();
  auto const finished = alone.candled({"once"});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_EQ(days.stored(both), days.stored(alone));
  EXPECT_EQ(value(both.url(), "SELECT count(*) FROM candled.bar_revision"), "0");
  EXPECT_EQ(value(both.url(), "SELECT count(*) FROM candled.gap"), "0");
  EXPECT_EQ(value(both.url(), "SELECT count(*) FROM candled.ingest_run WHERE exit_code = 0"), "2");
}

TEST(TwoAtOnce, one_loads_what_the_other_has_begun_to_load) {
  LastDays const days;
  auto world = days.world();
  auto const first = world.start({"once"}, failpoint("load_after_begin", 1, "pause"));
  ASSERT_TRUE(first->wait_until_stopped());

  auto const second = world.candled({"once"});
  first->signal(SIGCONT);

  EXPECT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_EQ(first->wait(), 0) << first->errors();
  expect_no_harm(days, world);
}

TEST(TwoAtOnce, one_waits_for_the_commit_of_the_other) {
  LastDays const days;
  auto world = days.world();
  auto const first = world.start({"once"}, failpoint("load_before_commit", 1, "pause"));
  ASSERT_TRUE(first->wait_until_stopped());

  auto const second = world.start({"once"});
  wait_for_a_lock_that_is_waited_for(world.url());
  first->signal(SIGCONT);

  EXPECT_EQ(first->wait(), 0) << first->errors();
  EXPECT_EQ(second->wait(), 0) << second->errors();
  expect_no_harm(days, world);
}

}  // namespace
}  // namespace candled::test
