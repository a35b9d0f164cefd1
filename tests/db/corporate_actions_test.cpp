#include "store/import_actions.hpp"

#include "store_fixture.hpp"
#include "support/process.hpp"

namespace candled::test {
namespace {

// Daily bars of 100 dollars and 1,000 shares on five days of March 2024, of which nothing happens on the
// first.
class CorporateActionsTest : public StoreTest {
 protected:
  CorporateActionsTest() {
    auto days = query({"X"});
    days.timeframe = Timeframe::d1;
    series_ = must(await(store_.open_series(days))).at(0).id;
    Load bars;
    for (auto const* start : {"2024-03-04T05:00:00Z", "2024-03-05T05:00:00Z", "2024-03-06T05:00:00Z",
                              "2024-03-07T05:00:00Z", "2024-03-08T05:00:00Z"})
      bars.bars.push_back({.start = at(start),
                           .open = 100,
                           .high = 100,
                           .low = 100,
                           .close = 100,
                           .volume = 1000,
                           .vwap = 100,
                           .trade_count = -1});
    bars.slices.push_back({.series = series_,
                           .first = 0,
                           .count = 5,
                           .proven = {{at("2024-03-04T05:00:00Z"), at("2024-03-09T05:00:00Z")}}});
    load(bars);
  }

  ImportedActions import(std::string const& lines, std::vector<std::string> whole = {}) {
    auto const actions = parse_corporate_actions("ticker,kind,ex_date,value,id\n" + lines);
    if (!actions) throw std::runtime_error(actions.error().front().what);
    return must(import_actions(Secret{database_.url()},
                               {.source = "test", .actions = *actions, .whole = std::move(whole)},
                               ImportMode::apply));
  }

  // Day of the month, close, volume.
  Rows adjusted(std::string const& adjust, std::string const& more = "") const {
    return rows(
        "SELECT extract(day FROM ts), round(close::numeric, 6), volume FROM candled.bars_adjusted('X', '1d', "
        "'2024-03-01', '2024-04-01', '" +
        adjust + "'" + more + ")");
  }

  SeriesId series_{};
};

TEST_F(CorporateActionsTest, a_split_divides_earlier_prices_and_multiplies_volumes) {
  import("X,split,2024-03-06,4:1,a\n");

  EXPECT_EQ(adjusted("split"), (Rows{{"4", "25.000000", "4000"},
                                     {"5", "25.000000", "4000"},
                                     {"6", "100.000000", "1000"},
                                     {"7", "100.000000", "1000"},
                                     {"8", "100.000000", "1000"}}));
  EXPECT_EQ(adjusted("dividend")[0], (std::vector<std::string>{"4", "100.000000", "1000"}));
}

TEST_F(CorporateActionsTest, splits_multiply_and_reverse_ones_raise_prices) {
  import("X,split,2024-03-05,4:1,a\nX,split,2024-03-07,1:8,b\n");

  EXPECT_EQ(adjusted("all"), (Rows{{"4", "200.000000", "500"},
                                   {"5", "800.000000", "125"},
                                   {"6", "800.000000", "125"},
                                   {"7", "100.000000", "1000"},
                                   {"8", "100.000000", "1000"}}));
}

// 2 of 100 dollars, and then 10 of 100 dollars: 0.9, and 0.9 * 0.98.
TEST_F(CorporateActionsTest, a_dividend_takes_its_share_of_the_close_before_from_earlier_prices) {
  import("X,dividend,2024-03-05,2,a\nX,dividend,2024-03-07,10,b\n");

  EXPECT_EQ(adjusted("dividend"), (Rows{{"4", "88.200000", "1000"},
                                        {"5", "90.000000", "1000"},
                                        {"6", "90.000000", "1000"},
                                        {"7", "100.000000", "1000"},
                                        {"8", "100.000000", "1000"}}));
  EXPECT_EQ(adjusted("split")[0], (std::vector<std::string>{"4", "100.000000", "1000"}));
}

// 2 new shares of 50 dollars, each of which pays 5: a tenth.
TEST_F(CorporateActionsTest, a_dividend_on_the_day_of_a_split_is_a_new_shares) {
  import("X,split,2024-03-06,2:1,a\nX,dividend,2024-03-06,5,b\n");

  EXPECT_EQ(adjusted("all")[0], (std::vector<std::string>{"4", "45.000000", "2000"}));
  EXPECT_EQ(adjusted("dividend")[0], (std::vector<std::string>{"4", "90.000000", "1000"}));
}

TEST_F(CorporateActionsTest, a_dividend_that_cannot_be_gives_no_price_rather_than_a_wrong_one) {
  import("X,dividend,2024-03-06,100,a\n");

  EXPECT_EQ(adjusted("all")[0], (std::vector<std::string>{"4", "NULL", "1000"}));
  EXPECT_EQ(adjusted("all")[4], (std::vector<std::string>{"8", "100.000000", "1000"}));
}

TEST_F(CorporateActionsTest, minute_bars_go_by_the_daily_close) {
  auto const minute = open("X").id;
  load(minutes(minute, minutes_from("2024-03-05T15:00:00Z", 1)));
  import("X,dividend,2024-03-06,10,a\n");

  EXPECT_EQ(value("SELECT round(price_factor::numeric, 6) FROM candled.bars_adjusted('X', '1m', "
                  "'2024-03-01', '2024-04-01', 'all')"),
            "0.900000");
}

TEST_F(CorporateActionsTest, as_of_knows_what_was_known_then) {
  import("X,split,2024-03-06,2:1,a\n");
  auto const first = value("SELECT clock_timestamp()");
  auto const corrected = import("X,split,2024-03-06,4:1,a\n");
  auto const second = value("SELECT clock_timestamp()");
  auto const withdrawn = import("", {"X"});

  EXPECT_EQ(corrected.changed, 1);
  EXPECT_EQ(corrected.added, 0);
  EXPECT_EQ(withdrawn.withdrawn, 1);
  EXPECT_EQ(adjusted("split", ", '2024-01-01'")[0][1], "100.000000");
  EXPECT_EQ(adjusted("split", ", '" + first + "'")[0][1], "50.000000");
  EXPECT_EQ(adjusted("split", ", '" + second + "'")[0][1], "25.000000");
  EXPECT_EQ(adjusted("split")[0][1], "100.000000");
}

TEST_F(CorporateActionsTest, said_again_nothing_changes) {
  import("X,split,2024-03-06,4:1,a\nX,dividend,2024-03-07,1,b\n");
  auto const all = "SELECT ctid, xmin, * FROM candled.corporate_action ORDER BY action_id";
  auto const before = rows(all);

  auto const again = import("X,split,2024-03-06,4:1,a\nX,dividend,2024-03-07,1,b\n", {"X"});

  EXPECT_EQ(again.unchanged, 2);
  EXPECT_EQ(again.added + again.changed + again.withdrawn, 0);
  EXPECT_EQ(rows(all), before);
}

TEST_F(CorporateActionsTest, of_two_sources_that_know_one_split_it_counts_once) {
  import("X,split,2024-03-06,2:1,a\n");
  rows(
      "INSERT INTO candled.corporate_action (instrument_id, kind, ex_date, ratio, source, source_id) "
      "VALUES (1, 'split', '2024-03-06', 4, 'other', 'a')");

  EXPECT_EQ(adjusted("split")[0][1], "25.000000");
}

TEST_F(CorporateActionsTest, an_action_of_nobody_is_refused) {
  auto const refused = import("X,split,2024-03-06,4:1,a\nY,split,2024-03-06,2:1,b\n").refused;

  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].line, 3);
  EXPECT_TRUE(refused[0].what.starts_with("Y names no instrument on 2024-03-06: ")) << refused[0].what;
  EXPECT_EQ(value("SELECT count(*) FROM candled.corporate_action"), "0");
}

TEST_F(CorporateActionsTest, an_adjustment_that_there_is_not_is_an_error) {
  auto const finished =
      run({"psql", "-X", "-c",
           "SELECT * FROM candled.bars_adjusted('X', '1d', '2024-03-01', '2024-04-01', 'splits')",
           database_.url()});

  EXPECT_NE(finished.exit_code, 0);
  EXPECT_NE(finished.errors.find("invalid input value for enum candled.adjustment: \"splits\""),
            std::string::npos)
      << finished.errors;
}

TEST_F(CorporateActionsTest, a_rename_does_not_cut_the_series) {
  rows("UPDATE candled.instrument_ticker SET valid = '[2024-03-06,)'");
  rows("INSERT INTO candled.instrument_ticker VALUES ('W', 1, '(,2024-03-06)')");
  import("X,split,2024-03-07,2:1,a\n");

  EXPECT_EQ(adjusted("split").size(), 5U);
  EXPECT_EQ(adjusted("split")[0][1], "50.000000");
}

TEST_F(CorporateActionsTest, an_import_of_names_takes_actions_along) {
  import("X,split,2024-03-05,2:1,a\nX,split,2024-03-08,4:1,b\n");
  auto const names = parse_instrument_names(
      "instrument,ticker,first_date,last_date\nold,X,,2024-03-06\nnew,X,2024-03-07,\n");

  must(import_names(Secret{database_.url()}, *names, ImportMode::apply));

  EXPECT_EQ(rows("SELECT identifier, ratio FROM candled.corporate_action JOIN candled.instrument USING "
                 "(instrument_id) ORDER BY ex_date"),
            (Rows{{"old", "2"}, {"new", "4"}}));
  EXPECT_EQ(rows("SELECT extract(day FROM ts), close FROM candled.bars_adjusted('X', '1d', '2024-03-01', "
                 "'2024-03-06')"),
            (Rows{{"4", "50"}, {"5", "100"}}));
}

}  // namespace
}  // namespace candled::test
