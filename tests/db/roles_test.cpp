// Who may do what (schema/roles.sql): what each role needs, and what it must not do.
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>

#include "store/migrator.hpp"
#include "support/postgres.hpp"

namespace candled::test {
namespace {

constexpr char denied[] = "42501";
constexpr char done[] = "00000";

// What becomes of `sql`: its SQLSTATE; the whole message where there is no connection.
std::string outcome(std::string const& url, std::string const& sql) {
  std::unique_ptr<PGconn, void (*)(PGconn*)> const connection{PQconnectdb(url.c_str()), PQfinish};
  if (PQstatus(connection.get()) != CONNECTION_OK) return PQerrorMessage(connection.get());
  std::unique_ptr<PGresult, void (*)(PGresult*)> const result{PQexec(connection.get(), sql.c_str()), PQclear};
  char const* const sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  return sqlstate == nullptr ? done : sqlstate;
}

// A statement that a role must not get through.
struct Forbidden {
  char const* role;
  char const* sql;
};

class Roles : public testing::Test {
 protected:
  std::string as(std::string const& role) const { return with_option(database_.url(), "user", role); }

  TempDatabase database_;
};

class MustNot : public Roles, public testing::WithParamInterface<Forbidden> {};

TEST_P(MustNot, and_is_told_42501) {
  auto const& [role, sql] = GetParam();
  rows(database_.url(), "SELECT candled.ensure_bar_partitions('2024-01-01Z', '2024-01-01Z')");

  EXPECT_EQ(outcome(as(role), sql), denied) << role << ": " << sql;
  EXPECT_EQ(outcome(database_.url(), std::string{"BEGIN; "} + sql + "; ROLLBACK"), done)
      << "it is forbidden, not wrong";
}

INSTANTIATE_TEST_SUITE_P(
    Ingest, MustNot,
    testing::Values(Forbidden{"candled_ingest", "CREATE TABLE candled.mine (x int4)"},
                    Forbidden{"candled_ingest", "CREATE TABLE public.mine (x int4)"},
                    Forbidden{"candled_ingest", "DROP TABLE candled.bar CASCADE"},
                    Forbidden{"candled_ingest", "ALTER TABLE candled.bar ADD COLUMN x int4"},
                    Forbidden{"candled_ingest", "ALTER TABLE candled.bar DETACH PARTITION candled.bar_2024"},
                    Forbidden{"candled_ingest", "DROP TABLE candled.bar_2024"},
                    Forbidden{"candled_ingest", "CREATE INDEX ON candled.bar (ts)"},
                    Forbidden{"candled_ingest", "TRUNCATE candled.bar"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.bar"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.bar_2024"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.series"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.gap"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.settled"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.bar_revision"},
                    Forbidden{"candled_ingest", "UPDATE candled.bar_revision SET close = 1"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.coverage_log"},
                    Forbidden{"candled_ingest", "UPDATE candled.coverage_log SET covered_at = now()"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.rejected_bar"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.ingest_batch"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.backfill_request"},
                    Forbidden{"candled_ingest", "DELETE FROM candled.schema_migration"},
                    Forbidden{"candled_ingest",
                              "UPDATE candled.schema_migration SET sha256 = repeat('0', 64)"},
                    Forbidden{"candled_ingest", "SELECT candled.give_rights()"},
                    Forbidden{"candled_ingest", "COMMENT ON TABLE candled.bar IS 'mine'"},
                    Forbidden{"candled_ingest", "SET ROLE candled_owner"},
                    Forbidden{"candled_ingest", "CREATE ROLE candled_test_mine"}));

INSTANTIATE_TEST_SUITE_P(
    Read, MustNot,
    testing::Values(Forbidden{"candled_read", "INSERT INTO candled.instrument DEFAULT VALUES"},
                    Forbidden{"candled_read", "UPDATE candled.bar SET close = 1"},
                    Forbidden{"candled_read", "DELETE FROM candled.bar"},
                    Forbidden{"candled_read", "DELETE FROM candled.budget_place"},
                    Forbidden{"candled_read", "SELECT * FROM candled.series FOR UPDATE"},
                    Forbidden{"candled_read",
                              "SELECT candled.ensure_bar_partitions('2031-01-01Z', '2031-01-01Z')"},
                    Forbidden{"candled_read", "SELECT * FROM candled.drop_expired_bars()"},
                    Forbidden{"candled_read", "SELECT candled.recount_sessions('{1}')"},
                    Forbidden{"candled_read", "CREATE VIEW candled.mine AS SELECT 1"},
                    Forbidden{"candled_read", "DROP VIEW candled.bars CASCADE"},
                    Forbidden{"candled_read", "SET ROLE candled_ingest"}));

INSTANTIATE_TEST_SUITE_P(Migrate, MustNot,
                         testing::Values(Forbidden{"candled_migrate", "CREATE ROLE candled_test_mine"},
                                         Forbidden{"candled_migrate", "CREATE SCHEMA mine"},
                                         Forbidden{"candled_migrate", "SELECT * FROM pg_authid"},
                                         Forbidden{"candled_migrate", "ALTER ROLE candled_read SUPERUSER"},
                                         Forbidden{"candled_migrate",
                                                   "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null'"}));

// What stores of bars do is shown by all tests of the store, whole commands by those in end_to_end: they log
// in as candled_ingest. What is left is what it may delete.
TEST_F(Roles, ingest_deletes_what_is_of_the_present_only) {
  auto const may_delete = rows(database_.url(), R"(
    SELECT relname FROM pg_class
    WHERE relnamespace = 'candled'::regnamespace AND relkind IN ('r', 'p', 'v')
      AND has_table_privilege('candled_ingest', oid, 'DELETE') ORDER BY 1)");

  EXPECT_EQ(
      may_delete,
      (Rows{{"budget_place"}, {"job_progress"}, {"market_session"}, {"rollup_dirty"}, {"series_session"}}));
}

TEST_F(Roles, read_reads_everything) {
  auto const relations = rows(database_.url(), R"(
    SELECT oid::regclass FROM pg_class
    WHERE relnamespace = 'candled'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition)");

  EXPECT_GT(relations.size(), 20U);
  for (auto const& relation : relations)
    EXPECT_EQ(outcome(as("candled_read"), "SELECT * FROM " + relation[0]), done) << relation[0];
  EXPECT_EQ(outcome(as("candled_read"), "SELECT * FROM candled.bars('AAPL', '1d')"), done);
  EXPECT_EQ(outcome(as("candled_read"), "SELECT * FROM candled.bars_asof(now())"), done);
  EXPECT_EQ(outcome(as("candled_read"), "LISTEN candled_session"), done);
}

TEST_F(Roles, the_owner_cannot_log_in) {
  EXPECT_TRUE(outcome(as("candled_owner"), "SELECT 1").contains("not permitted to log in"));
}

TEST_F(Roles, what_migrate_makes_belongs_to_the_owner) {
  EXPECT_EQ(outcome(as("candled_migrate"), "CREATE TABLE candled.made (x int4)"), done);

  EXPECT_EQ(value(database_.url(), "SELECT relowner::regrole FROM pg_class WHERE relname = 'made'"),
            "candled_owner");
}

TEST_F(Roles, everything_belongs_to_the_owner) {
  rows(as("candled_ingest"), "SELECT candled.ensure_bar_partitions('2031-01-01Z', '2031-01-01Z')");

  // A multirange's owner cannot be changed, and there is nothing that could be done with it.
  EXPECT_EQ(rows(database_.url(), R"(
    SELECT relname::text FROM pg_class WHERE relnamespace = 'candled'::regnamespace AND relowner <> 'candled_owner'::regrole
    UNION ALL
    SELECT proname FROM pg_proc p WHERE pronamespace = 'candled'::regnamespace AND proowner <> 'candled_owner'::regrole
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'i')
    UNION ALL
    SELECT nspname FROM pg_namespace WHERE nspname = 'candled' AND nspowner <> 'candled_owner'::regrole)"),
            Rows{})
      << "a migration ends with SELECT candled.give_rights()";
}

// Whoever may make something in a schema of the search path could put a function of theirs in place of one
// that the owner calls.
TEST_F(Roles, functions_with_the_rights_of_the_owner_look_for_names_where_nobody_can_put_any) {
  auto const of_the_owner = rows(database_.url(), R"(
    SELECT proname, array_to_string(proconfig, ' '), has_function_privilege('candled_read', oid, 'EXECUTE')
    FROM pg_proc WHERE pronamespace = 'candled'::regnamespace AND prosecdef ORDER BY 1)");

  EXPECT_EQ(of_the_owner,
            (Rows{{"drop_expired_bars", "search_path=pg_catalog, pg_temp lock_timeout=500ms", "f"},
                  {"ensure_bar_partitions", "search_path=pg_catalog, pg_temp", "f"}}));
}

TEST_F(Roles, ingest_does_not_migrate_and_is_told_who_does) {
  rows(database_.url(),
       "DELETE FROM candled.schema_migration WHERE version = (SELECT max(version) FROM "
       "candled.schema_migration)");

  auto const report = migrate(Secret{as("candled_ingest")});

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::db_denied);
  EXPECT_TRUE(report.error().what.contains("(SQLSTATE 42501)")) << report.error().what;
  EXPECT_TRUE(report.error().what.ends_with(
      "to migrate, log in as candled_migrate or as the owner of the schema candled"))
      << report.error().what;
}

// A server on which nobody has made the roles: they belong to the whole of it.
class FreshServer : public testing::Test {
 protected:
  void run(std::string const& sql) const { rows(cluster_.url(), sql); }
  std::string in(std::string const& database, std::string const& user) const {
    return with_option(with_option(cluster_.url(), "dbname", database), "user", user);
  }

  PrivateCluster cluster_;
};

constexpr char owner_of_bar[] = "SELECT relowner::regrole FROM pg_class WHERE relname = 'bar'";

TEST_F(FreshServer, who_may_not_make_roles_has_a_database_without_them_until_they_are_made) {
  run("CREATE ROLE plain LOGIN");
  run("CREATE DATABASE plain OWNER plain");

  auto const report = migrate(Secret{in("plain", "plain")});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_FALSE(report->has_roles);
  EXPECT_EQ(value(in("plain", "plain"), owner_of_bar), "plain");
  EXPECT_EQ(value(in("plain", "plain"), "SELECT candled.give_rights()"), "f");

  // What docs/operations.md tells the administrator to do.
  run("ALTER ROLE plain CREATEROLE");
  EXPECT_EQ(value(in("plain", "plain"), "SELECT candled.give_rights()"), "t");
  run("ALTER ROLE plain NOCREATEROLE");

  EXPECT_TRUE(migrate(Secret{in("plain", "plain")})->has_roles);
  EXPECT_EQ(value(in("plain", "plain"), owner_of_bar), "candled_owner");
  EXPECT_EQ(outcome(in("plain", "candled_ingest"), "SELECT candled.ensure_bar_partitions(now(), now())"),
            done);
  EXPECT_EQ(outcome(in("plain", "candled_ingest"), "DELETE FROM candled.bar"), denied);
  EXPECT_EQ(outcome(in("plain", "candled_read"), "SELECT * FROM candled.bars"), done);
}

TEST_F(FreshServer, later_databases_use_the_roles_that_are_there) {
  run("CREATE DATABASE first");
  ASSERT_TRUE(migrate(Secret{in("first", "postgres")})->has_roles);
  run("CREATE ROLE plain LOGIN");
  run("CREATE DATABASE others OWNER plain");
  run("CREATE DATABASE ours");
  run("GRANT CREATE ON DATABASE ours TO candled_owner");

  auto const others = migrate(Secret{in("others", "plain")});
  auto const ours = migrate(Secret{in("ours", "candled_migrate")});

  ASSERT_TRUE(others) << others.error().what;
  ASSERT_TRUE(ours) << ours.error().what;
  EXPECT_EQ(value(in("others", "plain"), owner_of_bar), "plain")
      << "who is no member of the owner keeps what they made";
  EXPECT_EQ(value(in("ours", "candled_migrate"), owner_of_bar), "candled_owner");
  for (auto const* const database : {"others", "ours"}) {
    EXPECT_EQ(outcome(in(database, "candled_ingest"), "SELECT candled.ensure_bar_partitions(now(), now())"),
              done);
    EXPECT_EQ(outcome(in(database, "candled_read"), "SELECT * FROM candled.bars"), done);
    EXPECT_EQ(outcome(in(database, "candled_read"), "DELETE FROM candled.bar"), denied);
  }
}

}  // namespace
}  // namespace candled::test
