// What a load does to the tables.
#include "store_fixture.hpp"

namespace candled::test {
namespace {

using LoadTest = StoreTest;

constexpr char all_bars[] =
    "SELECT extract(epoch FROM ts)::int8, open, high, low, close, volume, vwap, trade_count FROM candled.bar "
    "ORDER BY series_id, ts";

TEST_F(LoadTest, stores_bars_value_by_value_and_covers_their_range) {
  auto const series = open();
  Load load;
  load.bars = {{.start = at("2024-01-02T14:30:00Z"),
                .open = 185.1,
                .high = 186.25,
                .low = 184.999,
                .close = 185.5,
                .volume = 1234567.125,
                .vwap = 185.3333,
                .trade_count = 4711},
               {.start = at("2024-01-02T14:32:00Z"),
                .open = 0.0001,
                .high = 0.0001,
                .low = 0.0001,
                .close = 0.0001,
                .volume = 0}};
  load.slices = {
      {.series = series.id, .first = 0, .count = 2, .proven = {minutes_from("2024-01-02T14:30:00Z", 5)}}};

  auto const report = this->load(load);

  EXPECT_EQ(report.inserted, 2);
  EXPECT_EQ(report.changed + report.unchanged + report.refused, 0);
  EXPECT_EQ(rows(all_bars),
            (Rows{{"1704205800", "185.1", "186.25", "184.999", "185.5", "1234567.125", "185.3333", "4711"},
                  {"1704205920", "0.0001", "0.0001", "0.0001", "0.0001", "0", "NaN", "-1"}}));
  EXPECT_EQ(rows("SELECT lower(r), upper(r) FROM candled.series, unnest(covered) r"),
            (Rows{{"2024-01-02 14:30:00+00", "2024-01-02 14:35:00+00"}}));
}

TEST_F(LoadTest, told_again_writes_nothing_at_all) {
  auto const series = open();
  auto const page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 500));
  load(page);
  auto const tuples = rows("SELECT ctid, xmin, xmax FROM candled.bar");
  auto const series_tuple = rows("SELECT ctid, xmin, xmax FROM candled.series");

  auto const report = load(page);

  EXPECT_EQ(report.unchanged, 500);
  EXPECT_EQ(report.inserted + report.changed + report.refused, 0);
  EXPECT_EQ(rows("SELECT ctid, xmin, xmax FROM candled.bar"), tuples);
  EXPECT_EQ(rows("SELECT ctid, xmin, xmax FROM candled.series"), series_tuple);
}

}  // namespace
}  // namespace candled::test
