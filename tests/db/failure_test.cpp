// What the world does to a store: lost connections, lost replies, servers that are down, refusals.
#include <utility>

#include "store/migrator.hpp"
#include "store_fixture.hpp"
#include "support/pg_proxy.hpp"

namespace candled::test {
namespace {

using FailureTest = StoreTest;

// The reply to COMMIT is lost, with the transaction done or not: the same call again gives the same table.
class LostReply : public StoreTest, public testing::WithParamInterface<PgProxy::Cut> {
 protected:
  static bool was_done() { return GetParam() == PgProxy::Cut::after_commit; }

  PgProxy proxy_{database_.url()};
  PgBarStore far_store_{Secret{proxy_.url()}, 1};
};

TEST_P(LostReply, of_a_load_is_in_doubt_and_the_load_can_be_done_again) {
  auto const series = open();
  auto const page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 100));
  must(await(far_store_.load(minutes(series.id, minutes_from("2024-01-02T10:00:00Z", 1)))));
  proxy_.cut_next(GetParam());

  auto const lost = await(far_store_.load(page));
  auto const again = must(await(far_store_.load(page)));

  ASSERT_EQ(proxy_.cuts(), 1);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::db_in_doubt);
  EXPECT_EQ(again.inserted, was_done() ? 0 : 100);
  EXPECT_EQ(again.unchanged, was_done() ? 100 : 0);
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT ts) FROM candled.bar"), (Rows{{"101", "101"}}));
}

TEST_P(LostReply, of_a_parked_window_counts_one_attempt) {
  auto const series = open();
  std::vector<FailedWindow> const failed{{.series = series.id,
                                          .range = minutes_from("2024-01-02T14:30:00Z", 5),
                                          .reason = GapReason::fetch_failed,
                                          .detail = "no answer",
                                          .failed_at = at("2024-06-01T00:00:00Z")}};
  proxy_.cut_next(GetParam());

  auto const lost = await(far_store_.park(failed));
  must(await(far_store_.park(failed)));

  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::db_in_doubt);
  EXPECT_EQ(rows("SELECT attempts, next_try_at FROM candled.gap"), (Rows{{"1", "2024-06-01 00:10:00+00"}}));
}

TEST_P(LostReply, of_a_run_and_a_batch_makes_one_row_of_each) {
  proxy_.cut_next(GetParam());
  auto const lost_run = await(far_store_.begin_run("once", "0.1.0"));
  auto const run = must(await(far_store_.begin_run("once", "0.1.0")));
  BatchRecord const batch{.started_at = at("2024-06-01T00:00:00Z"), .run = run, .job = "us", .outcome = "ok"};
  proxy_.cut_next(GetParam());
  auto const lost_batch = await(far_store_.record_batch(batch));
  must(await(far_store_.record_batch(batch)));

  EXPECT_EQ(lost_run.error().kind, ErrorKind::db_in_doubt);
  EXPECT_EQ(lost_batch.error().kind, ErrorKind::db_in_doubt);
  EXPECT_EQ(value("SELECT count(*) FROM candled.ingest_run"), "1");
  EXPECT_EQ(value("SELECT count(*) FROM candled.ingest_batch"), "1");
}

TEST_P(LostReply, of_open_series_registers_once) {
  proxy_.cut_next(GetParam());

  auto const lost = await(far_store_.open_series(query({"AAPL"})));
  auto const found = must(await(far_store_.open_series(query({"AAPL"}))));

  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::db_in_doubt);
  EXPECT_EQ(found.size(), 1U);
  EXPECT_EQ(value("SELECT count(*) FROM candled.instrument"), "1");
}

// What a load adds beside its bars is added once too.
TEST_P(LostReply, of_a_load_counts_its_bars_and_coverage_once) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 100));
  page.slices[0].settled = {{.after = std::chrono::minutes{15}, .during = page.slices[0].proven}};
  must(await(far_store_.load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 1), 1))));
  proxy_.cut_next(GetParam());

  auto const lost = await(far_store_.load(page));
  must(await(far_store_.load(page)));

  ASSERT_FALSE(lost);
  EXPECT_EQ(rows("SELECT bars, encode(hash, 'hex') = candled.session_hash('AAPL', '1m', session_date) "
                 "FROM candled.series_session"),
            (Rows{{"100", "t"}}));
  EXPECT_EQ(
      rows("SELECT (SELECT count(*) FROM candled.coverage_log), (SELECT count(*) FROM candled.bar_revision), "
           "(SELECT count(*) FROM candled.settled)"),
      (Rows{{"2", "1", "1"}}));
}

INSTANTIATE_TEST_SUITE_P(FailureTest, LostReply,
                         testing::Values(PgProxy::Cut::before_commit, PgProxy::Cut::after_commit));

TEST_F(FailureTest, connection_ended_by_the_server_is_made_anew) {
  auto const series = open();
  rows(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'candled' "
      "AND datname = current_database()");
  auto const page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 3));

  auto const lost = await(store_.load(page));
  auto const again = load(page);

  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::db_unavailable);
  EXPECT_EQ(lost.error().what.find("encoding"), std::string::npos)
      << lost.error().what;  // libpqxx's red herring
  EXPECT_EQ(again.inserted, 3);
}

TEST_F(FailureTest, connection_ended_within_a_load_leaves_nothing_of_it) {
  auto const series = open();
  rows(R"(CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$)");
  rows("CREATE TRIGGER die BEFORE INSERT ON candled.bar FOR EACH ROW EXECUTE FUNCTION die()");
  auto const page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 3));

  auto const lost = await(store_.load(page));
  auto const left = rows("SELECT count(*) FROM candled.bar");
  auto const covered = open().covered;
  rows("DROP TRIGGER die ON candled.bar");
  auto const again = load(page);

  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::db_unavailable);
  EXPECT_EQ(left, (Rows{{"0"}}));
  EXPECT_TRUE(covered.empty());
  EXPECT_EQ(again.inserted, 3);
}

// Each class of error, raised by a trigger in the middle of a load.
struct Raised {
  char const* sqlstate;
  ErrorKind kind;
};

class RaisedWithinLoad : public StoreTest, public testing::WithParamInterface<Raised> {};

TEST_P(RaisedWithinLoad, ends_it_with_the_kind_of_its_class_and_leaves_nothing) {
  auto const series = open();
  rows(std::string{"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                   "RAISE EXCEPTION 'this is a drill' USING ERRCODE = '"} +
       GetParam().sqlstate + "'; END $$");
  rows("CREATE TRIGGER fail BEFORE UPDATE ON candled.series FOR EACH ROW EXECUTE FUNCTION fail()");

  auto const report = await(store_.load(minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 3))));

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, GetParam().kind);
  EXPECT_NE(report.error().what.find("this is a drill"), std::string::npos) << report.error().what;
  EXPECT_EQ(value("SELECT count(*) FROM candled.bar"), "0");
  EXPECT_TRUE(open().covered.empty());
}

INSTANTIATE_TEST_SUITE_P(
    FailureTest, RaisedWithinLoad,
    testing::Values(Raised{"40001", ErrorKind::db_unavailable}, Raised{"40P01", ErrorKind::db_unavailable},
                    Raised{"53100", ErrorKind::db_unavailable}, Raised{"55P03", ErrorKind::db_unavailable},
                    Raised{"57014", ErrorKind::db_unavailable}, Raised{"08006", ErrorKind::db_unavailable},
                    Raised{"22000", ErrorKind::db_refused}, Raised{"23505", ErrorKind::db_refused},
                    Raised{"42501", ErrorKind::db_denied}, Raised{"25006", ErrorKind::db_unavailable},
                    Raised{"XX000", ErrorKind::db_refused}));

// The answer of a store whose URL leads nowhere good.
Error opening(std::string const& url) {
  PgBarStore store{Secret{url}, 1};
  SeriesQuery const query{
      .provider = "test", .timeframe = Timeframe::m1, .tickers = {"AAPL"}, .wanted_from = {}, .now = {}};
  auto const series = await(store.open_series(query));
  return series ? Error{.kind = ErrorKind::stopped, .what = "it worked"} : series.error();
}

TEST_F(FailureTest, no_server_is_unavailable) {
  TempDir const nothing_here;

  auto const error = opening(with_option(database_.url(), "host", nothing_here.path()));

  EXPECT_EQ(error.kind, ErrorKind::db_unavailable);
  EXPECT_NE(error.what.find("is the server running?"), std::string::npos) << error.what;
}

TEST_F(FailureTest, missing_database_is_refused) {
  auto const error = opening(with_option(database_.url(), "dbname", "no_such_database"));

  EXPECT_EQ(error.kind, ErrorKind::db_refused);
  EXPECT_EQ(
      error.what,
      "database: database \"no_such_database\" does not exist (SQLSTATE 3D000): create it with createdb, "
      "or correct database.url");
}

TEST_F(FailureTest, missing_user_is_refused) {
  auto const error = opening(with_option(database_.url(), "user", "nobody_we_know"));

  EXPECT_EQ(error.kind, ErrorKind::db_denied);
  EXPECT_NE(error.what.find("role \"nobody_we_know\" does not exist (SQLSTATE 28000)"), std::string::npos)
      << error.what;
}

TEST_F(FailureTest, missing_schema_is_refused_and_says_what_to_do) {
  auto const database = TempDatabase::empty();

  auto const error = opening(database.url());

  EXPECT_EQ(error.kind, ErrorKind::db_refused);
  EXPECT_NE(error.what.find("run `candled migrate`"), std::string::npos) << error.what;
}

TEST_F(FailureTest, missing_permission_is_refused) {
  auto const role = database_.name() + "_reader";
  rows("CREATE ROLE " + role + " LOGIN");

  auto const error = opening(with_option(database_.url(), "user", role));

  EXPECT_EQ(error.kind, ErrorKind::db_denied);
  EXPECT_NE(error.what.find("permission denied for schema candled (SQLSTATE 42501)"), std::string::npos)
      << error.what;
  rows("DROP ROLE " + role);
}

TEST_F(FailureTest,
       database_that_takes_no_connections_is_unavailable_or_refused_never_shown_with_its_password) {
  for (auto const* url : {"postgresql://user:s3cret@%zz/x", "host=/nowhere password=s3cret", "s3cret",
                          "postgresql://user:s3cret@localhost:1/x", "host=/nowhere password='s3cret"}) {
    auto const error = opening(url);

    EXPECT_TRUE(error.kind == ErrorKind::db_unavailable || error.kind == ErrorKind::db_refused) << error.what;
    EXPECT_EQ(error.what.find("s3cret"), std::string::npos) << error.what;
  }
}

TEST(PrivateClusterTest, store_survives_a_crash_of_its_server) {
  PrivateCluster cluster;
  must(migrate(Secret{cluster.url()}));
  PgBarStore store{Secret{cluster.url()}, 1};
  SeriesQuery const query{.provider = "test",
                          .timeframe = Timeframe::m1,
                          .tickers = {"AAPL"},
                          .wanted_from = at("2024-01-01T00:00:00Z"),
                          .now = at("2024-06-01T00:00:00Z")};
  auto const series = must(await(store.open_series(query))).at(0);
  auto const first = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 100));
  auto const second = minutes(series.id, minutes_from("2024-01-02T17:30:00Z", 100));
  must(await(store.load(first)));

  cluster.crash();
  auto const down = await(store.load(second));
  auto const still_down = await(store.load(second));
  cluster.start();
  auto const report = must(await(store.load(second)));
  cluster.stop_immediate();
  cluster.start();
  cluster.stop();
  cluster.start();

  EXPECT_EQ(down.error().kind, ErrorKind::db_unavailable);
  EXPECT_EQ(still_down.error().kind, ErrorKind::db_unavailable);
  EXPECT_EQ(report.inserted, 100);
  EXPECT_EQ(rows(cluster.url(), "SELECT count(*), count(DISTINCT ts) FROM candled.bar"),
            (Rows{{"200", "200"}}));
}

}  // namespace
}  // namespace candled::test
