#include "store/migrator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <string>
#include <vector>

#include "store/migrations.hpp"
#include "support/postgres.hpp"
#include "support/process.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

// The whole schema as SQL, in an order that does not depend on how it was made.
std::string dump(std::string const& url) {
  auto const finished = run({"pg_dump", "--schema-only", "--no-owner", "--dbname=" + url});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  std::string text;
  for (std::size_t from = 0; from < finished.output.size();) {
    auto const end = finished.output.find('\n', from);
    auto const line = finished.output.substr(from, end - from);
    // A random key of this dump, against commands smuggled into it.
    if (!line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")) text += line + "\n";
    from = end + 1;
  }
  return text;
}

int newest() {
  return static_cast<int>(embedded_migrations().size());
}

TEST(Migrator, brings_an_empty_database_to_the_newest_schema) {
  auto const database = TempDatabase::empty();
  Secret const url{database.url()};

  auto const report = migrate(url);

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->from, 0);
  EXPECT_EQ(report->to, newest());
  EXPECT_EQ(report->applied.size(), embedded_migrations().size());
  EXPECT_EQ(report->applied.front(), "0001_series.sql");
  EXPECT_TRUE(check_schema(url));
}

TEST(Migrator, does_nothing_when_nothing_is_to_be_done) {
  TempDatabase const database;

  auto const report = migrate(Secret{database.url()});

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->from, newest());
  EXPECT_TRUE(report->applied.empty());
}

TEST(Migrator, migrations_make_what_schema_says) {
  auto const migrated = TempDatabase::empty();
  auto const described = TempDatabase::empty();
  ASSERT_TRUE(migrate(Secret{migrated.url()}));

  auto const applied = run({"psql", "-X", "-q", "-f", CANDLED_SOURCE_DIR "/schema/all.sql", described.url()});

  ASSERT_EQ(applied.exit_code, 0) << applied.errors;
  EXPECT_EQ(dump(migrated.url()), dump(described.url()));
  EXPECT_NE(dump(migrated.url()).find("CREATE VIEW candled.bars"), std::string::npos);
}

TEST(Migrator, every_column_says_what_it_is) {
  TempDatabase const database;

  auto const silent = rows(database.url(), R"(
    SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'candled'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0
      AND col_description(c.oid, a.attnum) IS NULL)");
  auto const silent_tables = rows(database.url(), R"(
    SELECT relname FROM pg_class WHERE relnamespace = 'candled'::regnamespace AND relkind IN ('r', 'p', 'v')
      AND obj_description(oid, 'pg_class') IS NULL)");

  EXPECT_EQ(silent, Rows{});
  EXPECT_EQ(silent_tables, Rows{});
}

TEST(Migrator, embedded_text_is_the_file) {
  for (auto const& migration : embedded_migrations())
    EXPECT_EQ(migration.sql, read_file(CANDLED_SOURCE_DIR "/migrations/" + std::string{migration.name}));
}

TEST(Migrator, of_eight_at_once_one_works_and_all_succeed) {
  auto const database = TempDatabase::empty();
  Secret const url{database.url()};

  std::vector<std::future<Result<MigrationReport>>> starters;
  for (int i = 0; i < 8; ++i)
    starters.push_back(std::async(std::launch::async, [&] { return migrate(url); }));

  std::size_t worked = 0;
  for (auto& starter : starters) {
    auto const report = starter.get();
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->to, newest());
    if (!report->applied.empty()) ++worked;
  }
  EXPECT_EQ(worked, 1U);
}

TEST(Migrator, gives_up_waiting_at_its_deadline_and_names_the_holder) {
  auto const database = TempDatabase::empty();
  Process holder{{"psql", "-X", "-At", with_option(database.url(), "application_name", "a slow one"), "-c",
                  "SELECT pg_advisory_lock(x'63616e646c6564'::int8), 'locked'", "-c", "SELECT pg_sleep(60)"}};
  ASSERT_TRUE(holder.wait_for("locked")) << holder.errors();

  auto const report = migrate(Secret{database.url()}, {.deadline = 300ms});

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::db_unavailable);
  EXPECT_NE(report.error().what.find("(a slow one) for more than 300ms"), std::string::npos)
      << report.error().what;
}

TEST(Migrator, dry_run_shows_the_sql_and_changes_nothing) {
  auto const database = TempDatabase::empty();

  auto const sql = migration_sql(Secret{database.url()});

  ASSERT_TRUE(sql) << sql.error().what;
  EXPECT_TRUE(sql->starts_with("-- migrations/0001_series.sql\nBEGIN;")) << *sql;
  EXPECT_NE(sql->find("CREATE TABLE candled.series"), std::string::npos);
  EXPECT_EQ(value(database.url(), "SELECT count(*) FROM pg_namespace WHERE nspname = 'candled'"), "0");
}

TEST(Migrator, the_sql_of_a_dry_run_is_all_that_a_migration_does) {
  auto const database = TempDatabase::empty();
  Secret const url{database.url()};

  rows(database.url(), migration_sql(url).value());

  EXPECT_TRUE(check_schema(url));
  EXPECT_EQ(migration_sql(url).value(), "");
}

TEST(Migrator, dry_run_is_empty_when_nothing_is_to_be_done) {
  TempDatabase const database;

  EXPECT_EQ(migration_sql(Secret{database.url()}).value(), "");
}

// What is done to a good database, and what must be said of it then.
struct Mismatch {
  char const* sql;
  char const* what;
};

class SchemaMismatch : public testing::TestWithParam<Mismatch> {};

TEST_P(SchemaMismatch, is_refused_by_all_and_changes_nothing) {
  TempDatabase const database;
  Secret const url{database.url()};
  rows(database.url(), GetParam().sql);
  auto const before = rows(database.url(), "SELECT * FROM candled.schema_migration ORDER BY version");

  auto const migrated = migrate(url);
  auto const shown = migration_sql(url);
  auto const checked = check_schema(url);

  ASSERT_FALSE(migrated || shown || checked);
  for (auto const& error : {migrated.error(), shown.error(), checked.error()}) {
    EXPECT_EQ(error.kind, ErrorKind::schema_mismatch);
    EXPECT_NE(error.what.find(GetParam().what), std::string::npos) << error.what;
  }
  EXPECT_EQ(rows(database.url(), "SELECT * FROM candled.schema_migration ORDER BY version"), before);
}

INSTANTIATE_TEST_SUITE_P(
    Migrator, SchemaMismatch,
    testing::Values(
        Mismatch{"INSERT INTO candled.schema_migration VALUES (99, '0099_later.sql', repeat('0', 64))",
                 "the database has schema version 99, this candled (0.1.0) knows versions up to"},
        Mismatch{"UPDATE candled.schema_migration SET sha256 = repeat('0', 64) WHERE version = 2",
                 "migration 2 was 0002_bars.sql with SHA-256 000000000000… when the database had it"},
        Mismatch{"UPDATE candled.schema_migration SET name = '0001_other.sql' WHERE version = 1",
                 "migration 1 was 0001_other.sql"},
        Mismatch{"DELETE FROM candled.schema_migration WHERE version = 1",
                 "the database had migration 2 (0002_bars.sql), but never 1 (0001_series.sql)"}));

TEST(CheckSchema, asks_for_migrate_when_there_is_no_schema) {
  auto const database = TempDatabase::empty();

  auto const checked = check_schema(Secret{database.url()});

  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::schema_mismatch);
  EXPECT_EQ(checked.error().what, "the database has no candled schema yet: run `candled migrate`");
}

TEST(CheckSchema, asks_for_migrate_when_the_schema_is_older) {
  TempDatabase const database;
  rows(database.url(), "DELETE FROM candled.schema_migration WHERE version = " + std::to_string(newest()));

  auto const checked = check_schema(Secret{database.url()});

  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::schema_mismatch);
  EXPECT_NE(checked.error().what.find("run `candled migrate`"), std::string::npos) << checked.error().what;
}

TEST(Migrator, failed_migration_leaves_nothing_of_itself) {
  auto const database = TempDatabase::empty();
  // What 0002 wants to make is there already: it fails in the middle, after 0001 has been committed.
  rows(database.url(),
       "CREATE FUNCTION fail() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN "
       "IF EXISTS (SELECT FROM pg_class WHERE relname = 'bar_revision') THEN RAISE 'disk on fire'; END IF; "
       "END $$");
  rows(database.url(), "CREATE EVENT TRIGGER fail ON ddl_command_end EXECUTE FUNCTION fail()");

  auto const report = migrate(Secret{database.url()});

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::db_refused);
  EXPECT_EQ(report.error().what,
            "migration 0002_bars.sql: database: disk on fire (SQLSTATE P0001); nothing of it was applied");
  EXPECT_EQ(value(database.url(), "SELECT max(version) FROM candled.schema_migration"), "1");
  EXPECT_EQ(value(database.url(), "SELECT count(*) FROM pg_class WHERE relname = 'bar'"), "0");
}

}  // namespace
}  // namespace candled::test
