// A week or a month stands for its sessions: in its name, and in what it is asked for under.
#include <filesystem>
#include <set>

#include "core/instrument_names.hpp"
#include "db/calendar_fixture.hpp"
#include "store/import_names.hpp"
#include "support/process.hpp"

namespace candled::test {
namespace {

// X is Y from Monday, June 10, 2024 on; weeks begin on Sunday. Juneteenth, Wednesday 19, is a holiday.
class LongBarsTest : public CalendarTest {
 protected:
  void name(std::string const& last_date, std::string const& first_date) {
    auto const names = parse_instrument_names("instrument,ticker,first_date,last_date\nx,X,," + last_date +
                                              "\nx,Y," + first_date + ",\n");
    if (!names) throw std::runtime_error(names.error().front().what);
    must(import_names(Secret{database_.url()}, *names, ImportMode::apply));
  }

  // Bars of `starts`, asked for under a ticker, and what the store says of them.
  Result<LoadReport> load_under(SeriesId series, std::string const& ticker,
                                std::vector<char const*> const& starts, char const* until) {
    Load bars;
    for (auto const* start : starts) bars.bars.push_back(bar_at(at(start)));
    bars.slices.push_back({.series = series,
                           .ticker = ticker,
                           .first = 0,
                           .count = starts.size(),
                           .proven = {{at(starts[0]), at(until)}}});
    return await(store_.load(bars));
  }

  Rows named() const { return rows("SELECT ticker, session_date FROM candled.bars ORDER BY ts"); }
};

TEST_F(LongBarsTest, a_week_has_the_name_of_its_first_session_wherever_it_is_read) {
  auto const series = series_of(Timeframe::w1, "Y").at(0).id;
  name("2024-06-09", "2024-06-10");
  must(load_under(series, "X", {"2024-05-26T04:00:00Z", "2024-06-02T04:00:00Z"}, "2024-06-09T04:00:00Z"));
  must(load_under(series, "Y", {"2024-06-09T04:00:00Z"}, "2024-06-16T04:00:00Z"));

  EXPECT_EQ(named(), (Rows{{"X", "2024-05-28"}, {"X", "2024-06-03"}, {"Y", "2024-06-10"}}));
  EXPECT_EQ(rows("SELECT ticker, session_date FROM candled.latest_bars"), (Rows{{"Y", "2024-06-10"}}));
  EXPECT_EQ(rows("SELECT ticker, session_date FROM candled.bars_asof('infinity') ORDER BY ts"), named());
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars('Y', '1w')"), "1");
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars_adjusted('Y', '1w', '2024-01-01', '2025-01-01')"), "3");
}

TEST_F(LongBarsTest, a_week_is_asked_for_under_the_name_of_its_first_session_and_loaded_under_no_other) {
  auto const series = series_of(Timeframe::w1, "Y").at(0).id;
  name("2024-06-09", "2024-06-10");

  auto const names = series_of(Timeframe::w1, "Y").at(0).names;
  auto const refused = load_under(series, "X", {"2024-06-09T04:00:00Z"}, "2024-06-16T04:00:00Z");

  ASSERT_EQ(names.size(), 2U);
  EXPECT_EQ(names[0].during.to, at("2024-06-09T04:00:00Z"));
  EXPECT_EQ(names[1].during.from, at("2024-06-09T04:00:00Z"));
  EXPECT_FALSE(refused);
  must(load_under(series, "Y", {"2024-06-09T04:00:00Z"}, "2024-06-16T04:00:00Z"));
}

// Monday, September 2, 2024 is a holiday: the week of the 1st begins with Tuesday; so does the month.
TEST_F(LongBarsTest, the_first_session_after_a_holiday_decides) {
  auto const week = series_of(Timeframe::w1, "Y").at(0).id;
  auto const month = series_of(Timeframe::mo1, "Y").at(0).id;
  name("2024-09-02", "2024-09-03");

  EXPECT_EQ(series_of(Timeframe::w1, "Y").at(0).names[1].during.from, at("2024-09-01T04:00:00Z"));
  EXPECT_EQ(series_of(Timeframe::mo1, "Y").at(0).names[1].during.from, at("2024-09-01T04:00:00Z"));
  must(load_under(week, "Y", {"2024-09-01T04:00:00Z"}, "2024-09-08T04:00:00Z"));
  must(load_under(month, "Y", {"2024-09-01T04:00:00Z"}, "2024-10-01T04:00:00Z"));
}

TEST_F(LongBarsTest, a_name_that_begins_in_the_middle_begins_with_the_next_week) {
  auto const series = series_of(Timeframe::w1, "Y").at(0).id;
  name("2024-06-11", "2024-06-12");

  EXPECT_EQ(series_of(Timeframe::w1, "Y").at(0).names[1].during.from, at("2024-06-16T04:00:00Z"));
  must(load_under(series, "X", {"2024-06-09T04:00:00Z"}, "2024-06-16T04:00:00Z"));
  EXPECT_EQ(named(), (Rows{{"X", "2024-06-10"}}));
}

TEST_F(LongBarsTest, an_import_of_names_takes_the_week_of_the_first_session_along) {
  auto const series = series_of(Timeframe::w1, "Y").at(0).id;
  must(load_under(series, "Y", {"2024-06-02T04:00:00Z", "2024-06-09T04:00:00Z"}, "2024-06-16T04:00:00Z"));

  auto const names = parse_instrument_names(
      "instrument,ticker,first_date,last_date\nold,Y,,2024-06-09\nnew,Y,2024-06-10,\n");
  must(import_names(Secret{database_.url()}, *names, ImportMode::apply));

  EXPECT_EQ(rows("SELECT i.identifier, b.ts FROM candled.bar b JOIN candled.series s USING (series_id) JOIN "
                 "candled.instrument i USING (instrument_id) ORDER BY b.ts"),
            (Rows{{"old", "2024-06-02 04:00:00+00"}, {"new", "2024-06-09 04:00:00+00"}}));
  EXPECT_EQ(named(), (Rows{{"Y", "2024-06-03"}, {"Y", "2024-06-10"}}));
}

// Names by their start and by their first session are the same question, for every day of two years.
TEST_F(LongBarsTest, a_bar_starts_before_a_name_does_if_and_only_if_its_first_session_is_before) {
  EXPECT_EQ(value(R"(
    SELECT count(*) FILTER (WHERE (b.ts < candled.first_start(day::date, t, c))
                                  IS DISTINCT FROM (candled.session_date(b.ts, t, c) < day::date))
    FROM generate_series(timestamp '2023-12-01', '2025-12-01', '1 day') AS day
    CROSS JOIN unnest('{1d,1w,1mo}'::text[]) AS t
    CROSS JOIN unnest('{XNYS,24x7}'::text[]) AS c
    CROSS JOIN LATERAL (
      SELECT DISTINCT candled.first_day_of_bar(near::date, t)::timestamp AT TIME ZONE candled.calendar_zone(c) AS ts
      FROM generate_series(day - interval '40 days', day + interval '40 days', '1 day') AS near) b)"),
            "0");
}

// Y since Monday, June 10, 2024; Z since Wednesday, in whose week nothing changes.
constexpr char weeks_of_before_sql[] = R"(
  INSERT INTO candled.instrument DEFAULT VALUES;
  INSERT INTO candled.instrument DEFAULT VALUES;
  INSERT INTO candled.instrument_ticker VALUES ('X', 1, '(,2024-06-10)'), ('Y', 1, '[2024-06-10,)'),
    ('V', 2, '(,2024-06-12)'), ('Z', 2, '[2024-06-12,)');
  INSERT INTO candled.series (instrument_id, timeframe, provider, is_primary, wanted_from, covered)
  SELECT i, t, 'test', true, '2024-01-01Z', '{[2024-05-26 04:00Z, 2024-06-30 04:00Z)}'
  FROM unnest('{1,2}'::int4[]) AS i CROSS JOIN unnest('{1d,1w}'::text[]) AS t ORDER BY i, t)";

TEST(LongBarsMigration, asks_again_for_a_week_that_was_asked_for_under_another_name) {
  auto const database = TempDatabase::empty();
  std::vector<std::string> before{"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"};
  std::set<std::filesystem::path> files;
  for (auto const& file : std::filesystem::directory_iterator{CANDLED_SOURCE_DIR "/migrations"})
    files.insert(file.path());
  for (auto const& file : files)
    if (file.filename() < "0016") before.insert(before.end(), {"-f", file});
  before.insert(before.end(), {"-c", weeks_of_before_sql, database.url()});
  auto const made = run(before);
  ASSERT_EQ(made.exit_code, 0) << made.errors;

  auto const migrated = run({"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f",
                             CANDLED_SOURCE_DIR "/migrations/0016_dates_of_effect.sql", database.url()});

  ASSERT_EQ(migrated.exit_code, 0) << migrated.errors;
  auto const all = "{[\"2024-05-26 04:00:00+00\",\"2024-06-30 04:00:00+00\")}";
  EXPECT_EQ(
      rows(database.url(), "SET timezone = 'UTC'; SELECT covered FROM candled.series ORDER BY series_id"),
      (Rows{{all},
            {"{[\"2024-05-26 04:00:00+00\",\"2024-06-09 04:00:00+00\"),[\"2024-06-16 "
             "04:00:00+00\",\"2024-06-30 04:00:00+00\")}"},
            {all},
            {all}}));
}

}  // namespace
}  // namespace candled::test
