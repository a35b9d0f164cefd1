// Real trade bars, from the provider's flat files through the exchange and candled into PostgreSQL.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

std::string const data = CANDLED_SOURCE_DIR "/../shared/data/real";

// (ticker, timeframe, start in seconds) -> open, high, low, close, volume
using Bars = std::map<std::tuple<std::string, std::string, long long>, std::array<double, 5>>;

// ticker,volume,open,close,high,low,window_start,transactions
void read_flat_file(std::string const& path, std::string const& timeframe, Bars& bars) {
  auto* const file = gzopen(path.c_str(), "rb");
  std::array<char, 512> line{};
  gzgets(file, line.data(), line.size());  // the header
  while (gzgets(file, line.data(), line.size()) != nullptr) {
    std::istringstream fields{line.data()};
    std::array<std::string, 8> field;
    for (auto& one : field) std::getline(fields, one, ',');
    auto const number = [&](std::size_t i) { return std::strtod(field[i].c_str(), nullptr); };
    auto const start = std::atoll(field[6].c_str()) / 1'000'000'000;
    bars[{field[0], timeframe, start}] = {number(2), number(4), number(5), number(3), number(1)};
  }
  gzclose(file);
}

Bars bars_of_files() {
  Bars bars;
  for (auto const& [folder, timeframe] : {std::pair{"minute_aggs_v1", "1m"}, std::pair{"day_aggs_v1", "1d"}})
    for (auto const& entry : std::filesystem::recursive_directory_iterator(data + "/us_stocks_sip/" + folder))
      if (entry.path().extension() == ".gz") read_flat_file(entry.path(), timeframe, bars);
  return bars;
}

Bars bars_of_database(std::string const& url) {
  Bars bars;
  auto const sql =
      "SELECT ticker, timeframe, extract(epoch FROM ts)::bigint, open, high, low, close, volume FROM "
      "candled.bars";
  for (auto const& row : rows(url, sql)) {
    auto& bar = bars[{row[0], row[1], std::atoll(row[2].c_str())}];
    for (std::size_t i = 0; i < 5; ++i) bar[i] = std::strtod(row[3 + i].c_str(), nullptr);
  }
  return bars;
}

std::string symbols_of(Bars const& bars, std::string const& timeframe) {
  std::set<std::string> symbols;
  for (auto const& [key, bar] : bars)
    if (std::get<1>(key) == timeframe) symbols.insert(std::get<0>(key));
  std::string list;
  for (auto const& symbol : symbols) list += (list.empty() ? "" : ", ") + symbol;
  return list;
}

TEST(RealData, every_bar_arrives_as_it_is_in_the_files_and_a_second_run_changes_no_row) {
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "REAL DATA IS NOT THERE, NOT TESTED: " << data;
  auto const expected = bars_of_files();
  ASSERT_EQ(expected.size(), 21'258U + 70'025U);
  auto const job = [&](std::string const& timeframe, std::string const& history) {
    return fmt::format(
        "  - {{ name: j{0}, provider: exchange, timeframe: {0}, symbols: [{1}], calendar: XNYS, "
        "history: {2} }}\n",
        timeframe, symbols_of(expected, timeframe), history);
  };
  World world{{.exchange = {"--data", data}, .jobs = job("1m", "2008-01-01") + job("1d", "1998-01-01")}};
  auto const first = world.candled({"once"});

  ASSERT_EQ(first.exit_code, 0) << first.errors;
  auto const stored = bars_of_database(world.url());
  ASSERT_EQ(stored.size(), expected.size());
  EXPECT_TRUE(stored == expected);
  auto const places =
      "SELECT count(*), md5(string_agg(ctid::text || xmin::text, ',' ORDER BY series_id, ts)) FROM "
      "candled.bar";
  auto const before = rows(world.url(), places);
  auto const asked_before = world.reported("requests");

  auto const second = world.candled({"once"});

  EXPECT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_EQ(rows(world.url(), places), before);
  // Minutes may have become due in between: one request a symbol at most, and nothing of what is there.
  EXPECT_LE(world.reported("requests") - asked_before, 31);

  // Asked for again as if nothing were covered, every bar is compared and none is written.
  rows(world.url(), "UPDATE candled.series SET covered = '{}'");
  auto const third = world.candled({"once"});

  EXPECT_EQ(third.exit_code, 0) << third.errors;
  EXPECT_EQ(value(world.url(), "SELECT count(*) FROM candled.bar_revision"), "0");
  EXPECT_EQ(value(world.url(), "SELECT count(*) FROM candled.bar"), "91283");

  ASSERT_EQ(world.as_migrate({"migrate"}).exit_code, 0) << "tells the database when markets trade";
  // Days that somebody else made, from trades: what opens and closes a day is the same, and a high or low
  // that no minute has is a trade that counts in one and not in the other.
  EXPECT_EQ(rows(world.url(), R"(
    SELECT count(*), count(*) FILTER (WHERE r.open = d.open AND r.close = d.close),
           count(*) FILTER (WHERE abs(r.high / d.high - 1) < 0.0005 AND abs(r.low / d.low - 1) < 0.0005)
    FROM (SELECT DISTINCT ticker FROM candled.bars WHERE timeframe = '1m') t
    CROSS JOIN LATERAL candled.bars_rollup(t.ticker, '1d') r
    JOIN candled.bars d ON d.ticker = t.ticker AND d.timeframe = '1d' AND d.ts = r.ts)"),
            (Rows{{"34", "34", "34"}}));
}

}  // namespace
}  // namespace candled::test
