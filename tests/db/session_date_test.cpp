// The day and the part of the session that a bar stands for, and what cannot be asked.
#include "store_fixture.hpp"
#include "support/process.hpp"

namespace candled::test {
namespace {

// July 3, 2024 closes at 13:00 and the 4th is a holiday; Monday, September 2 is Labor Day.
class SessionDateTest : public StoreTest {
 protected:
  SessionDateTest() {
    rows(R"(
      INSERT INTO candled.market_session
      SELECT 'XNYS', day, (day + time '09:30') AT TIME ZONE 'America/New_York',
             (day + closes) AT TIME ZONE 'America/New_York', (day + time '04:00') AT TIME ZONE 'America/New_York',
             (day + closes + interval '4 hours') AT TIME ZONE 'America/New_York', closes < '16:00'
      FROM (SELECT day::date AS day, CASE day WHEN '2024-07-03' THEN time '13:00' ELSE time '16:00' END AS closes
            FROM generate_series(timestamp '2024-01-02', '2024-12-31', '1 day') AS day
            WHERE extract(isodow FROM day) < 6 AND day NOT IN ('2024-07-04', '2024-09-02')) days)");
  }

  // A bar at each of these times, in New York, of a series of its own.
  void add(std::string const& ticker, std::string const& timeframe, std::vector<std::string> const& starts,
           std::string const& calendar = "XNYS") {
    auto const zone = calendar == "XNYS" ? "America/New_York" : "UTC";
    rows(
        "INSERT INTO candled.instrument DEFAULT VALUES; INSERT INTO candled.instrument_ticker (ticker, "
        "instrument_id) SELECT '" +
        ticker +
        "', max(instrument_id) FROM candled.instrument; INSERT INTO candled.series (instrument_id, "
        "timeframe, "
        "provider, is_primary, wanted_from, calendar) SELECT max(instrument_id), '" +
        timeframe + "', 'test', true, '2020-01-01Z', '" + calendar + "' FROM candled.instrument");
    for (auto const& start : starts)
      rows("SELECT candled.ensure_bar_partitions('" + start + "', '" + start +
           "'); INSERT INTO candled.bar SELECT timestamp '" + start + "' AT TIME ZONE '" + zone +
           "', 10, 12, 9, 11, 100, 'NaN', max(series_id), -1 FROM candled.series");
  }

  Rows dated(std::string const& ticker) const {
    return rows("SELECT session_date, session FROM candled.bars WHERE ticker = '" + ticker + "' ORDER BY ts");
  }

  std::string error_of(std::string const& query) const {
    auto const finished = run({"psql", "-X", "-A", "-t", "-c", query, database_.url()});
    EXPECT_NE(finished.exit_code, 0) << query << " answers " << finished.output;
    return finished.errors;
  }
};

TEST_F(SessionDateTest, a_minute_is_of_the_day_and_the_part_of_trading_in_which_it_lies) {
  add("A", "1m",
      {"2024-07-02 03:59", "2024-07-02 04:00", "2024-07-02 09:29", "2024-07-02 09:30", "2024-07-02 15:59",
       "2024-07-02 16:00", "2024-07-02 19:59", "2024-07-02 20:00", "2024-07-02 23:59"});

  EXPECT_EQ(dated("A"), (Rows{{"2024-07-02", "NULL"},
                              {"2024-07-02", "pre"},
                              {"2024-07-02", "pre"},
                              {"2024-07-02", "regular"},
                              {"2024-07-02", "regular"},
                              {"2024-07-02", "post"},
                              {"2024-07-02", "post"},
                              {"2024-07-02", "NULL"},
                              {"2024-07-02", "NULL"}}));
}

TEST_F(SessionDateTest, an_early_close_and_a_holiday_are_those_of_the_calendar) {
  add("A", "1m",
      {"2024-07-03 12:59", "2024-07-03 13:00", "2024-07-03 16:59", "2024-07-03 17:00", "2024-07-04 11:00",
       "2050-07-05 11:00"});

  EXPECT_EQ(dated("A"), (Rows{{"2024-07-03", "regular"},
                              {"2024-07-03", "post"},
                              {"2024-07-03", "post"},
                              {"2024-07-03", "NULL"},
                              {"2024-07-04", "NULL"},
                              {"2050-07-05", "NULL"}}));
}

TEST_F(SessionDateTest, a_longer_bar_is_regular_if_it_holds_regular_trading) {
  add("A", "1h", {"2024-07-02 08:00", "2024-07-02 09:00", "2024-07-02 15:00", "2024-07-02 16:00"});
  add("B", "4h", {"2024-07-02 00:00", "2024-07-02 04:00", "2024-07-02 08:00", "2024-07-02 16:00"});

  EXPECT_EQ(dated("A"), (Rows{{"2024-07-02", "pre"},
                              {"2024-07-02", "regular"},
                              {"2024-07-02", "regular"},
                              {"2024-07-02", "post"}}));
  EXPECT_EQ(
      dated("B"),
      (Rows{
          {"2024-07-02", "NULL"}, {"2024-07-02", "pre"}, {"2024-07-02", "regular"}, {"2024-07-02", "post"}}));
}

TEST_F(SessionDateTest, a_week_and_a_month_have_the_date_of_their_first_session) {
  add("A", "1d", {"2024-07-05 00:00"});
  add("B", "1w", {"2024-06-30 00:00", "2024-09-01 00:00", "2050-09-04 00:00"});
  add("C", "1mo", {"2024-06-01 00:00", "2024-07-01 00:00", "2024-09-01 00:00", "2050-10-01 00:00"});

  EXPECT_EQ(dated("A"), (Rows{{"2024-07-05", "regular"}}));
  EXPECT_EQ(dated("B"),
            (Rows{{"2024-07-01", "regular"}, {"2024-09-03", "regular"}, {"2050-09-05", "regular"}}));
  EXPECT_EQ(dated("C"), (Rows{{"2024-06-03", "regular"},
                              {"2024-07-01", "regular"},
                              {"2024-09-03", "regular"},
                              {"2050-10-03", "regular"}}));
}

TEST_F(SessionDateTest, a_calendar_of_all_days_has_regular_trading_only) {
  add("A", "1m", {"2024-07-06 00:00", "2024-07-06 23:59"}, "24x7");
  add("B", "1w", {"2024-07-07 00:00"}, "24x7");

  EXPECT_EQ(dated("A"), (Rows{{"2024-07-06", "regular"}, {"2024-07-06", "regular"}}));
  EXPECT_EQ(dated("B"), (Rows{{"2024-07-07", "regular"}}));
}

TEST_F(SessionDateTest, does_not_depend_on_the_zone_of_the_session) {
  add("A", "1d", {"2024-07-02 00:00"});
  add("B", "1m", {"2024-07-02 19:59"});
  for (auto const* const zone : {"America/Chicago", "Asia/Kolkata", "UTC"}) {
    auto const url = with_option(database_.url(), "options", std::string{"-c timezone="} + zone);
    for (auto const* const from :
         {"candled.bars", "candled.latest_bars", "candled.first_bars", "candled.bars_asof('infinity')"})
      EXPECT_EQ(
          test::value(url, std::string{"SELECT min(session_date) FROM "} + from + " WHERE ticker = 'A'"),
          std::string{from}.ends_with("('infinity')") ? "NULL" : "2024-07-02")
          << from << " " << zone;
    EXPECT_EQ(test::value(url, "SELECT session FROM candled.bars('B', '1m')"), "post") << zone;
    EXPECT_EQ(test::value(url,
                          "SELECT session_date FROM candled.bars_adjusted('A', '1d', '2024-01-01', "
                          "'2025-01-01')"),
              "2024-07-02")
        << zone;
    EXPECT_EQ(test::rows(url, "SELECT session_date, session FROM candled.bars_rollup('B', '5m')"),
              (Rows{{"2024-07-02", "post"}}))
        << zone;
  }
}

TEST_F(SessionDateTest, is_looked_up_only_where_it_is_read) {
  add("A", "1m", {"2024-07-02 09:30"});
  auto const plan = [&](std::string const& columns) {
    return value("EXPLAIN (FORMAT JSON) SELECT " + columns + " FROM candled.bars('A', '1m')");
  };

  EXPECT_EQ(plan("ts, close, session_date").find("market_session"), std::string::npos);
  EXPECT_NE(plan("ts, session").find("market_session"), std::string::npos);
  EXPECT_EQ(plan("ts, session").find(R"("Function Name": "bars")"), std::string::npos);
}

TEST_F(SessionDateTest, what_there_is_not_is_an_error_that_says_what_there_is) {
  add("AAPL", "1m", {"2024-07-02 09:30"});
  std::vector<std::pair<std::string, std::string>> const asked{
      {"candled.bars('aapl', '1m')", "\"aapl\""},
      {"candled.bars('AAPL', '2m')", "\"2m\""},
      {"candled.bars_adjusted('aapl', '1m', '2024-01-01', '2025-01-01')", "\"aapl\""},
      {"candled.bars_adjusted('AAPL', '2m', '2024-01-01', '2025-01-01')", "\"2m\""},
      {"candled.bars_rollup('aapl', '5m')", "\"aapl\""},
      {"candled.bars_rollup('AAPL', '7m')", "\"7m\""},
      {"candled.bars_rollup('AAPL', '1h', source_timeframe => '2m')", "\"2m\""},
      {"candled.bars_rollup('AAPL', '1mo')", "bars of 1mo are not made of finer ones"},
      {"candled.bars_rollup('AAPL', '5m', source_timeframe => '1h')", "are not made of bars of 1h"},
      {"candled.is_complete('aapl', '1m', '2024-07-02')", "\"aapl\""},
      {"candled.is_complete('AAPL', '2m', '2024-07-02')", "\"2m\""},
      {"candled.session_hash('aapl', '1m', '2024-07-02')", "\"aapl\""},
      {"candled.session_hash('AAPL', '2m', '2024-07-02')", "\"2m\""}};

  for (auto const& [call, named] : asked) {
    auto const error = error_of("SELECT * FROM " + call);
    EXPECT_NE(error.find(named), std::string::npos) << call << ": " << error;
  }
  EXPECT_NE(error_of("SELECT * FROM candled.bars('aapl', '1m')").find("Similar tickers: AAPL."),
            std::string::npos);
  EXPECT_NE(error_of("SELECT * FROM candled.bars('AAPL', '2m')").find("1m 5m 15m 30m 1h 4h 1d 1w 1mo"),
            std::string::npos);
}

TEST_F(SessionDateTest, what_is_known_and_has_no_bars_is_no_error) {
  add("AAPL", "1m", {"2024-07-02 09:30"});

  EXPECT_EQ(value("SELECT count(*) FROM candled.bars('AAPL', '1m', '2030-01-01')"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars('AAPL', '1d')"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars(NULL, '1d')"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars_adjusted('AAPL', '1d', '2024-01-01', '2025-01-01')"),
            "0");
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars_rollup('AAPL', '1w', source_timeframe => '1d')"), "0");
  EXPECT_EQ(value("SELECT candled.is_complete('AAPL', '1d', '2024-07-02')"), "f");
  EXPECT_EQ(value("SELECT candled.session_hash('AAPL', '1d', '2024-07-02')"), "NULL");
}

TEST_F(SessionDateTest, bars_asof_of_a_time_before_the_records_is_an_error_that_says_since_when_they_are) {
  add("A", "1m", {"2024-07-02 09:30"});
  auto const since = value("SELECT known_from FROM candled.coverage_report");

  auto const error = error_of("SELECT count(*) FROM candled.bars_asof('2020-01-01Z') WHERE ticker = 'A'");

  EXPECT_NE(error.find("candled records what it knows since " + since.substr(0, 16)), std::string::npos)
      << error << since;
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars_asof('" + since + "')"), "0");
}

}  // namespace
}  // namespace candled::test
