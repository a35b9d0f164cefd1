// The daemon with the rights of candled_ingest. All other tests of whole programs have them, too (world.hpp).
#include <gtest/gtest.h>

#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

TEST(RolesOfCommands, ingest_fetches_and_reports_but_does_not_migrate) {
  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09"},
               .jobs =
                   "  - { name: daily, provider: exchange, timeframe: 1d, symbols: [AAPL, MSFT], calendar: "
                   "XNYS, history: 2024-03-04 }\n"}};
  auto const newest = "(SELECT max(version) FROM candled.schema_migration)";

  auto const calendars = world.candled({"migrate"});
  auto const once = world.candled({"once"});
  auto const status = world.candled({"status"});
  auto const gaps = world.candled({"gaps"});
  rows(world.url(), std::string{"DELETE FROM candled.schema_migration WHERE version = "} + newest);
  auto const refused = world.candled({"migrate"});

  EXPECT_EQ(calendars.exit_code, 0) << calendars.errors;
  EXPECT_TRUE(calendars.output.contains("candled.market_session: ")) << calendars.output;
  EXPECT_EQ(once.exit_code, 0) << once.errors;
  EXPECT_EQ(value(world.url(), "SELECT count(*) FROM candled.bars"), "10");
  EXPECT_EQ(status.exit_code, 0) << status.errors;
  EXPECT_EQ(gaps.exit_code, 0) << gaps.errors;
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_TRUE(refused.errors.contains("(SQLSTATE 42501)")) << refused.errors;
  EXPECT_TRUE(refused.errors.contains("to migrate, log in as candled_migrate")) << refused.errors;
}

}  // namespace
}  // namespace candled::test
