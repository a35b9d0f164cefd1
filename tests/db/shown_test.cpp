// Whose bars readers see when a provider is renamed, and when a job moves to another one.
#include "shown_fixture.hpp"
#include "store/bar_reports.hpp"
#include "store/reports.hpp"

namespace candled::test {
namespace {

using RenamedProvider = ShownTest;
using MovedJob = ShownTest;

TEST_F(RenamedProvider, keeps_its_series) {
  follow({.providers = {provider("here")}, .jobs = {job("here")}});
  auto const before = open_at("here");
  fill(before, "14:30", 2, 1);

  follow({.providers = {provider("massive", {"here"})}, .jobs = {job("massive")}});
  auto const after = open_at("massive");

  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.covered, RangeSet{minutes_from("2024-01-02T14:30:00Z", 2)});
  EXPECT_EQ(rows("SELECT provider, is_primary, shown_until, wanted_until FROM candled.series"),
            (Rows{{"massive", "t", "NULL", "NULL"}}));
  EXPECT_EQ(shown(), "14:30=1 14:31=1 ");
}

TEST_F(RenamedProvider, keeps_what_is_computed_of_its_bars_and_what_it_said_of_actions) {
  auto with_rollups = job("here");
  with_rollups.rollups = {Timeframe::m5};
  follow({.providers = {provider("here")}, .jobs = {with_rollups}});
  auto asked = query({"AAPL"});
  asked.provider = "here";
  asked.rollups = {Timeframe::m5};
  must(await(store_.open_series(asked)));
  rows(
      "INSERT INTO candled.corporate_action (instrument_id, kind, ex_date, ratio, source, source_id, "
      "learned_at) VALUES "
      "(1, 'split', '2024-03-01', 4, 'here', 'one', '2024-04-01Z'), (1, 'split', '2024-04-01', 2, 'here', "
      "'two', "
      "'2024-04-01Z'), (1, 'split', '2024-04-01', 2, 'massive', 'two', '2024-04-02Z')");

  with_rollups.provider = asked.provider = "massive";
  follow({.providers = {provider("massive", {"here"})}, .jobs = {with_rollups}});
  must(await(store_.open_series(asked)));

  EXPECT_EQ(rows("SELECT timeframe, provider, is_primary FROM candled.series ORDER BY series_id"),
            (Rows{{"1m", "massive", "t"}, {"5m", "massive from 1m", "t"}}));
  EXPECT_EQ(rows("SELECT source, source_id, learned_at, replaced_at FROM candled.corporate_action ORDER BY "
                 "action_id"),
            (Rows{{"massive", "one", "2024-04-01 00:00:00+00", "NULL"},
                  {"massive", "two", "2024-04-01 00:00:00+00", "2024-04-02 00:00:00+00"},
                  {"massive", "two", "2024-04-02 00:00:00+00", "NULL"}}));
}

// It was renamed without a word, and told of afterwards.
TEST_F(RenamedProvider, has_series_under_both_names_and_loses_none) {
  follow({.providers = {provider("here")}, .jobs = {job("here")}});
  fill(open_at("here"), "14:30", 2, 1);
  follow({.providers = {provider("massive")}, .jobs = {job("massive")}});
  fill(open_at("massive"), "14:31", 2, 2);

  Collection const told{.providers = {provider("massive", {"here"})}, .jobs = {job("massive")}};
  for (int start = 0; start < 3; ++start) follow(told);
  auto const tuples =
      rows("SELECT ctid, xmin FROM candled.series UNION ALL SELECT ctid, xmin FROM candled.provider");
  follow(told);

  EXPECT_EQ(rows("SELECT provider, is_primary FROM candled.series ORDER BY series_id"),
            (Rows{{"here", "f"}, {"massive", "t"}}));
  EXPECT_EQ(shown(), "14:30=1 14:31=2 14:32=2 ");
  EXPECT_EQ(rows("SELECT ctid, xmin FROM candled.series UNION ALL SELECT ctid, xmin FROM candled.provider"),
            tuples)
      << "a start that finds all as it should be writes nothing";
}

TEST_F(RenamedProvider, had_two_names_before_and_loses_no_bar_of_either) {
  follow({.providers = {provider("one")}, .jobs = {job("one")}});
  fill(open_at("one"), "14:30", 2, 1);
  follow({.providers = {provider("two")}, .jobs = {job("two")}});
  fill(open_at("two"), "14:31", 2, 2);

  follow({.providers = {provider("three", {"one", "two"})}, .jobs = {job("three")}});
  auto const series = open_at("three");

  EXPECT_EQ(series.covered, RangeSet{minutes_from("2024-01-02T14:30:00Z", 2)});
  EXPECT_EQ(shown(), "14:30=1 14:31=1 14:32=2 ");
  EXPECT_EQ(value("SELECT count(*) FROM candled.series"), "2");
}

TEST_F(RenamedProvider, is_told_by_a_daemon_that_still_has_the_old_name) {
  follow({.providers = {provider("here")}, .jobs = {job("here")}});
  auto const before = open_at("here");

  follow({.providers = {provider("massive", {"here"})}, .jobs = {job("massive")}});
  follow({.providers = {provider("latest", {"massive"})}, .jobs = {job("latest")}});
  auto const again = open_at("here");

  EXPECT_EQ(again.id, before.id);
  EXPECT_EQ(rows("SELECT provider FROM candled.series"), (Rows{{"latest"}}));
}

TEST_F(RenamedProvider, is_remembered_by_kind_and_host) {
  follow({.providers = {provider("here")}, .jobs = {job("here")}});
  open_at("here");

  auto const providers = must(read_providers(Secret{database_.url()}));

  ASSERT_EQ(providers.size(), 1U);
  EXPECT_EQ(providers[0].name, "here");
  EXPECT_EQ(providers[0].kind, "polygon");
  EXPECT_EQ(providers[0].host, "api.here");
  EXPECT_EQ(providers[0].series, 1);
}

TEST_F(MovedJob, shows_its_bars_and_history_that_only_the_other_has) {
  follow({.providers = {provider("old")}, .jobs = {job("old")}});
  fill(open_at("old"), "14:30", 3, 1);

  follow({.providers = {provider("new")}, .jobs = {job("new")}});
  fill(open_at("new"), "14:32", 2, 2);

  EXPECT_EQ(shown(), "14:30=1 14:31=1 14:32=2 14:33=2 ");
  EXPECT_EQ(versions("FROM candled.bars('AAPL', '1m') ORDER BY ts DESC LIMIT 1"), (Rows{{"14:33", "2"}}));
  EXPECT_EQ(versions("FROM candled.latest_bars"), (Rows{{"14:33", "2"}}));
  EXPECT_EQ(versions("FROM candled.first_bars"), (Rows{{"14:30", "1"}}));
}

TEST_F(MovedJob, shows_the_last_bar_of_the_other_until_it_has_a_later_one) {
  follow({.providers = {provider("old")}, .jobs = {job("old")}});
  fill(open_at("old"), "14:30", 5, 1);

  follow({.providers = {provider("new")}, .jobs = {job("new")}});
  fill(open_at("new"), "14:30", 2, 2);

  EXPECT_EQ(shown(), "14:30=2 14:31=2 14:32=1 14:33=1 14:34=1 ");
  EXPECT_EQ(versions("FROM candled.latest_bars"), (Rows{{"14:34", "1"}}));
  EXPECT_EQ(versions("FROM candled.first_bars"), (Rows{{"14:30", "2"}}));
}

// Every way to read bars goes by the same series.
TEST_F(MovedJob, is_shown_by_every_function) {
  publish_sessions();
  follow({.providers = {provider("old")}, .jobs = {job("old"), job("old", {"AAPL"}, Timeframe::d1)}});
  fill_days(open_at("old", "AAPL", {}, Timeframe::d1), {"2024-01-02", "2024-01-03"}, 1);
  fill(open_at("old"), "14:30", 5, 1);
  follow({.providers = {provider("new")}, .jobs = {job("new"), job("new", {"AAPL"}, Timeframe::d1)}});
  fill_days(open_at("new", "AAPL", {}, Timeframe::d1), {"2024-01-03", "2024-01-04"}, 2);
  fill(open_at("new"), "14:33", 4, 2);

  auto const days = [](std::string const& complete) {
    return "SELECT " + complete +
           " FROM unnest('{2024-01-02,2024-01-03,2024-01-04,2024-01-05}'::date[]) AS day ORDER BY day";
  };
  EXPECT_EQ(rows(days("candled.is_complete('AAPL', '1d', day)")), (Rows{{"t"}, {"t"}, {"t"}, {"f"}}));
  EXPECT_EQ(
      rows("SELECT session_date, provider FROM candled.session_completeness c WHERE timeframe = '1d' AND "
           "is_shown "
           "AND state = 'complete' AND hash = candled.session_hash('AAPL', '1d', session_date) ORDER BY 1"),
      (Rows{{"2024-01-02", "old"}, {"2024-01-03", "new"}, {"2024-01-04", "new"}}));
  EXPECT_EQ(rows("SELECT open - 100 FROM candled.bars_adjusted('AAPL', '1d', '2024-01-01', '2024-02-01') "
                 "ORDER BY ts"),
            rows("SELECT open - 100 FROM candled.bars('AAPL', '1d') ORDER BY ts"));
  EXPECT_EQ(versions("FROM candled.bars_rollup('AAPL', '5m') ORDER BY ts"),
            (Rows{{"14:30", "1"}, {"14:35", "2"}}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars_asof(now()) a JOIN candled.bars b USING (ticker, "
                  "timeframe, ts, open)"),
            value("SELECT count(*) FROM candled.bars"));
  EXPECT_EQ(value("SELECT count(*) FROM candled.bars_asof(now())"),
            value("SELECT count(*) FROM candled.bars"));
}

// A dividend's factor needs the close of the day before, which only the old provider has.
TEST_F(MovedJob, adjusts_by_the_close_that_readers_see) {
  publish_sessions();
  follow({.providers = {provider("old")}, .jobs = {job("old", {"AAPL"}, Timeframe::d1)}});
  fill_days(open_at("old", "AAPL", {}, Timeframe::d1), {"2024-01-02", "2024-01-03"}, 1);
  auto const sql = std::string{
      "SELECT round(price_factor::numeric, 6) FROM candled.bars_adjusted('AAPL', '1d', '2024-01-01', "
      "'2024-02-01', "
      "'dividend') ORDER BY ts"};
  rows(
      "INSERT INTO candled.corporate_action (instrument_id, kind, ex_date, amount, source, source_id) "
      "VALUES (1, 'dividend', '2024-01-04', 1, 'file', 'one')");
  auto const before = rows(sql);

  follow({.providers = {provider("new")}, .jobs = {job("new", {"AAPL"}, Timeframe::d1)}});
  fill_days(open_at("new", "AAPL", {}, Timeframe::d1), {"2024-01-04"}, 2);
  auto after = rows(sql);

  ASSERT_EQ(before.size(), 2U);
  EXPECT_NE(before[0], (std::vector<std::string>{"1.000000"}));
  ASSERT_EQ(after.size(), 3U);
  after.pop_back();
  EXPECT_EQ(after, before);
}

TEST_F(MovedJob, has_the_changes_of_the_bars_that_are_shown) {
  follow({.providers = {provider("old")}, .jobs = {job("old")}});
  auto const old = open_at("old");
  fill(old, "14:30", 2, 1);
  fill(old, "14:30", 2, 2);
  follow({.providers = {provider("new")}, .jobs = {job("new")}});
  fill(open_at("new"), "14:31", 1, 3);

  auto const changes =
      must(read_bar_changes(Secret{database_.url()}, {.ticker = "AAPL",
                                                      .timeframe = "1m",
                                                      .during = minutes_from("2024-01-02T14:00:00Z", 60),
                                                      .limit = 10}));

  ASSERT_EQ(changes.size(), 1U) << "the new provider never changed its bar of 14:31";
  EXPECT_EQ(changes[0].ts, at("2024-01-02T14:30:00Z"));
}

TEST_F(MovedJob, back_again_is_shown_as_it_was_and_beyond) {
  follow({.providers = {provider("a")}, .jobs = {job("a")}});
  fill(open_at("a"), "14:30", 2, 1);
  follow({.providers = {provider("b")}, .jobs = {job("b")}});
  fill(open_at("b"), "14:30", 4, 2);

  follow({.providers = {provider("a")}, .jobs = {job("a")}});

  EXPECT_EQ(shown(), "14:30=1 14:31=1 14:32=2 14:33=2 ");
  EXPECT_EQ(rows("SELECT provider, is_primary, wanted_until IS NULL FROM candled.series ORDER BY series_id"),
            (Rows{{"a", "t", "t"}, {"b", "f", "f"}}));
}

TEST_F(MovedJob, is_the_first_one_of_the_configuration_whichever_asks_first) {
  follow({.providers = {provider("a"), provider("b")}, .jobs = {job("a"), job("b")}});

  fill(open_at("b", "AAPL", {"AAPL"}), "14:30", 1, 2);
  auto const before = shown();
  fill(open_at("a"), "14:30", 1, 1);
  for (int minute = 0; minute < 3; ++minute) {
    open_at("b", "AAPL", {"AAPL"});
    open_at("a");
  }

  EXPECT_EQ(before, "") << "readers of one configuration see the same, whatever was run first";
  EXPECT_EQ(shown(), "14:30=1 ");
  EXPECT_EQ(rows("SELECT provider, is_primary, shown_until FROM candled.series ORDER BY provider"),
            (Rows{{"a", "t", "NULL"}, {"b", "f", "NULL"}}));
}

TEST_F(MovedJob, is_not_undone_by_a_daemon_of_the_old_configuration) {
  follow({.providers = {provider("a"), provider("b")}, .jobs = {job("a"), job("b")}});
  fill(open_at("a"), "14:30", 1, 1);
  fill(open_at("b", "AAPL", {"AAPL"}), "14:30", 1, 2);

  follow({.providers = {provider("a"), provider("b")}, .jobs = {job("b"), job("a")}});
  open_at("a");
  open_at("b", "AAPL", {"AAPL"});

  EXPECT_EQ(shown(), "14:30=2 ");
}

TEST_F(MovedJob, shows_computed_bars_where_no_job_collects_them) {
  auto with_rollups = job("minutes");
  with_rollups.rollups = {Timeframe::m5};
  auto asked = query({"AAPL"});
  asked.provider = "minutes";
  asked.rollups = {Timeframe::m5};
  Collection const both{.providers = {provider("minutes"), provider("given")},
                        .jobs = {with_rollups, job("given", {"AAPL"}, Timeframe::m5)}};
  follow(both);
  must(await(store_.open_series(asked)));
  open_at("given", "AAPL", {}, Timeframe::m5);
  auto const primary =
      std::string{"SELECT provider FROM candled.series WHERE timeframe = '5m' AND is_primary"};

  auto const with_both = value(primary);
  follow({.providers = {provider("minutes")}, .jobs = {with_rollups}});
  auto const without_given = value(primary);
  follow(both);

  EXPECT_EQ(with_both, "given");
  EXPECT_EQ(without_given, "minutes from 1m");
  EXPECT_EQ(value(primary), "given");
}

}  // namespace
}  // namespace candled::test
