// What is known early changes nothing before its day: splits, dividends, tickers.
#include "core/instrument_names.hpp"
#include "db/calendar_fixture.hpp"
#include "store/import_actions.hpp"
#include "store/import_names.hpp"

namespace candled::test {
namespace {

// X, with a daily bar of 100 dollars and 1,000 shares on June 7, 2024.
class EffectTest : public CalendarTest {
 protected:
  EffectTest() {
    auto asked = query({"X"});
    asked.timeframe = Timeframe::d1;
    asked.now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
    series_ = must(await(store_.open_series(asked))).at(0).id;
    Load bars;
    bars.bars.push_back({.start = at("2024-06-07T04:00:00Z"),
                         .open = 100,
                         .high = 100,
                         .low = 100,
                         .close = 100,
                         .volume = 1000,
                         .vwap = 100,
                         .trade_count = -1});
    bars.slices.push_back({.series = series_,
                           .first = 0,
                           .count = 1,
                           .proven = {{at("2024-06-07T04:00:00Z"), at("2024-06-08T04:00:00Z")}}});
    load(bars);
  }

  void act(std::string const& kind, std::string const& ex_date, std::string const& value) const {
    rows("INSERT INTO candled.corporate_action (instrument_id, kind, ex_date, " +
         std::string{kind == "split" ? "ratio" : "amount"} + ", source, source_id, learned_at) VALUES (1, '" +
         kind + "', " + ex_date + ", " + value + ", 'test', '" + kind + "', '2024-06-01Z')");
  }

  std::string close(std::string const& adjust, std::string const& as_of = "now()") const {
    return value(
        "SELECT round(close::numeric, 4) FROM candled.bars_adjusted('X', '1d', '2024-01-01Z', "
        "'2100-01-01Z', '" +
        adjust + "', " + as_of + ")");
  }

  std::string day(int from_today) const {
    return value("SELECT candled.today('XNYS') + " + std::to_string(from_today));
  }

  void names(std::string const& csv) const {
    auto const names = parse_instrument_names("instrument,ticker,first_date,last_date\n" + csv);
    if (!names) throw std::runtime_error(names.error().front().what);
    auto const imported = must(import_names(Secret{database_.url()}, *names, ImportMode::apply));
    for (auto const& problem : imported.refused) ADD_FAILURE() << problem.what;
  }

  SeriesId series_{};
};

TEST_F(EffectTest, a_split_counts_from_its_day_on_however_early_it_is_known) {
  act("split", "candled.today('XNYS') + 1", "10");

  EXPECT_EQ(close("split"), "100.0000");
  EXPECT_EQ(close("all"), "100.0000");
  rows("UPDATE candled.corporate_action SET ex_date = candled.today('XNYS')");
  EXPECT_EQ(close("split"), "10.0000");
}

TEST_F(EffectTest, a_dividend_counts_from_its_day_on_and_makes_no_price_nan_before) {
  act("dividend", "candled.today('XNYS') + 14", "500");

  EXPECT_EQ(close("all"), "100.0000");
  EXPECT_EQ(close("dividend"), "100.0000");
}

TEST_F(EffectTest, an_action_begins_at_midnight_in_the_calendars_zone_wherever_one_asks) {
  act("split", "'2024-06-10'", "10");
  for (auto const* const zone : {"America/Chicago", "Asia/Kolkata", "UTC"}) {
    auto const url = with_option(database_.url(), "options", std::string{"-c timezone="} + zone);
    auto const asked = [&](std::string const& as_of) {
      return test::value(url,
                         "SELECT close FROM candled.bars_adjusted('X', '1d', '2024-01-01Z', '2025-01-01Z', "
                         "'split', '" +
                             as_of + "')");
    };
    EXPECT_EQ(asked("2024-06-10 03:59:59Z"), "100") << zone;
    EXPECT_EQ(asked("2024-06-10 04:00:00Z"), "10") << zone;
  }
}

TEST_F(EffectTest, as_of_a_day_to_come_what_is_announced_for_it_counts) {
  act("split", "candled.today('XNYS') + 14", "10");

  EXPECT_EQ(close("split", "now() + interval '13 days'"), "100.0000");
  EXPECT_EQ(close("split", "now() + interval '15 days'"), "10.0000");
}

TEST_F(EffectTest, an_announced_ticker_is_nobodys_name_before_its_day) {
  rows(
      "INSERT INTO candled.rejected_bar VALUES (1, '2024-06-06 04:00Z', 1, 1, 2, 1, 1, 1, 1, "
      "'low_too_high')");
  names("x,X,," + day(6) + "\nx,Y," + day(7) + ",\n");

  for (auto const* const view : {"coverage_report", "first_bars", "latest_bars", "rejected_bars", "bars"})
    EXPECT_EQ(value(std::string{"SELECT ticker FROM candled."} + view), "X") << view;
  EXPECT_EQ(value("SELECT DISTINCT ticker FROM candled.gaps"), "X");
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars_adjusted('X', '1d', '2024-01-01Z', '2100-01-01Z')"),
            "1");
}

// Nobody but the instrument of today's ticker is meant: its bars and its series stay where they are.
TEST_F(EffectTest, an_import_of_an_announced_ticker_adopts_the_instrument_of_todays) {
  names("x,X,," + day(6) + "\nx,Y," + day(7) + ",\n");

  EXPECT_EQ(rows("SELECT i.identifier, s.series_id FROM candled.series s JOIN candled.instrument i USING "
                 "(instrument_id)"),
            (Rows{{"x", "1"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.instrument"), "1");
}

TEST_F(EffectTest, a_ticker_that_another_is_to_have_is_still_who_has_it) {
  names("x,X,," + day(6) + "\nother,X," + day(7) + ",\n");
  rows(
      "INSERT INTO candled.series (instrument_id, timeframe, provider, is_primary, wanted_from) SELECT "
      "instrument_id, '1d', 'test', true, now() FROM candled.instrument WHERE identifier = 'other'");

  EXPECT_EQ(close("split"), "100.0000");
}

// The provider lists announced splits under today's ticker.
TEST_F(EffectTest, an_announced_split_of_a_ticker_that_ends_before_is_of_the_instrument_that_has_it) {
  names("x,X,," + day(6) + "\nx,Y," + day(7) + ",\n");
  auto const import = [&](std::string const& lines) {
    auto const actions = parse_corporate_actions("ticker,kind,ex_date,value,id\n" + lines);
    return must(import_actions(Secret{database_.url()},
                               {.source = "test", .actions = *actions, .whole = {"X"}}, ImportMode::apply));
  };

  auto const added = import("X,split," + day(14) + ",2:1,a\n");

  EXPECT_EQ(added.refused.size(), 0U);
  EXPECT_EQ(added.added, 1);
  EXPECT_EQ(import("").withdrawn, 1) << "and it is withdrawn under the same name";
}

TEST_F(EffectTest, the_name_of_a_day_without_one_is_the_last_before_it) {
  rows(
      "DELETE FROM candled.instrument_ticker; INSERT INTO candled.instrument_ticker (ticker, instrument_id, "
      "valid) VALUES "
      "('A', 1, '[2020-01-01,2021-01-01)'), ('B', 1, '[2022-01-01,2023-01-01)'), ('C', 1, "
      "'[2024-01-01,2025-01-01)')");
  auto const name = [&](std::string const& day) {
    return value("SELECT ticker FROM candled.name_on(1, '" + day + "')");
  };

  EXPECT_EQ(name("2019-06-01"), "A");
  EXPECT_EQ(name("2021-06-01"), "A");
  EXPECT_EQ(name("2022-06-01"), "B");
  EXPECT_EQ(name("2023-06-01"), "B");
  EXPECT_EQ(name("2030-06-01"), "C");
}

}  // namespace
}  // namespace candled::test
