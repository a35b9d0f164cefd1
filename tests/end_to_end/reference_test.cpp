// Identity and corporate actions, with real ones: files in, one history an instrument out, adjusted as their
// publisher adjusts it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <optional>

#include "core/time.hpp"
#include "end_to_end/lean_files.hpp"

namespace candled::test {
namespace {

class Reference : public testing::Test {
 protected:
  // Whose bars are all in the data, each under the ticker of its day.
  static constexpr std::array instruments{"aapl", "aig",  "ibm",   "spy", "iwm", "eem",
                                          "bno",  "goog", "googl", "uso", "wm"};

  void SetUp() override {
    if (!std::filesystem::exists(real_data))
      GTEST_SKIP() << "REAL DATA IS NOT THERE, NOT TESTED: " << real_data;
    std::string symbols;
    for (auto const* name : instruments) symbols += (symbols.empty() ? "" : ", ") + upper(name);
    world.emplace(WorldOptions{.exchange = {"--data", real_data},
                               .jobs = "  - { name: days, provider: exchange, timeframe: 1d, symbols: [" +
                                       symbols + "], calendar: XNYS, history: 1998-01-01 }\n"});
  }

  // (instrument, ticker, bars, first, last)
  Rows histories() const {
    return rows(world->url(), R"(
      SELECT identifier, b.ticker, count(*), min(ts)::date, max(ts)::date
      FROM candled.bars b JOIN candled.instrument_ticker t ON t.ticker = b.ticker AND t.valid @> b.ts::date
      JOIN candled.instrument USING (instrument_id)
      WHERE identifier IN ('goog', 'googl', 'wm') GROUP BY 1, 2 ORDER BY 1, 4)");
  }

  Rows const histories_expected{{"goog", "GOOCV", "5", "2014-03-27", "2014-04-02"},
                                {"goog", "GOOG", "1761", "2014-04-03", "2021-03-31"},
                                {"googl", "GOOG", "2422", "2004-08-19", "2014-04-02"},
                                {"googl", "GOOGL", "1761", "2014-04-03", "2021-03-31"},
                                {"wm", "UW", "135", "1998-01-02", "1998-07-16"},
                                {"wm", "WMI", "2780", "1998-07-17", "2009-08-04"},
                                {"wm", "WM", "2934", "2009-08-05", "2021-03-31"}};

  std::optional<World> world;
};

TEST_F(Reference, each_day_is_asked_for_under_the_ticker_of_that_day) {
  auto const file = write(*world, "names.csv", all_names());
  auto const imported = world->as_migrate({"instruments", "import", file});
  ASSERT_EQ(imported.exit_code, 0) << imported.errors;

  auto const once = world->candled({"once"});

  ASSERT_EQ(once.exit_code, 0) << once.errors;
  EXPECT_EQ(histories(), histories_expected);
  EXPECT_EQ(
      value(world->url(),
            "SELECT candled.instrument_at('FB', '2003-03-28') <> candled.instrument_at('FB', '2012-05-18')"),
      "t");
  auto const gaps = world->candled({"gaps", "--reason", "never_asked"});
  EXPECT_EQ(gaps.output.find("GOOG "), std::string::npos) << gaps.output;
}

// The bars of before, asked for as if a ticker named one instrument for ever, and asked for again.
TEST_F(Reference, bars_that_are_there_go_to_their_instruments) {
  auto const before = world->candled({"once"});
  ASSERT_EQ(before.exit_code, 0) << before.errors;
  auto const bars = value(world->url(), "SELECT count(*) FROM candled.bar");
  auto const file = write(*world, "names.csv", all_names());
  auto const print = world->fingerprint();

  auto const would = world->as_migrate({"instruments", "import", file, "--dry-run"});
  EXPECT_EQ(would.exit_code, 0) << would.errors;
  EXPECT_NE(would.output.find("GOOG from 2004-08-19 to 2014-04-02: goog -> googl, 2422 bars move\n"),
            std::string::npos)
      << would.output;
  EXPECT_EQ(world->fingerprint(), print);
  auto const imported = world->as_migrate({"instruments", "import", file});

  ASSERT_EQ(imported.exit_code, 0) << imported.errors;
  EXPECT_EQ(value(world->url(), "SELECT count(*) FROM candled.bar"), bars);
  auto const again = world->as_migrate({"instruments", "import", file});
  EXPECT_EQ(again.output, "nothing to change\n");
  auto const rest = world->candled({"once"});
  EXPECT_EQ(rest.exit_code, 0) << rest.errors;
  EXPECT_EQ(histories(), histories_expected);
  // WM before 2009-08-05 was another company's, which no file names.
  EXPECT_EQ(
      value(world->url(), "SELECT count(*) FROM candled.bars WHERE ticker = 'WM' AND ts < '2009-08-05'"),
      "2465");
  EXPECT_EQ(
      value(world->url(),
            "SELECT bool_and(k.hash = decode(candled.session_hash(t.ticker, '1d', k.session_date), 'hex')) "
            "FROM candled.series_session k JOIN candled.series s USING (series_id) JOIN "
            "candled.instrument_ticker t ON t.instrument_id = s.instrument_id AND t.valid @> "
            "k.session_date WHERE k.bars > 0 AND s.is_primary"),
      "t");
}

TEST_F(Reference, adjusted_bars_have_the_factors_of_the_files) {
  ASSERT_EQ(world->as_migrate({"instruments", "import", write(*world, "names.csv", all_names())}).exit_code,
            0);
  ASSERT_EQ(world->candled({"once"}).exit_code, 0);
  std::string csv = "ticker,kind,ex_date,value,currency\n";
  for (auto const* name : instruments) csv += actions_of(name, *world);
  auto const raw = world->fingerprint();

  auto const file = write(*world, "actions.csv", csv);
  auto const imported = world->candled({"actions", "import", file});

  ASSERT_EQ(imported.exit_code, 0) << imported.errors;
  EXPECT_EQ(world->fingerprint(), raw);
  for (std::string const name : instruments) {
    // wm: not all closes of WMI that the file refers to are in the data.
    if (name == "wm") continue;
    auto const factors = factors_of(name);
    auto const bars =
        rows(world->url(),
             fmt::format("SELECT (ts AT TIME ZONE 'America/New_York')::date, price_factor, split_factor, "
                         "close, volume FROM "
                         "candled.bars_adjusted('{}', '1d', '1990-01-01', '2021-04-01', 'all') ORDER BY ts",
                         upper(name)));
    ASSERT_GT(bars.size(), 1700U) << name;
    std::size_t wrong = 0;
    for (auto const& bar : bars) {
      auto const date = std::chrono::sys_days{parse_date(bar[0]).value()};
      auto const at =
          std::ranges::find_if(factors, [&](Factor const& factor) { return factor.last >= date; });
      if (std::abs(std::stod(bar[1]) - at->dividends) > 1e-6 ||
          std::abs(std::stod(bar[2]) / at->splits - 1) > 1e-6)
        if (++wrong == 1)
          ADD_FAILURE() << name << " " << bar[0] << ": " << bar[1] << " " << bar[2] << ", expected "
                        << at->dividends << " " << at->splits;
    }
    EXPECT_EQ(wrong, 0U) << name;
  }
  // 645.57 dollars, times the file's factor: 1 / 28, rounded.
  auto const apple = rows(world->url(),
                          "SELECT round(close::numeric, 6) FROM candled.bars_adjusted('AAPL', '1d', "
                          "'2014-06-06', '2014-06-07', 'split')");
  EXPECT_EQ(apple, (Rows{{"23.056081"}}));
  EXPECT_EQ(world->candled({"actions", "import", file}).output.find("splits and dividends: 0 new, 0 changed"),
            0U);
}

// Of invented instruments, over HTTP, as the provider tells it.
class Refresh : public testing::Test {
 protected:
  static WorldOptions options(TempDir const& files, std::vector<std::string> more = {}) {
    auto const names = files.write("names.csv",
                                   "instrument,ticker,first_date,last_date\n"
                                   "BBG1,OLD,2024-01-02,2024-03-05\nBBG1,NEW,2024-03-06,\n"
                                   "BBG2,NEW,2024-01-02,2024-03-05\n");
    auto const actions = files.write("actions.csv",
                                     "ticker,kind,ex_date,value,currency,id\n"
                                     "OLD,split,2024-02-01,2:1,,s1\nNEW,split,2024-03-07,4:1,,s2\n"
                                     "NEW,split,2024-03-08,3:1,,s3\nNEW,dividend,2024-03-08,0.5,USD,d1\n");
    std::vector<std::string> exchange{"--synthetic", "7",          "--synthetic-from", "2024-01-01",
                                      "--now",       "2024-03-12", "--instruments",    names,
                                      "--actions",   actions};
    exchange.insert(exchange.end(), more.begin(), more.end());
    return {.exchange = exchange,
            .jobs =
                "  - { name: days, provider: exchange, timeframe: 1d, symbols: [NEW], calendar: XNYS, "
                "history: 2024-01-01 }\n"};
  }

  static Rows names(World const& world) {
    return rows(world.url(),
                "SELECT coalesce(identifier, ''), ticker, valid FROM candled.instrument_ticker JOIN "
                "candled.instrument USING (instrument_id) ORDER BY 1, 3");
  }

  TempDir files;
};

TEST_F(Refresh, learns_the_names_of_the_jobs_tickers_within_the_budget) {
  World world{options(files)};

  auto const refreshed = world.as_migrate({"instruments", "refresh"});

  ASSERT_EQ(refreshed.exit_code, 0) << refreshed.errors;
  EXPECT_EQ(names(world),
            (Rows{{"BBG1", "OLD", "[2024-01-02,2024-03-06)"}, {"BBG1", "NEW", "[2024-03-06,)"}}));
  EXPECT_EQ(world.reported("requests"), 1);
  EXPECT_EQ(value(world.url(), "SELECT count(*) FROM candled.budget"), "1");
  EXPECT_EQ(world.as_migrate({"instruments", "refresh"}).output, "nothing to change\n");
}

TEST_F(Refresh, a_ticker_that_the_provider_does_not_know_is_left_and_told) {
  World world{options(files)};

  auto const refreshed = world.as_migrate({"instruments", "refresh", "--tickers", "NEW,NOBODY"});

  EXPECT_EQ(refreshed.exit_code, 1);
  EXPECT_NE(refreshed.errors.find("NOBODY is left out: "), std::string::npos) << refreshed.errors;
  EXPECT_EQ(names(world).size(), 2U);
}

TEST_F(Refresh, actions_come_page_by_page_in_the_new_form_and_in_the_old_one) {
  for (bool const old_form : {false, true}) {
    std::vector<std::string> more{"--page-limit-max", "1"};
    if (old_form) more.emplace_back("--old-reference");
    World world{options(files, more)};
    ASSERT_EQ(world.as_migrate({"instruments", "refresh"}).exit_code, 0);

    auto const refreshed = world.candled({"actions", "refresh", "--tickers", "NEW,OLD"});

    ASSERT_EQ(refreshed.exit_code, 0) << refreshed.errors;
    EXPECT_EQ(refreshed.output, "splits and dividends: 4 new, 0 changed, 0 withdrawn, 0 as they were\n");
    EXPECT_EQ(rows(world.url(),
                   "SELECT kind, ex_date, coalesce(ratio, amount), source, source_id FROM "
                   "candled.corporate_action ORDER BY source_id"),
              (Rows{{"dividend", "2024-03-08", "0.5", "exchange", "d1"},
                    {"split", "2024-02-01", "2", "exchange", "s1"},
                    {"split", "2024-03-07", "4", "exchange", "s2"},
                    {"split", "2024-03-08", "3", "exchange", "s3"}}));
    // NEW: two pages of splits and one of dividends; OLD: one each; the old form is asked for after a 404.
    EXPECT_EQ(world.reported("requests"), 1 + 5 + (old_form ? 4 : 0));
    EXPECT_EQ(world.candled({"actions", "refresh", "--tickers", "NEW,OLD"}).output,
              "splits and dividends: 0 new, 0 changed, 0 withdrawn, 4 as they were\n");
  }
}

TEST_F(Refresh, a_refused_key_changes_nothing_and_says_whose) {
  World world{options(files, {"--key", "another"})};

  auto const refreshed = world.as_migrate({"instruments", "refresh"});

  EXPECT_NE(refreshed.exit_code, 0);
  EXPECT_NE(refreshed.errors.find("(providers.exchange.api_key); nothing is changed"), std::string::npos)
      << refreshed.errors;
}

}  // namespace
}  // namespace candled::test
