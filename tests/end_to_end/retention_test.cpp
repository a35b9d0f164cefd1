// What a job does not keep is dropped, and is neither asked for nor missed.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "end_to_end/world.hpp"
#include "support/temp_dir.hpp"

namespace candled::test {
namespace {

TEST(Retention, drops_the_years_that_no_job_keeps_and_asks_for_them_no_more) {
  auto const this_year = static_cast<int>(
      std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())}
          .year());
  auto const oldest = std::to_string(this_year - 2);
  auto const kept = std::to_string(this_year - 1);
  auto const job = [&](std::string const& name, std::string const& symbol) {
    return "  - { name: " + name + ", provider: exchange, timeframe: 1d, symbols: [" + symbol +
           "], calendar: XNYS, history: " + oldest + "-01-01 }\n";
  };
  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", oldest + "-01-01"},
               .jobs = job("mine", "AAPL") + job("others", "MSFT")}};
  auto const years =
      "SELECT string_agg(DISTINCT to_char(ts, 'YYYY'), ' ' ORDER BY to_char(ts, 'YYYY')) FROM candled.bar";
  auto const keep_one_year = [&](std::string const& name) {
    auto text = read_file(world.config());
    auto const place = text.find(", provider", text.find("name: " + name));
    std::ofstream{world.config()} << text.insert(place, ", retention: 1y");
  };
  auto const first = world.candled({"once"});
  ASSERT_EQ(first.exit_code, 0) << first.errors;
  auto const all_years = value(world.url(), years);
  auto const requests = world.reported("requests");

  keep_one_year("mine");
  auto const check = world.candled({"check"});
  auto const with_others = world.candled({"once"});
  auto const years_with_others = value(world.url(), years);
  keep_one_year("others");
  auto const plan = world.candled({"plan"});
  auto const alone = world.candled({"once"});
  auto const back = world.candled({"backfill", "--from", oldest + "-03-01", "--to", oldest + "-03-31"});

  EXPECT_TRUE(all_years.starts_with(oldest + " ")) << all_years;
  EXPECT_TRUE(check.output.contains("mine: bars before " + kept + "-01-01 are dropped (retention: 1y)"))
      << check.output;
  EXPECT_TRUE(check.output.contains("note: without a retention: others; ")) << check.output;
  EXPECT_EQ(with_others.exit_code, 0) << with_others.errors;
  EXPECT_EQ(years_with_others, all_years) << "MSFT keeps its bars";
  EXPECT_EQ(plan.output, "mine: nothing is due\nothers: nothing is due\n");
  EXPECT_EQ(alone.exit_code, 0) << alone.errors;
  EXPECT_TRUE(alone.errors.contains("the bars of " + oldest + " are dropped")) << alone.errors;
  EXPECT_TRUE(value(world.url(), years).starts_with(kept)) << value(world.url(), years);
  EXPECT_TRUE(back.errors.contains("nothing before " + kept + "-01-01T05:00:00Z is asked for"))
      << back.errors;
  EXPECT_EQ(world.reported("requests"), requests);
  EXPECT_EQ(rows(world.url(), "SELECT * FROM candled.gaps"), Rows{});
}

}  // namespace
}  // namespace candled::test
