// Weeks and months of real bars, by real splits and dividends, against the factors that their publisher has.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>

#include "core/time.hpp"
#include "end_to_end/lean_files.hpp"

namespace candled::test {
namespace {

// Whose bars, and the closes that their files refer to, are all in the data.
constexpr std::array instruments{"aapl", "aig", "ibm", "spy", "iwm", "eem", "bno", "goog", "googl", "uso"};

// The weeks or months in which an instrument gets another ticker.
constexpr char renamed_sql[] =
    "SELECT candled.first_day_of_bar(lower(valid), '{}') FROM candled.instrument_ticker JOIN "
    "candled.instrument USING (instrument_id) WHERE identifier = '{}' AND lower(valid) > '1998-01-02'";

std::string jobs() {
  std::string symbols;
  for (auto const* name : instruments) symbols += (symbols.empty() ? "" : ", ") + upper(name);
  std::string jobs;
  for (auto const* timeframe : {"1d", "1w", "1mo"})
    jobs += fmt::format(
        "  - {{ name: j{0}, provider: exchange, timeframe: {0}, symbols: [{1}], calendar: XNYS, history: "
        "1998-01-01 }}\n",
        timeframe, symbols);
  return jobs;
}

// A bar's open, high, low, close and volume.
using Values = std::array<double, 5>;

// The days of an instrument, each by the factors of its file, put together to bars that start as `timeframe`
// does.
std::map<std::string, Values> made_of_days(Rows const& days, std::string const& instrument,
                                           std::string const& timeframe) {
  std::map<std::string, Values> bars;
  auto const factors = factors_of(instrument);
  for (auto const& row : days) {
    std::chrono::sys_days const date{parse_date(row[0]).value()};
    auto const& factor = *std::ranges::find_if(factors, [&](Factor const& one) { return one.last >= date; });
    Values values{};
    for (std::size_t i = 0; i < 4; ++i)
      values.at(i) = std::stod(row.at(1 + i)) * factor.splits * factor.dividends;
    values[4] = std::stod(row[5]) / factor.splits;
    std::chrono::year_month_day const ymd{date};
    auto const start = timeframe == "1w" ? date - (std::chrono::weekday{date} - std::chrono::Sunday)
                                         : std::chrono::sys_days{ymd.year() / ymd.month() / 1};
    auto const [bar, is_first] = bars.emplace(iso(start), values);
    if (is_first) continue;
    auto& [open, high, low, close, volume] = bar->second;
    high = std::max(high, values[1]);
    low = std::min(low, values[2]);
    close = values[3];
    volume += values[4];
  }
  return bars;
}

bool are_close(std::vector<std::string> const& row, Values const& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (row.at(1 + i) == "NULL" || std::abs(std::stod(row.at(1 + i)) / expected.at(i) - 1) > 1e-6)
      return false;
  return true;
}

// A bar in whose midst the ticker changes is what was traded under the first name, unless it is made of days.
TEST(AdjustedWeeks, and_months_are_their_days_by_the_factors_of_the_files) {
  if (!std::filesystem::exists(real_data))
    GTEST_SKIP() << "REAL DATA IS NOT THERE, NOT TESTED: " << real_data;
  World world{{.exchange = {"--data", real_data}, .jobs = jobs()}};
  ASSERT_EQ(world.as_migrate({"migrate"}).exit_code, 0);
  ASSERT_EQ(world.as_migrate({"instruments", "import", write(world, "names.csv", all_names())}).exit_code, 0);
  ASSERT_EQ(world.candled({"once"}).exit_code, 0);
  std::string csv = "ticker,kind,ex_date,value,currency\n";
  for (auto const* name : instruments) csv += actions_of(name, world);
  ASSERT_EQ(world.candled({"actions", "import", write(world, "actions.csv", csv)}).exit_code, 0);

  std::size_t compared = 0;
  std::size_t made = 0;
  for (std::string const name : instruments) {
    auto const bars = [&](std::string const& columns, std::string const& timeframe, std::string const& how) {
      return rows(world.url(), fmt::format("SELECT {} FROM candled.bars_adjusted('{}', '{}', '1990-01-01Z', "
                                           "'2021-04-01Z', {}) ORDER BY ts",
                                           columns, upper(name), timeframe, how));
    };
    // Nothing was known of splits in 1990.
    auto const days = bars("session_date, open, high, low, close, volume", "1d", "'all', '1990-01-01Z'");
    for (std::string const timeframe : {"1w", "1mo"}) {
      auto const expected = made_of_days(days, name, timeframe);
      auto const renamed = rows(world.url(), fmt::format(renamed_sql, timeframe, name));
      for (auto const& row :
           bars("(ts AT TIME ZONE 'America/New_York')::date, open, high, low, close, volume, "
                "price_factor IS NULL",
                timeframe, "'all'")) {
        if (row[6] == "f" && std::ranges::find(renamed, std::vector{row[0]}) != renamed.end()) continue;
        ++compared;
        if (row[6] == "t") ++made;
        EXPECT_TRUE(are_close(row, expected.at(row[0])))
            << name << " " << timeframe << " " << row[0] << ": " << row[4];
      }
    }
  }
  EXPECT_GT(compared, 9000U);
  EXPECT_GT(made, 300U) << "weeks and months in which there was a split or a dividend";
}

}  // namespace
}  // namespace candled::test
