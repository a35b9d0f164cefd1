// Bars of longer timeframes that a job keeps beside its own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

std::vector<std::string> const backfill = {"backfill", "--from", "2024-03-04", "--to", "2024-03-09"};

WorldOptions a_week_of_minutes() {
  return {
      .exchange = {"--synthetic", "7", "--synthetic-from", "2024-01-01", "--page-limit-max", "1000"},
      .jobs =
          "  - { name: minutes, provider: exchange, timeframe: 1m, symbols: [AAPL, MSFT], calendar: XNYS, "
          "history: 2024-03-03, rollups: [5m, 15m, 30m, 1h, 1d, 1w] }\n"};
}

// What is stored and what bars_rollup() makes of the same minutes now, where the two differ.
Rows differences(std::string const& url) {
  return rows(url, R"(
    WITH stored AS (
      SELECT * FROM candled.bars WHERE timeframe <> '1m'
    ), computed AS (
      SELECT r.* FROM unnest('{AAPL,MSFT}'::text[]) AS t (ticker)
      CROSS JOIN unnest('{5m,15m,30m,1h,1d,1w}'::text[]) AS f (timeframe)
      CROSS JOIN LATERAL candled.bars_rollup(t.ticker, f.timeframe) r
    )
    (TABLE stored EXCEPT TABLE computed) UNION ALL (TABLE computed EXCEPT TABLE stored))");
}

TEST(Rollup, of_a_job_is_stored_and_asks_the_provider_for_nothing) {
  World world{a_week_of_minutes()};
  ASSERT_EQ(world.as_migrate({"migrate"}).exit_code, 0) << "tells the database when markets trade";

  auto const finished = world.candled(backfill);

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_EQ(
      rows(world.url(), "SELECT timeframe, count(*) > 0 FROM candled.bars GROUP BY 1 ORDER BY 1"),
      (Rows{{"15m", "t"}, {"1d", "t"}, {"1h", "t"}, {"1m", "t"}, {"1w", "t"}, {"30m", "t"}, {"5m", "t"}}));
  EXPECT_EQ(differences(world.url()), Rows{});
  EXPECT_EQ(value(world.url(), "SELECT count(*) FROM candled.gaps WHERE gap_until <= '2024-03-09'"), "0");
  EXPECT_EQ(world.report().find("range/1/day"), std::string::npos);
  EXPECT_EQ(value(world.url(), "SELECT sum(requests) FROM candled.ingest_batch WHERE timeframe <> '1m'"),
            "NULL");
}

TEST(Rollup, follows_with_the_next_start_when_candled_is_killed_in_between) {
  for (auto const* const name : {"rollup_before_begin", "rollup_before_commit"}) {
    SCOPED_TRACE(name);
    World world{a_week_of_minutes()};
    ASSERT_EQ(world.as_migrate({"migrate"}).exit_code, 0) << "tells the database when markets trade";

    auto const killed = world.candled(backfill, {{"CANDLED_FAILPOINT", fmt::format("{}:1:kill", name)}});
    auto const dirty = value(world.url(), "SELECT count(*) > 0 FROM candled.rollup_dirty");
    auto const finished = world.candled(backfill);

    EXPECT_EQ(killed.exit_code, -SIGKILL) << killed.errors;
    EXPECT_EQ(dirty, "t");
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    EXPECT_EQ(value(world.url(), "SELECT count(*) FROM candled.rollup_dirty"), "0");
    EXPECT_EQ(differences(world.url()), Rows{});
  }
}

}  // namespace
}  // namespace candled::test
