// Several writers at once, and any order of loads: the same table.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <map>
#include <random>

#include "store_fixture.hpp"

namespace candled::test {
namespace {

using ConcurrencyTest = StoreTest;

// The loads, done by stores of their own at the same time; each is told until it is in.
void load_at_once(std::string const& url, std::vector<std::vector<Load>> const& shares) {
  std::vector<std::future<void>> writers;
  writers.reserve(shares.size());
  for (auto const& share : shares)
    writers.push_back(std::async(std::launch::async, [&] {
      PgBarStore store{Secret{url}, 1};
      for (auto const& load : share)
        for (int attempt = 0; attempt < 20; ++attempt) {
          auto const report = await(store.load(load));
          if (report) break;
          ASSERT_EQ(report.error().kind, ErrorKind::db_unavailable) << report.error().what;
        }
    }));
  for (auto& writer : writers) writer.get();
}

TEST_F(ConcurrencyTest, two_stores_that_load_the_same_bars_store_them_once) {
  auto const series = must(await(store_.open_series(query({"AAPL", "MSFT"}))));
  std::vector<Load> forward;
  std::vector<Load> backward;
  for (int i = 0; i < 20; ++i) {
    TimeRange const range{.from = at("2023-12-31T23:30:00Z") + std::chrono::minutes{20 * i},
                          .to = at("2023-12-31T23:30:00Z") + std::chrono::minutes{20 * i + 30}};
    Load load;
    add_minutes(load, series[0].id, range);
    add_minutes(load, series[1].id, range);
    forward.push_back(load);
    Load turned;  // the same, with its series the other way round: no deadlock
    add_minutes(turned, series[1].id, range);
    add_minutes(turned, series[0].id, range);
    backward.push_back(turned);
  }

  load_at_once(database_.url(), {forward, backward, forward});

  EXPECT_EQ(rows("SELECT series_id, count(*), count(DISTINCT ts) FROM candled.bar GROUP BY 1 ORDER BY 1"),
            (Rows{{"1", "410", "410"}, {"2", "410", "410"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar_revision"), "0");
  EXPECT_EQ(value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), "0");
}

TEST_F(ConcurrencyTest, partitions_are_made_once_while_others_write) {
  auto const series = must(await(store_.open_series(query({"A", "B", "C", "D"}))));
  std::vector<std::vector<Load>> shares(4);
  for (std::size_t i = 0; i < 4; ++i)
    for (int year = 2000; year < 2008; ++year)
      shares[i].push_back(
          minutes(series[i].id, minutes_from((std::to_string(year) + "-12-31T23:50:00Z").c_str(), 20)));

  load_at_once(database_.url(), shares);

  EXPECT_EQ(value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'candled.bar'::regclass"), "9");
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar"), "640");
}

TEST_F(ConcurrencyTest, partition_does_not_wait_for_a_running_load) {
  auto const series = open();
  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 1)));
  std::string const insert =
      "BEGIN; INSERT INTO candled.bar VALUES ('2024-01-02T10:00:00Z', 1, 1, 1, 1, 0, 1, 99, 0); "
      "SET statement_timeout = '5s'; ";

  // The second connection makes a partition while the first holds its row; waiting would end in the timeout.
  rows("CREATE EXTENSION dblink");
  rows(insert +
       "SELECT * FROM dblink('host=' || split_part(current_setting('unix_socket_directories'), ',', 1) || "
       "' user=' || current_user || ' dbname=' || current_database(), "
       "'SELECT candled.ensure_bar_partitions(''2031-01-01Z'', ''2031-01-01Z'')') AS t (made int4); COMMIT");

  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname = 'bar_2031'"), "1");
}

TEST_F(ConcurrencyTest, callers_share_a_pool_that_is_smaller_than_they_are_many) {
  auto const series = must(await(store_.open_series(query({"A", "B", "C", "D", "E", "F", "G", "H"}))));
  std::vector<Load> loads;
  loads.reserve(series.size());
  for (auto const& one : series) loads.push_back(minutes(one.id, minutes_from("2024-01-02T14:30:00Z", 100)));

  auto& loop = thread_loop();
  std::vector<std::future<Result<LoadReport>>> reports;
  reports.reserve(loads.size());
  for (auto const& load : loads)
    reports.push_back(boost::asio::co_spawn(loop, store_.load(load), boost::asio::use_future));
  loop.run();

  for (auto& report : reports) EXPECT_EQ(must(report.get()).inserted, 100);
  EXPECT_LE(std::stoi(value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                            "AND application_name = 'candled'")),
            2);
}

TEST(StoreLifetime, store_that_goes_waits_for_the_call_that_runs) {
  TempDatabase const database;
  boost::asio::io_context loop;
  SeriesQuery const query{.provider = "test",
                          .timeframe = Timeframe::m1,
                          .tickers = {"AAPL"},
                          .wanted_from = at("2024-01-01T00:00:00Z"),
                          .now = at("2024-06-01T00:00:00Z")};
  std::future<Result<std::vector<Series>>> answer;
  {
    PgBarStore store{Secret{database.url()}, 1};
    answer = boost::asio::co_spawn(loop, store.open_series(query), boost::asio::use_future);
    loop.poll();  // hands the call to the writer
  }
  loop.run();

  // Done, or dropped before it began; never half of it.
  try {
    EXPECT_EQ(must(answer.get()).size(), 1U);
  } catch (std::future_error const&) {
    EXPECT_EQ(value(database.url(), "SELECT count(*) FROM candled.series"), "0");
  }
}

// Random loads, with overlaps, repeats, changes and replays, against a map that is told the same.
class AnyOrder : public StoreTest, public testing::WithParamInterface<unsigned> {
 protected:
  using Model = std::map<std::pair<SeriesId, UtcTime>, double>;

  // Up to three slices of up to two hours within two days around a new year.
  Load random_load(std::vector<Series> const& series) {
    Load load;
    for (int slice = number(1, 3); slice > 0; --slice) {
      auto const from = at("2023-12-31T00:00:00Z") + std::chrono::minutes{number(0, 2880)};
      TimeRange const range{.from = from, .to = from + std::chrono::minutes{number(0, 120)}};
      add_minutes(load, series[static_cast<std::size_t>(number(0, 2))].id, range, number(0, 9) == 0 ? 1 : 0);
    }
    return load;
  }

  // What the table must hold after `load`: of a bar that is in it twice the later counts.
  static void tell(Model& model, std::map<SeriesId, RangeSet>& covered, Load const& load) {
    for (auto const& slice : load.slices) {
      covered[slice.series].add(slice.proven);
      for (std::size_t i = 0; i < slice.count; ++i) {
        auto const& bar = load.bars[slice.first + i];
        model[{slice.series, bar.start}] = bar.open;
      }
    }
  }

  static Rows expected(Model const& model) {
    Rows all;
    for (auto const& [key, open] : model)
      all.push_back({std::to_string(std::to_underlying(key.first)),
                     std::to_string(key.second.time_since_epoch() / std::chrono::seconds{1}),
                     std::to_string(open)});
    return all;
  }

  int number(int from, int to) { return std::uniform_int_distribution{from, to}(random_); }

  std::mt19937 random_{GetParam()};
};

TEST_P(AnyOrder, of_loads_ends_in_the_table_that_the_loads_describe) {
  auto const series = must(await(store_.open_series(query({"A", "B", "C"}))));
  Model model;
  std::map<SeriesId, RangeSet> covered;
  std::vector<Load> done;

  for (int i = 0; i < 60; ++i) {
    bool const replay = !done.empty() && number(0, 3) == 0;
    auto next = replay ? done[static_cast<std::size_t>(number(0, static_cast<int>(done.size()) - 1))]
                       : random_load(series);
    auto const before = model;
    tell(model, covered, next);
    auto const report = load(next);
    EXPECT_EQ(report.inserted, static_cast<std::int64_t>(model.size() - before.size()));
    done.push_back(std::move(next));
  }

  EXPECT_EQ(rows("SELECT series_id, extract(epoch FROM ts)::int8, open::numeric(12, 6) FROM candled.bar "
                 "ORDER BY series_id, ts"),
            expected(model));
  auto const found = must(await(store_.open_series(query({"A", "B", "C"}))));
  for (auto const& one : found) EXPECT_EQ(one.covered, covered[one.id]);
}

INSTANTIATE_TEST_SUITE_P(ConcurrencyTest, AnyOrder, testing::Range(1U, 6U));

}  // namespace
}  // namespace candled::test
