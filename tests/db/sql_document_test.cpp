// docs/sql.md says what is so: each of its queries is run, for its answer and for its plan, as candled_read.
#include "db/sql_document.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>
#include <set>

#include "support/process.hpp"

namespace candled::test {
namespace {

std::string fixture(std::string const& name) {
  return read_file(CANDLED_SOURCE_DIR "/tests/fixtures/sql/" + name);
}

std::string document() {
  return read_file(CANDLED_SOURCE_DIR "/docs/sql.md");
}

class SqlDocument : public testing::Test {
 protected:
  SqlDocument() { rows(owner_url_, fixture("market.sql")); }

  static std::vector<Question> questions(std::string const& language) {
    auto all = read_questions(document());
    std::erase_if(all, [&](Question const& question) { return question.language != language; });
    return all;
  }

  std::vector<std::string> problems_of(std::string const& query, int& scans) const {
    return plan_problems(value(url_, "EXPLAIN (FORMAT JSON) " + query), scans);
  }

  TempDatabase database_;
  std::string owner_url_ = with_option(database_.url(), "options", "-c timezone=UTC");
  std::string url_ = with_option(owner_url_, "user", "candled_read");
};

TEST_F(SqlDocument, every_query_answers_what_is_worked_out_by_hand) {
  auto const answers = read_answers(fixture("answers.txt"));

  for (auto const& [name, language, query] : questions("sql")) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(answers.contains(name)) << "tests/fixtures/sql/answers.txt has no answer";
    auto const answered = rows(url_, query);
    EXPECT_TRUE(matches(answered, answers.at(name))) << "answered:\n"
                                                     << to_text(answered) << "expected:\n"
                                                     << to_text(answers.at(name));
  }
}

// What a client in that zone is answered, with its instants in UTC.
Rows answered_in(std::string const& zone, std::string const& url, std::string query) {
  query.erase(query.rfind(';'));
  return rows(with_option(url, "options", "-c timezone=" + zone),
              "CREATE TEMP TABLE answer AS " + query + "; SET timezone = 'UTC'; SELECT * FROM answer");
}

TEST_F(SqlDocument, every_query_answers_the_same_in_every_time_zone) {
  auto const answers = read_answers(fixture("answers.txt"));
  auto const everywhere = with_option(database_.url(), "user", "candled_read");

  for (auto const* const zone : {"America/Chicago", "Asia/Kolkata", "UTC", "Pacific/Kiritimati"})
    for (auto const& [name, language, query] : questions("sql")) {
      SCOPED_TRACE(std::string{zone} + " " + name);
      auto const answered = answered_in(zone, everywhere, query);
      EXPECT_TRUE(matches(answered, answers.at(name))) << "answered:\n"
                                                       << to_text(answered) << "expected:\n"
                                                       << to_text(answers.at(name));
    }
}

// Days that depend on who asks are found: here is one.
TEST_F(SqlDocument, a_query_by_the_clients_days_answers_otherwise_elsewhere) {
  std::string const query = "SELECT ts::date FROM candled.bars('AAPL', '1d', '2024-03-08Z') ORDER BY ts;";
  auto const everywhere = with_option(database_.url(), "user", "candled_read");

  EXPECT_NE(answered_in("America/Chicago", everywhere, query), answered_in("UTC", everywhere, query));
}

// With sequential scans allowed, as everywhere: the planner has tables to choose by (crowd.sql) on which a
// query that needs all bars is read sequentially, as the first lines show.
TEST_F(SqlDocument, every_query_finds_its_bars_by_key) {
  rows(owner_url_, fixture("crowd.sql"));
  int scans = 0;
  EXPECT_NE(problems_of("SELECT avg(close) FROM candled.bars", scans), std::vector<std::string>{});
  EXPECT_NE(problems_of("SELECT max(close) FROM candled.bars WHERE volume > 99", scans),
            std::vector<std::string>{});

  scans = 0;
  for (auto const& question : questions("sql")) {
    SCOPED_TRACE(question.name);
    EXPECT_EQ(problems_of(question.text, scans), std::vector<std::string>{});
  }
  EXPECT_GT(scans, 30) << "most of the questions are about bars";
}

TEST_F(SqlDocument, pandas_reads_what_it_shows) {
  auto const programs = questions("python");
  ASSERT_EQ(programs.size(), 1U);
  TempDir const dir;
  std::map<std::string, std::string> environment{
      {"CANDLED_DATABASE", "postgresql://"}, {"PGDATABASE", database_.name()}, {"PGUSER", "candled_read"}};
  std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> const options{
      PQconninfoParse(url_.c_str(), nullptr), PQconninfoFree};
  for (auto const* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
    if (option->val != nullptr &&
        (option->keyword == std::string{"host"} || option->keyword == std::string{"port"}))
      environment[option->envvar] = option->val;

  auto const program = dir.write("bars.py", programs[0].text);
  for (auto const* const zone : {"America/Chicago", "Asia/Kolkata", "UTC"}) {
    environment["PGTZ"] = zone;
    // Debian's interpreter, for its packages: others may stand before it in PATH.
    auto const finished = run({"/usr/bin/python3", program}, environment);

    EXPECT_EQ(finished.exit_code, 0) << finished.errors << "is it installed? see tools/install-deps";
    EXPECT_EQ(finished.errors, "");
    EXPECT_EQ(finished.output,
              "session_date,AAPL,MSFT\n2024-03-04,,\n2024-03-05,0.1,0.05\n2024-03-06,-0.1,-0.05\n2024-03-07,"
              "0.0,0.0\n2024-03-08,0.1,-0.05\n")
        << zone;
  }
}

TEST_F(SqlDocument, a_thousand_latest_bars_take_a_look_at_the_newest_year_each) {
  rows(owner_url_, R"(
    SELECT candled.ensure_bar_partitions('2023-01-01Z', '2024-12-31Z');
    INSERT INTO candled.instrument (registered_at) SELECT now() FROM generate_series(1, 996);
    INSERT INTO candled.instrument_ticker (ticker, instrument_id) SELECT 'Z' || n, n FROM generate_series(5, 1000) AS n;
    INSERT INTO candled.series (instrument_id, timeframe, provider, is_primary, wanted_from)
    SELECT n, '1d', 'massive', true, '2023-01-01Z' FROM generate_series(5, 1000) AS n;
    INSERT INTO candled.bar (series_id, ts, open, high, low, close, volume, vwap, trade_count)
    SELECT s.series_id, day, 10, 12, 9, 11, 100, 'NaN', -1
    FROM candled.series s CROSS JOIN generate_series('2023-12-20 05:00Z'::timestamptz, '2024-01-10 05:00Z', '1 day') AS day
    WHERE s.instrument_id > 4;
    ANALYZE;)");

  std::string plan;
  for (auto const& line : rows(url_,
                               "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "
                               "SELECT * FROM candled.latest_bars WHERE timeframe = '1d'"))
    plan += line.at(0) + "\n";

  EXPECT_TRUE(
      plan.contains("Index Scan Backward using bar_2024_pkey on bar_2024 bar_2 (actual rows=1 loops=1000)"))
      << plan;
  EXPECT_TRUE(plan.contains("Index Scan Backward using bar_2023_pkey on bar_2023 bar_1 (never executed)"))
      << plan;
}

TEST(SqlDocumentText, every_query_has_a_name_of_its_own_an_answer_and_no_more) {
  std::set<std::string> names;
  for (auto const& question : read_questions(document())) {
    EXPECT_TRUE(names.insert(question.name).second) << question.name << " is there twice";
  }
  names.erase("pandas");

  std::set<std::string> answered;
  for (auto const& [name, rows] : read_answers(fixture("answers.txt"))) answered.insert(name);

  EXPECT_EQ(names, answered);
  EXPECT_GE(names.size(), 30U);
  EXPECT_EQ(loose_ends(document()), std::vector<std::string>{});
}

TEST(SqlDocumentText, a_query_without_a_marker_is_found) {
  EXPECT_EQ(loose_ends("text\n```sql\nSELECT 1;\n```\n<!-- test: lost -->\n\n<!-- test: good "
                       "-->\n```sql\nSELECT 1;\n```\n"),
            (std::vector<std::string>{"line 2", "lost"}));
}

TEST_F(SqlDocument, bars_of_a_ticker_without_limits_are_all_of_it) {
  EXPECT_EQ(value(url_, "SELECT count(*) FROM candled.bars('AAPL', '1d')"), "5");
  EXPECT_EQ(value(url_, "SELECT count(*) FROM candled.bars('AAPL', '1d', '2024-03-05 05:00Z')"), "4");
  EXPECT_EQ(
      value(url_,
            "SELECT count(*) FROM candled.bars('AAPL', '1d', '2024-03-05 05:00Z', '2024-03-06 05:00Z')"),
      "1");
  EXPECT_EQ(value(url_, "SELECT count(*) FROM candled.bars('FB', '1d')"), "2")
      << "it is called META from the 6th on";
  EXPECT_EQ(value(url_, "SELECT count(*) FROM candled.bars('META', '1d', '2025-01-01Z')"), "0");
}

TEST_F(SqlDocument, bars_are_put_into_the_query_that_calls_them) {
  auto const plan = value(
      url_, "EXPLAIN (FORMAT JSON) SELECT * FROM candled.bars('AAPL', '1d', '2024-03-04', '2024-03-05')");

  EXPECT_FALSE(plan.contains(R"("Function Name": "bars")")) << plan;
  EXPECT_TRUE(plan.contains("bar_2024_pkey")) << plan;
}

}  // namespace
}  // namespace candled::test
