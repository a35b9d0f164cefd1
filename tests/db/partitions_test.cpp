// The tables of the years, around the end of one.
#include "store_fixture.hpp"

namespace candled::test {
namespace {

class Partitions : public StoreTest {
 protected:
  std::string years() const {
    return value(
        "SELECT string_agg(relid::regclass::text, ' ' ORDER BY relid::regclass::text) "
        "FROM pg_partition_tree('candled.bar') WHERE isleaf");
  }
};

TEST_F(Partitions, are_there_a_month_before_their_year_begins) {
  auto const series = open();

  load(minutes(series.id, minutes_from("2023-11-30T23:50:00Z", 5)));
  auto const in_november = years();
  load(minutes(series.id, minutes_from("2023-12-01T00:00:00Z", 5)));

  EXPECT_EQ(in_november, "candled.bar_2023");
  EXPECT_EQ(years(), "candled.bar_2023 candled.bar_2024");
}

TEST_F(Partitions, take_a_load_that_spans_new_year) {
  auto const series = open();

  auto const report = load(minutes(series.id, minutes_from("2023-12-31T23:58:00Z", 4)));

  EXPECT_EQ(report.inserted, 4);
  EXPECT_EQ(rows("SELECT tableoid::regclass, ts FROM candled.bar ORDER BY ts"),
            (Rows{{"candled.bar_2023", "2023-12-31 23:58:00+00"},
                  {"candled.bar_2023", "2023-12-31 23:59:00+00"},
                  {"candled.bar_2024", "2024-01-01 00:00:00+00"},
                  {"candled.bar_2024", "2024-01-01 00:01:00+00"}}));
  EXPECT_EQ(
      value("SELECT count(*) FROM candled.bars('AAPL', '1m', '2023-12-31 23:59Z', '2024-01-01 00:01Z')"),
      "2");
}

TEST_F(Partitions, end_with_the_last_year_that_is_kept) {
  auto const series = open();

  EXPECT_EQ(load(minutes(series.id, minutes_from("2199-12-31T23:58:00Z", 2))).inserted, 2);
  EXPECT_EQ(years(), "candled.bar_2199");
}

}  // namespace
}  // namespace candled::test
