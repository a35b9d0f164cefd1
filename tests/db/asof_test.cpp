// What was known when: bars_asof shows what the view bars showed then.
#include <random>

#include "completeness_fixture.hpp"

namespace candled::test {
namespace {

using AsofTest = StoreTest;

constexpr char columns[] = "ticker, timeframe, ts, open, high, low, close, volume, vwap, trade_count";

// The time of the database, and what the view bars shows at it.
struct Snapshot {
  std::string at;
  Rows bars;
};

class Snapshots : public StoreTest, public testing::WithParamInterface<unsigned> {
 protected:
  Snapshot take() const {
    auto bars = rows(std::string{"SELECT "} + columns + " FROM candled.bars ORDER BY ticker, ts");
    return {.at = value("SELECT clock_timestamp()"), .bars = std::move(bars)};
  }

  Rows asof(std::string const& time) const {
    return rows(std::string{"SELECT "} + columns + " FROM candled.bars_asof('" + time +
                "') ORDER BY ticker, ts");
  }
};

TEST_P(Snapshots, taken_at_the_time_are_what_bars_asof_shows_later) {
  auto const series = must(await(store_.open_series(query({"A", "B"}))));
  std::mt19937 random{GetParam()};
  auto const number = [&](int from, int to) { return std::uniform_int_distribution{from, to}(random); };
  std::vector<Snapshot> taken{take()};

  for (int i = 0; i < 25; ++i) {
    Load load;
    for (auto const& one : series) {
      auto const from = at("2023-12-31T23:00:00Z") + std::chrono::minutes{number(0, 100)};
      add_minutes(load, one.id, {.from = from, .to = from + std::chrono::minutes{number(1, 40)}},
                  number(0, 2));
      // Some are answered without their last bars, which come late in another load.
      if (number(0, 1) == 0) load.slices.back().count /= 2;
    }
    this->load(load);
    taken.push_back(take());
  }

  for (auto const& one : taken) EXPECT_EQ(asof(one.at), one.bars) << one.at;
  EXPECT_EQ(asof("infinity"), taken.back().bars);
  EXPECT_NE(value("SELECT count(*) FROM candled.bar_revision WHERE existed"), "0");
  EXPECT_NE(value("SELECT count(*) FROM candled.bar_revision WHERE NOT existed"), "0");
}

INSTANTIATE_TEST_SUITE_P(AsofTest, Snapshots, testing::Range(1U, 4U));

TEST_F(AsofTest, query_with_ticker_and_range_uses_the_keys) {
  auto const series = open();
  load(minutes(series.id, minutes_from("2022-12-31T23:00:00Z", 120)));
  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 500)));
  rows("ANALYZE");
  std::string plan;
  for (auto const& line :
       test::rows(with_option(database_.url(), "options", "-c enable_seqscan=off -c timezone=UTC"),
                  "EXPLAIN SELECT * FROM candled.bars_asof('2024-06-01') WHERE ticker = 'AAPL' "
                  "AND timeframe = '1m' AND ts >= '2024-01-02' AND ts < '2024-01-03'"))
    plan += line.at(0) + "\n";

  EXPECT_EQ(plan.find("Function Scan"), std::string::npos) << plan;
  EXPECT_NE(plan.find("bar_2024_pkey"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("bar_2022"), std::string::npos) << plan;
  EXPECT_NE(plan.find("bar_revision_pkey"), std::string::npos) << plan;
  EXPECT_NE(plan.find("coverage_log_by_series"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("Seq Scan on bar"), std::string::npos) << plan;
}

TEST_F(AsofTest, series_that_are_covered_alike_share_a_row_of_the_log) {
  auto const series = must(await(store_.open_series(query({"A", "B", "C"}))));
  Load load;
  for (auto const& one : series) add_minutes(load, one.id, minutes_from("2024-01-02T14:30:00Z", 5));
  this->load(load);
  load.slices[2].proven.add(minutes_from("2024-01-02T14:35:00Z", 5));
  this->load(load);
  this->load(load);

  EXPECT_EQ(
      rows("SELECT lower(during), upper(during), series_ids FROM candled.coverage_log ORDER BY covered_at"),
      (Rows{{"2024-01-02 14:30:00+00", "2024-01-02 14:35:00+00", "{1,2,3}"},
            {"2024-01-02 14:35:00+00", "2024-01-02 14:40:00+00", "{3}"}}));
}

}  // namespace
}  // namespace candled::test
