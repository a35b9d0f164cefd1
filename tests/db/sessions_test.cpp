// Sessions: complete by proof, with a hash that anybody can compute again; and those without a bar.
#include <fmt/format.h>
#include <libpq-fe.h>

#include <limits>

#include "completeness_fixture.hpp"

namespace candled::test {
namespace {

// What is told on the channel candled_session from now on.
class Listener {
 public:
  explicit Listener(std::string const& url) : connection_(PQconnectdb(url.c_str())) {
    run("LISTEN candled_session");
  }
  Listener(Listener const&) = delete;
  Listener& operator=(Listener const&) = delete;
  ~Listener() { PQfinish(connection_); }

  // Whatever was committed before is told before the answer to a statement (PostgreSQL, "NOTIFY").
  std::vector<std::string> told() {
    run("SELECT 1");
    std::vector<std::string> payloads;
    while (auto* const one = PQnotifies(connection_)) {
      payloads.emplace_back(one->extra);
      PQfreemem(one);
    }
    return payloads;
  }

 private:
  void run(char const* sql) { PQclear(PQexec(connection_, sql)); }

  PGconn* connection_;
};

using SessionTest = CompletenessTest;
using EmptySessionTest = CompletenessTest;

TEST_F(SessionTest, is_missing_then_partial_then_complete) {
  auto const series = open();
  auto const before = value(state_of("2024-01-02"));
  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 10)));
  auto const during = value(state_of("2024-01-02"));
  load(whole_day(series.id, "2024-01-02"));

  EXPECT_EQ(before, "missing");
  EXPECT_EQ(during, "partial");
  EXPECT_EQ(
      rows("SELECT ticker, timeframe, provider, session_date, state, bars_expected, bars_present, "
           "complete_at <= now() "
           "FROM candled.session_completeness WHERE session_date BETWEEN '2024-01-01' AND '2024-01-03'"),
      (Rows{{"AAPL", "1m", "test", "2024-01-02", "complete", "960", "960", "t"},
            {"AAPL", "1m", "test", "2024-01-03", "missing", "960", "0", "NULL"}}));
  EXPECT_EQ(rows("SELECT candled.is_complete('AAPL', '1m', '2024-01-02'), candled.is_complete('AAPL', '1m', "
                 "'2024-01-03'), "
                 "candled.is_complete('AAPL', '1d', '2024-01-02')"),
            (Rows{{"t", "f", "f"}}));
}

TEST_F(SessionTest, of_a_daily_bar_is_the_whole_day_in_the_calendars_zone) {
  auto daily = query({"AAPL"});
  daily.timeframe = Timeframe::d1;
  auto const series = must(await(store_.open_series(daily))).at(0);
  Load load;
  load.bars = {bar_at(at("2024-01-02T05:00:00Z")), bar_at(at("2024-01-03T05:00:00Z"))};
  load.slices = {{.series = series.id,
                  .first = 0,
                  .count = 2,
                  .proven = {{.from = at("2024-01-02T05:00:00Z"), .to = at("2024-01-04T04:59:00Z")}}}};

  this->load(load);

  EXPECT_EQ(rows("SELECT session_date, state, bars_expected, bars_present FROM candled.session_completeness "
                 "WHERE session_date BETWEEN '2024-01-02' AND '2024-01-03' ORDER BY 1"),
            (Rows{{"2024-01-02", "complete", "1", "1"}, {"2024-01-03", "partial", "1", "1"}}));
}

TEST_F(SessionTest, of_weekly_bars_are_not_kept) {
  auto weekly = query({"AAPL"});
  weekly.timeframe = Timeframe::w1;
  auto const series = must(await(store_.open_series(weekly))).at(0);
  Load load;
  load.bars = {bar_at(at("2024-01-07T05:00:00Z"))};
  load.slices = {{.series = series.id,
                  .first = 0,
                  .count = 1,
                  .proven = {{.from = at("2024-01-07T05:00:00Z"), .to = at("2024-01-14T05:00:00Z")}}}};

  this->load(load);

  EXPECT_EQ(value("SELECT count(*) FROM candled.series_session"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM candled.session_completeness"), "0");
}

// The hash as its definition says, by hand: what a loader in another language would do.
TEST_F(SessionTest, hash_of_one_bar_is_the_definition) {
  auto const series = open();
  Load load;
  load.bars = {{.start = at("2000-01-03T14:30:00.001Z"),
                .open = 1.5,
                .high = 2,
                .low = 1,
                .close = 1.75,
                .volume = -0.0}};
  load.slices = {
      {.series = series.id, .first = 0, .count = 1, .proven = {minutes_from("2000-01-03T14:30:00Z", 1)}}};
  this->load(load);
  auto const microseconds = (2LL * 86'400 + 14 * 3'600 + 30 * 60) * 1'000'000 + 1'000;
  auto const message = fmt::format("{:016x}", microseconds) +
                       "3ff8000000000000"
                       "4000000000000000"
                       "3ff0000000000000"
                       "3ffc000000000000"
                       "0000000000000000"
                       "7ff8000000000000"
                       "ffffffff";

  EXPECT_EQ(value("SELECT encode(hash, 'hex') FROM candled.series_session"),
            value("SELECT encode(substring(sha256(decode('" + message + "', 'hex')) FROM 1 FOR 16), 'hex')"));
}

TEST_F(SessionTest, hash_equals_the_one_computed_from_the_bars_after_inserts_changes_and_late_bars) {
  auto const series = open();
  load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 300)));
  load(without_bars(series.id, minutes_from("2024-01-02T20:00:00Z", 30)));
  load(minutes(series.id, minutes_from("2024-01-02T15:00:00Z", 20), 1));
  auto given = minutes(series.id, minutes_from("2024-01-02T20:10:00Z", 5));  // late
  given.bars[1].vwap = std::numeric_limits<double>::quiet_NaN();
  given.bars[2].trade_count = -1;
  load(given);
  load(minutes(series.id, minutes_from("2024-01-03T00:55:00Z", 10)));  // 19:55 to 20:05 in New York

  EXPECT_EQ(rows("SELECT session_date, bars, encode(hash, 'hex') = candled.session_hash('AAPL', '1m', "
                 "session_date), "
                 "hash <> '\\x00000000000000000000000000000000' FROM candled.series_session"),
            (Rows{{"2024-01-02", "315", "t", "t"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar"), "315");
}

TEST_F(SessionTest, counts_no_bar_that_the_database_refused) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 8));
  page.bars[3].high = page.bars[3].low / 2;
  load(page);
  rows("ALTER TABLE candled.bar ADD CONSTRAINT cheap CHECK (open < 5000)");
  page.bars[3] = bar_at(page.bars[3].start);
  page.bars[4].open = 6000;
  page.bars[4].high = 6001;
  page.bars[5].volume = 7;

  EXPECT_EQ(load(page).changed, 1);

  EXPECT_EQ(rows("SELECT bars, encode(hash, 'hex') = candled.session_hash('AAPL', '1m', session_date) "
                 "FROM candled.series_session"),
            (Rows{{"8", "t"}}));
}

TEST_F(SessionTest, hash_does_not_depend_on_the_order_or_size_of_loads) {
  auto const series = open();
  TempDatabase other;
  publish_sessions(other.url());
  PgBarStore other_store{Secret{other.url()}, 1};
  auto const theirs = must(await(other_store.open_series(query({"MSFT", "AAPL"})))).at(1);
  auto const day = minutes_from("2024-01-02T09:00:00Z", 960);

  for (int i = 0; i < 960; i += 97)
    load(minutes(series.id, intersection(day, {.from = day.from + std::chrono::minutes{i},
                                               .to = day.from + std::chrono::minutes{i + 97}})));
  must(await(other_store.load(minutes(theirs.id, minutes_from("2024-01-02T13:00:00Z", 500), 1))));
  must(await(other_store.load(minutes(theirs.id, day))));

  std::string const hashes =
      "SELECT session_date, state, bars_present, hash FROM candled.session_completeness WHERE ticker = "
      "'AAPL' "
      "AND session_date <= '2024-01-04' ORDER BY 1";
  EXPECT_EQ(rows(hashes), test::rows(other.url(), hashes));
  EXPECT_EQ(rows(hashes).at(0).at(2), "960");
}

TEST_F(SessionTest, told_again_writes_no_row_anywhere) {
  auto const series = open();
  auto page = whole_day(series.id, "2024-01-02");
  page.slices[0].settled = {{.after = std::chrono::minutes{15}, .during = page.slices[0].proven}};
  auto const empty = without_bars(series.id, minutes_from("2024-01-03T09:00:00Z", 960));
  load(page);
  load(empty);
  auto const before = everything();

  load(page);
  load(empty);
  load(page);

  EXPECT_EQ(everything(), before);
}

TEST_F(SessionTest, that_becomes_complete_is_told_once_for_each_series_and_load) {
  auto const series = must(await(store_.open_series(query({"AAPL", "MSFT"}))));
  Load load;
  for (auto const& one : series)
    add_minutes(load, one.id, {.from = at("2024-01-02T05:00:00Z"), .to = at("2024-01-05T05:00:00Z")});
  Listener listener{database_.url()};

  this->load(load);
  this->load(load);
  this->load(minutes(series[0].id, minutes_from("2024-01-05T12:00:00Z", 5)));

  EXPECT_EQ(
      listener.told(),
      (std::vector<std::string>{
          R"({"ticker" : "AAPL", "timeframe" : "1m", "provider" : "test", "first" : "2024-01-02", "last" : "2024-01-04", "sessions" : 3})",
          R"({"ticker" : "MSFT", "timeframe" : "1m", "provider" : "test", "first" : "2024-01-02", "last" : "2024-01-04", "sessions" : 3})"}));
}

TEST_F(SessionTest, is_counted_anew_when_its_series_moves_to_another_calendar) {
  rows(
      "INSERT INTO candled.market_session SELECT '24x7', d, d AT TIME ZONE 'UTC', (d + 1) AT TIME ZONE "
      "'UTC', "
      "d AT TIME ZONE 'UTC', (d + 1) AT TIME ZONE 'UTC', false FROM (SELECT '2024-01-01'::date + n FROM "
      "generate_series(0, 9) n) g (d)");
  auto const series = open();
  load(minutes(series.id, {.from = at("2024-01-02T00:00:00Z"), .to = at("2024-01-03T00:00:00Z")}));
  auto moved = query({"AAPL"});
  moved.calendar = "24x7";

  must(await(store_.open_series(moved)));

  EXPECT_EQ(rows("SELECT session_date, bars, complete_at IS NOT NULL, "
                 "encode(hash, 'hex') = candled.session_hash('AAPL', '1m', session_date) FROM "
                 "candled.series_session"),
            (Rows{{"2024-01-02", "1440", "t", "t"}}));
}

TEST_F(EmptySessionTest, neighbours_are_one_gap_across_a_weekend_and_loads) {
  auto const series = open();
  load(without_bars(series.id, {.from = at("2024-01-04T05:00:00Z"), .to = at("2024-01-06T05:00:00Z")}));
  load(without_bars(series.id, {.from = at("2024-01-06T05:00:00Z"), .to = at("2024-01-09T05:00:00Z")}));

  EXPECT_EQ(rows("SELECT lower(during), upper(during), reason, attempts, next_try_at - last_tried BETWEEN "
                 "'23:59' AND '1 day' "
                 "FROM candled.gap WHERE closed_at IS NULL"),
            (Rows{{"2024-01-04 09:00:00+00", "2024-01-09 01:00:00+00", "provider_empty", "1", "t"}}));
  EXPECT_EQ(value(state_of("2024-01-04")), "empty");
  EXPECT_EQ(rows("SELECT reason, attempts FROM candled.gaps WHERE reason <> 'never_asked'"),
            (Rows{{"provider_empty", "1"}}));
}

TEST_F(EmptySessionTest, rests_after_three_attempts) {
  auto const series = open();
  auto const answer = without_bars(series.id, minutes_from("2024-01-04T09:00:00Z", 960));
  std::vector<std::string> waits;

  for (int i = 0; i < 4; ++i) {
    load(answer);
    load(answer);  // the same again is no attempt of its own: it was not due
    waits.push_back(
        value("SELECT attempts || ' ' || CASE WHEN next_try_at = 'infinity' THEN 'for ever' "
              "ELSE (next_try_at - last_tried)::text END FROM candled.gap"));
    rows(
        "UPDATE candled.gap SET next_try_at = now() - interval '1 second', last_tried = last_tried - "
        "interval '9 days' "
        "WHERE next_try_at < 'infinity'");
  }

  EXPECT_EQ(waits, (std::vector<std::string>{"1 1 day", "2 7 days", "3 for ever", "3 for ever"}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.gap"), "1");
  EXPECT_EQ(value("SELECT first_seen < last_tried FROM candled.gap"), "t");
}

TEST_F(EmptySessionTest, that_is_due_is_to_be_asked_again_although_it_is_covered) {
  auto const series = open();
  load(without_bars(series.id, minutes_from("2024-01-04T09:00:00Z", 960)));
  rows("UPDATE candled.gap SET next_try_at = '2024-06-01T00:00:00Z'");
  auto earlier = query({"AAPL"});
  earlier.now = at("2024-05-31T23:59:00Z");

  auto const resting = must(await(store_.open_series(earlier))).at(0);
  auto const due = open();

  RangeSet const session{minutes_from("2024-01-04T09:00:00Z", 960)};
  EXPECT_EQ(resting.parked, session);
  EXPECT_TRUE(resting.again.empty());
  EXPECT_EQ(due.again, session);
  EXPECT_TRUE(due.parked.empty());
}

TEST_F(EmptySessionTest, bars_cut_its_gap_and_close_it) {
  auto const series = open();
  load(without_bars(series.id, {.from = at("2024-01-02T05:00:00Z"), .to = at("2024-01-05T05:00:00Z")}));
  load(minutes(series.id, minutes_from("2024-01-03T15:00:00Z", 1)));
  auto const pieces = rows(
      "SELECT lower(during), upper(during), attempts FROM candled.gap WHERE closed_at IS NULL ORDER BY 1");
  load(minutes(series.id, minutes_from("2024-01-02T15:00:00Z", 1)));
  load(minutes(series.id, minutes_from("2024-01-04T15:00:00Z", 1)));

  EXPECT_EQ(pieces, (Rows{{"2024-01-02 09:00:00+00", "2024-01-03 01:00:00+00", "1"},
                          {"2024-01-04 09:00:00+00", "2024-01-05 01:00:00+00", "1"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.gap WHERE closed_at IS NULL"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar_revision WHERE NOT existed"), "3");
}

TEST_F(EmptySessionTest, is_none_when_the_provider_served_what_cannot_be_true) {
  auto const series = open();
  auto answer = without_bars(series.id, minutes_from("2024-01-04T09:00:00Z", 960));
  answer.rejected = {{.series = series.id, .bar = bar_at(at("2024-01-04T15:00:00Z")), .reason = "future"}};

  load(answer);

  EXPECT_EQ(value("SELECT count(*) FROM candled.gap"), "0");
}

TEST(WithoutCalendar, nothing_is_complete_and_nothing_fails) {
  TempDatabase const database;
  PgBarStore store{Secret{database.url()}, 1};
  SeriesQuery const query{.provider = "test",
                          .timeframe = Timeframe::m1,
                          .tickers = {"AAPL"},
                          .wanted_from = at("2024-01-01T00:00:00Z"),
                          .now = at("2024-06-01T00:00:00Z"),
                          .settle = {}};
  auto const series = must(await(store.open_series(query))).at(0);

  must(await(store.load(minutes(series.id, minutes_from("2024-01-02T05:00:00Z", 1440)))));
  must(await(
      store.load(CompletenessTest::without_bars(series.id, minutes_from("2024-01-03T05:00:00Z", 1440)))));

  EXPECT_EQ(rows(database.url(), "SELECT bars, complete_at FROM candled.series_session"),
            (Rows{{"1440", "NULL"}}));
  EXPECT_EQ(value(database.url(), "SELECT count(*) FROM candled.session_completeness"), "0");
  EXPECT_EQ(value(database.url(), "SELECT count(*) FROM candled.gap"), "0");
}

}  // namespace
}  // namespace candled::test
