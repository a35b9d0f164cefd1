#include "store/import_names.hpp"

#include "store_fixture.hpp"

namespace candled::test {
namespace {

class ImportNamesTest : public StoreTest {
 protected:
  ImportedNames imported(std::string const& csv, ImportMode mode = ImportMode::apply) {
    auto const names = parse_instrument_names(csv);
    if (!names) throw std::runtime_error(names.error().front().what);
    return must(import_names(Secret{database_.url()}, *names, mode));
  }

  // Two bars on that day, as asked for under the ticker.
  void load_day(SeriesId series, std::string const& ticker, std::string const& day) {
    auto bars = minutes(series, minutes_from((day + "T15:00:00Z").c_str(), 2));
    bars.slices[0].ticker = ticker;
    load(bars);
  }

  // All of what an import may change.
  Rows everything() {
    return rows(R"(
      SELECT 'name', ticker, coalesce(identifier, ''), valid::text, '' FROM candled.instrument_ticker JOIN candled.instrument USING (instrument_id)
      UNION ALL SELECT 'series', series_id::text, instrument_id::text, covered::text, '' FROM candled.series
      UNION ALL SELECT 'bar', series_id::text, ts::text, close::text, '' FROM candled.bar
      UNION ALL SELECT 'session', series_id::text, session_date::text, bars::text, hash::text FROM candled.series_session
      UNION ALL SELECT 'log', covered_at::text, during::text, series_ids::text, '' FROM candled.coverage_log
      UNION ALL SELECT 'gap', series_id::text, during::text, reason, '' FROM candled.gap
      ORDER BY 1, 2, 3, 4, 5)");
  }
};

constexpr char google[] =
    "instrument,ticker,first_date,last_date,exchange\n"
    "googl,GOOG,2004-08-19,2014-04-02,Q\n"
    "googl,GOOGL,2014-04-03,,Q\n"
    "goog,GOOCV,2014-03-27,2014-04-02,Q\n"
    "goog,GOOG,2014-04-03,,Q\n";

TEST_F(ImportNamesTest, instrument_at_says_who_had_a_ticker_on_a_day) {
  imported(google);

  auto const at = [&](std::string const& ticker, std::string const& day) {
    return value(
        "SELECT coalesce((SELECT identifier FROM candled.instrument WHERE instrument_id = "
        "candled.instrument_at('" +
        ticker + "', '" + day + "')), 'nobody')");
  };
  EXPECT_EQ(at("GOOG", "2014-04-02"), "googl");
  EXPECT_EQ(at("GOOG", "2014-04-03"), "goog");
  EXPECT_EQ(at("GOOGL", "2014-04-02"), "nobody");
  EXPECT_EQ(at("GOOCV", "2014-03-27"), "goog");
  EXPECT_EQ(value("SELECT DISTINCT exchange FROM candled.instrument_ticker"), "Q");
}

TEST_F(ImportNamesTest, instrument_at_uses_an_index) {
  rows("INSERT INTO candled.instrument (registered_at) SELECT now() FROM generate_series(1, 5000)");
  rows(
      "INSERT INTO candled.instrument_ticker SELECT 'T' || instrument_id, instrument_id FROM "
      "candled.instrument");
  rows("ANALYZE candled.instrument_ticker");

  auto const plan =
      rows("EXPLAIN SELECT candled.instrument_at(ticker, '2024-01-02') FROM (VALUES ('T7')) v (ticker)");
  auto const inner = rows(
      "EXPLAIN SELECT instrument_id FROM candled.instrument_ticker t WHERE t.ticker = 'T7' AND t.valid @> "
      "'2024-01-02'::date");

  EXPECT_FALSE(plan.empty());
  EXPECT_NE(inner[0][0].find("Index"), std::string::npos) << inner[0][0];
}

TEST_F(ImportNamesTest, bars_of_a_reused_ticker_go_to_whom_it_named_on_their_day) {
  auto const goog = open("GOOG").id;
  load_day(goog, "GOOG", "2014-03-28");
  load_day(goog, "GOOG", "2014-04-02");
  load_day(goog, "GOOG", "2014-04-03");

  auto const report = imported(google);

  EXPECT_EQ(report.identified, std::vector<std::string>{"#1 is goog"});
  EXPECT_EQ(rows("SELECT ticker, ts::date, count(*) FROM candled.bars GROUP BY 1, 2 ORDER BY 2"),
            (Rows{{"GOOG", "2014-03-28", "2"}, {"GOOG", "2014-04-02", "2"}, {"GOOG", "2014-04-03", "2"}}));
  EXPECT_EQ(rows("SELECT identifier, s.is_primary, count(*) FROM candled.bar b JOIN candled.series s USING "
                 "(series_id) "
                 "JOIN candled.instrument USING (instrument_id) GROUP BY 1, 2 ORDER BY 1"),
            (Rows{{"goog", "t", "2"}, {"googl", "t", "4"}}));
}

TEST_F(ImportNamesTest, proof_goes_with_the_bars) {
  auto const goog = open("GOOG").id;
  load_day(goog, "GOOG", "2014-04-02");
  load_day(goog, "GOOG", "2014-04-03");
  must(await(store_.park({{.series = goog,
                           .range = minutes_from("2014-04-01T15:00:00Z", 4 * 24 * 60),
                           .reason = GapReason::fetch_failed,
                           .detail = "no answer",
                           .failed_at = at("2024-05-01T00:00:00Z")}})));

  imported(google);

  EXPECT_EQ(rows("SELECT identifier, covered FROM candled.series JOIN candled.instrument USING "
                 "(instrument_id) ORDER BY 1"),
            (Rows{{"goog", "{[\"2014-04-03 15:00:00+00\",\"2014-04-03 15:02:00+00\")}"},
                  {"googl", "{[\"2014-04-02 15:00:00+00\",\"2014-04-02 15:02:00+00\")}"}}));
  EXPECT_EQ(
      rows("SELECT ticker, session_date, bars FROM candled.series_session k JOIN candled.series USING "
           "(series_id) "
           "JOIN candled.instrument_ticker t USING (instrument_id) WHERE t.valid @> session_date ORDER BY 2"),
      (Rows{{"GOOG", "2014-04-02", "2"}, {"GOOG", "2014-04-03", "2"}}));
  // New York's midnight parts them.
  EXPECT_EQ(rows("SELECT series_id, lower(during), upper(during) FROM candled.gap WHERE closed_at IS NULL "
                 "ORDER BY 2"),
            (Rows{{"2", "2014-04-01 15:00:00+00", "2014-04-03 04:00:00+00"},
                  {"1", "2014-04-03 04:00:00+00", "2014-04-05 15:00:00+00"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars_asof(now()) WHERE ticker = 'GOOG'"), "4");
}

TEST_F(ImportNamesTest, a_second_import_changes_nothing) {
  load_day(open("GOOG").id, "GOOG", "2014-04-02");
  imported(google);
  auto const before = everything();

  auto const again = imported(google);

  EXPECT_TRUE(again.changes.empty());
  EXPECT_TRUE(again.identified.empty());
  EXPECT_EQ(everything(), before);
}

TEST_F(ImportNamesTest, a_dry_run_says_the_same_and_changes_nothing) {
  load_day(open("GOOG").id, "GOOG", "2014-04-02");
  auto const before = everything();

  auto const would = imported(google, ImportMode::dry_run);

  EXPECT_EQ(everything(), before);
  ASSERT_EQ(would.changes.size(), 4U);
  EXPECT_EQ(would.changes[2].ticker, "GOOG");
  EXPECT_EQ(to_string(*would.changes[2].first), "2004-08-19");
  EXPECT_EQ(to_string(*would.changes[2].last), "2014-04-02");
  EXPECT_EQ(would.changes[2].was, "goog");
  EXPECT_EQ(would.changes[2].now, "googl");
  EXPECT_EQ(would.changes[2].bars, 2);
}

TEST_F(ImportNamesTest, two_tickers_of_one_instrument_become_one_history) {
  load_day(open("FB").id, "FB", "2022-06-08");
  load_day(open("META").id, "META", "2022-06-09");

  imported("instrument,ticker,first_date,last_date\nmeta,FB,2012-05-18,2022-06-08\nmeta,META,2022-06-09,\n");

  EXPECT_EQ(
      rows("SELECT ticker, ts::date FROM candled.bars ORDER BY ts"),
      (Rows{{"FB", "2022-06-08"}, {"FB", "2022-06-08"}, {"META", "2022-06-09"}, {"META", "2022-06-09"}}));
  EXPECT_EQ(value("SELECT count(DISTINCT series_id) FROM candled.bar"), "1");
  auto const series = open("META");
  ASSERT_EQ(series.names.size(), 2U);
  EXPECT_EQ(series.names[0].ticker, "FB");
  EXPECT_EQ(series.names[0].during, (TimeRange{at("2012-05-18T04:00:00Z"), at("2022-06-09T04:00:00Z")}));
  EXPECT_EQ(series.names[1].during.to, UtcTime::max());
}

// The ETF that had the ticker before, and a bar of the time of which nobody says anything.
TEST_F(ImportNamesTest, bars_that_nobody_owns_now_are_kept_apart) {
  auto const series = open("META").id;
  load_day(series, "META", "2021-11-01");
  load_day(series, "META", "2022-06-09");

  imported("instrument,ticker,first_date,last_date\nmeta,FB,2012-05-18,2022-06-08\nmeta,META,2022-06-09,\n");

  EXPECT_EQ(
      rows("SELECT coalesce(identifier, ''), valid FROM candled.instrument_ticker JOIN candled.instrument "
           "USING (instrument_id) WHERE ticker = 'META' ORDER BY valid"),
      (Rows{{"", "(,2022-06-09)"}, {"meta", "[2022-06-09,)"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars WHERE ticker = 'META'"), "4");
  EXPECT_EQ(value("SELECT count(DISTINCT series_id) FROM candled.bar"), "2");
}

TEST_F(ImportNamesTest, two_instruments_may_change_places) {
  auto const a = open("A").id;
  auto const b = open("B").id;
  for (auto const* day : {"2024-01-02", "2024-03-01"}) load_day(a, "A", day), load_day(b, "B", day);
  rows("UPDATE candled.bar SET close = high WHERE series_id = " + std::to_string(static_cast<int>(b)));

  imported(
      "instrument,ticker,first_date,last_date\n"
      "x,A,,2024-01-31\nx,B,2024-02-01,\ny,B,,2024-01-31\ny,A,2024-02-01,\n");

  EXPECT_EQ(
      rows(
          "SELECT identifier, ticker, ts::date, bool_or(b.close = b.high), count(*) FROM candled.bars b JOIN "
          "candled.instrument ON instrument_id = candled.instrument_at(ticker, ts::date) GROUP BY 1, 2, 3 "
          "ORDER BY 1, 3"),
      (Rows{{"x", "A", "2024-01-02", "f", "2"},
            {"x", "B", "2024-03-01", "t", "2"},
            {"y", "B", "2024-01-02", "t", "2"},
            {"y", "A", "2024-03-01", "f", "2"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.series"), "2");
}

TEST_F(ImportNamesTest, sessions_count_as_if_they_were_computed_anew) {
  auto const series = open("GOOG").id;
  load_day(series, "GOOG", "2014-04-02");
  load_day(series, "GOOG", "2014-04-03");

  imported(google);

  EXPECT_EQ(value("SELECT count(*) FROM candled.series_session k WHERE encode(hash, 'hex') = "
                  "candled.session_hash('GOOG', '1m', session_date)"),
            "2");
}

TEST_F(ImportNamesTest, a_ticker_of_an_identifier_that_the_file_does_not_mention_is_refused) {
  imported("instrument,ticker,first_date\nfb,FB,2012-05-18\n");
  auto const before = everything();

  auto const refused = imported("# later\ninstrument,ticker,first_date\nproshares,FB,2025-01-02\n").refused;

  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0],
            (LineProblem{3, "FB is the ticker of fb from 2012-05-18 to ...: say here where that ends"}));
  EXPECT_EQ(everything(), before);
}

TEST_F(ImportNamesTest, what_was_asked_for_before_an_import_is_not_stored_under_the_wrong_one) {
  auto const series = open("GOOG").id;
  imported(google);

  auto late = minutes(series, minutes_from("2014-03-28T15:00:00Z", 2));
  late.slices[0].ticker = "GOOG";
  auto const refused = await(store_.load(late));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::db_refused);
  EXPECT_NE(refused.error().what.find("the next run asks again"), std::string::npos) << refused.error().what;
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar"), "0");
}

TEST_F(ImportNamesTest, after_market_hours_in_winter_are_of_the_day_that_they_end) {
  rows("INSERT INTO candled.instrument (identifier) VALUES ('old'), ('new')");
  rows("INSERT INTO candled.instrument_ticker VALUES ('X', 1, '(,2024-01-03)'), ('Y', 1, '[2024-01-03,)')");
  auto const series = open("Y").id;

  load(minutes(series, minutes_from("2024-01-03T00:30:00Z", 1)));  // 19:30 in New York

  EXPECT_EQ(rows("SELECT ticker FROM candled.bars"), (Rows{{"X"}}));
}

}  // namespace
}  // namespace candled::test
