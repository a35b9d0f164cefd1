#include "store/migrator.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <thread>

#include "core/failpoint.hpp"
#include "core/time.hpp"
#include "store/migrations.hpp"
#include "store/pg_connection.hpp"

namespace candled {

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// "candled" in ASCII. A session's lock, not a transaction's: it is held over all migrations and goes with us.
constexpr char try_lock_sql[] = "SELECT pg_try_advisory_lock(x'63616e646c6564'::int8)";

constexpr char holder_sql[] = R"(
  SELECT a.pid, coalesce(nullif(a.application_name, ''), 'an unnamed program')
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.classid::int8 << 32) + l.objid::int8 = x'63616e646c6564'::int8)";

constexpr char exists_sql[] = "SELECT to_regclass('candled.schema_migration') IS NOT NULL";
constexpr char applied_sql[] = "SELECT version, name, sha256 FROM candled.schema_migration ORDER BY version";
constexpr char record_sql[] =
    "INSERT INTO candled.schema_migration (version, name, sha256) VALUES ($1, $2, $3)";

// Made by candled.give_rights() where the user who migrates may make roles (schema/roles.sql).
constexpr char has_roles_sql[] = R"(
  SELECT count(*) = 4 FROM pg_roles
  WHERE rolname IN ('candled_owner', 'candled_migrate', 'candled_ingest', 'candled_read'))";

// A migration waits for running queries rather than queueing everyone behind itself, and ends some time.
constexpr char limits_sql[] = "SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '5min'";

struct Applied {
  int version;
  std::string name;
  std::string sha256;
};

std::vector<Applied> read_applied(PgConnection& connection) {
  pqxx::work work{connection.session()};
  std::vector<Applied> applied;
  if (!work.exec1(exists_sql)[0].as<bool>()) return applied;
  for (auto const& row : work.exec(applied_sql))
    applied.push_back({row[0].as<int>(), row[1].as<std::string>(), row[2].as<std::string>()});
  return applied;
}

int newest_known() {
  return static_cast<int>(embedded_migrations().size());
}

// Whether what the database had is what we would have given it.
Result<void> check_history(std::vector<Applied> const& applied) {
  if (!applied.empty() && applied.back().version > newest_known())
    return fail(ErrorKind::schema_mismatch,
                fmt::format("the database has schema version {}, this candled ({}) knows versions up to {}: "
                            "install the newer candled that migrated it",
                            applied.back().version, CANDLED_VERSION, newest_known()));
  int expected = 0;
  for (auto const& [version, name, sha256] : applied) {
    auto const& ours = embedded_migrations()[static_cast<std::size_t>(expected++)];
    if (version != expected)
      return fail(
          ErrorKind::schema_mismatch,
          fmt::format("the database had migration {} ({}), but never {} ({}): restore a backup, or apply "
                      "what is missing by hand",
                      version, name, ours.version, ours.name));
    if (name != ours.name || sha256 != ours.sha256)
      return fail(
          ErrorKind::schema_mismatch,
          fmt::format("migration {} was {} with SHA-256 {}… when the database had it, here it is {} with "
                      "{}…: this candled was built from other migrations than those applied",
                      version, name, sha256.substr(0, 12), ours.name, ours.sha256.substr(0, 12)));
  }
  return {};
}

std::span<Migration const> pending(std::vector<Applied> const& applied) {
  return embedded_migrations().subspan(applied.size());
}

std::string holder(PgConnection& connection) {
  pqxx::work work{connection.session()};
  auto const rows = work.exec(holder_sql);
  if (rows.empty()) return "another candled migrate";
  return fmt::format("process {} ({})", rows[0][0].c_str(), rows[0][1].c_str());
}

// Asks again and again: waiting inside the server would block migrations that must wait for old snapshots.
Result<void> lock(PgConnection& connection, std::chrono::milliseconds limit) {
  auto const deadline = SteadyClock::now() + limit;
  for (;;) {
    {
      pqxx::work work{connection.session()};
      bool const locked = work.exec1(try_lock_sql)[0].as<bool>();
      work.commit();
      if (locked) return {};
    }
    if (SteadyClock::now() >= deadline)
      return fail(
          ErrorKind::db_unavailable,
          fmt::format("the database is being migrated by {} for more than {}: wait for it, or end it with "
                      "pg_terminate_backend",
                      holder(connection), to_string(limit)));
    std::this_thread::sleep_for(100ms);
  }
}

void apply(PgConnection& connection, Migration const& migration) {
  pqxx::work work{connection.session()};
  work.exec(limits_sql);
  work.exec(std::string{migration.sql});
  work.exec_params(record_sql, migration.version, std::string{migration.name}, std::string{migration.sha256});
  failpoint("migrate_before_commit");
  work.commit();
  failpoint("migrate_after_commit");
}

// Opens a connection and does `work` with it; what libpqxx throws becomes an Error.
template <class Work>
auto with_connection(Secret const& url, Work const& work) -> decltype(work(std::declval<PgConnection&>())) {
  auto const connection = PgConnection::open(url);
  if (!connection) return std::unexpected(connection.error());
  try {
    return work(**connection);
  } catch (std::exception const&) {
    return std::unexpected(current_error(**connection));
  }
}

Result<MigrationReport> migrate_on(PgConnection& connection, MigrateOptions options) {
  if (auto const locked = lock(connection, options.deadline); !locked) return std::unexpected(locked.error());
  auto const applied = read_applied(connection);
  if (auto const known = check_history(applied); !known) return std::unexpected(known.error());
  MigrationReport report{.from = static_cast<int>(applied.size()), .to = newest_known()};
  for (auto const& migration : pending(applied)) {
    try {
      apply(connection, migration);
    } catch (std::exception const&) {
      auto error = current_error(connection);
      error.what = fmt::format("migration {}: {}; nothing of it was applied", migration.name, error.what);
      if (error.kind == ErrorKind::db_denied)
        error.what += "; to migrate, log in as candled_migrate or as the owner of the schema candled";
      return std::unexpected(std::move(error));
    }
    report.applied.emplace_back(migration.name);
  }
  pqxx::work work{connection.session()};
  report.has_roles = work.exec1(has_roles_sql)[0].as<bool>();
  return report;
}

}  // namespace

Result<MigrationReport> migrate(Secret const& url, MigrateOptions options) {
  return with_connection(url, [&](PgConnection& connection) { return migrate_on(connection, options); });
}

Result<std::string> migration_sql(Secret const& url) {
  return with_connection(url, [](PgConnection& connection) -> Result<std::string> {
    auto const applied = read_applied(connection);
    if (auto const known = check_history(applied); !known) return std::unexpected(known.error());
    std::string sql;
    for (auto const& migration : pending(applied))
      sql += fmt::format(
          "-- migrations/{}\nBEGIN;\n{}INSERT INTO candled.schema_migration (version, name, sha256) VALUES "
          "({}, '{}', "
          "'{}');\nCOMMIT;\n",
          migration.name, migration.sql, migration.version, migration.name, migration.sha256);
    return sql;
  });
}

Result<void> check_schema(Secret const& url) {
  return with_connection(url, [](PgConnection& connection) { return check_schema(connection); });
}

Result<void> check_schema(PgConnection& connection) {
  auto const applied = read_applied(connection);
  if (auto const known = check_history(applied); !known) return known;
  if (applied.empty())
    return fail(ErrorKind::schema_mismatch, "the database has no candled schema yet: run `candled migrate`");
  if (static_cast<int>(applied.size()) < newest_known())
    return fail(ErrorKind::schema_mismatch,
                fmt::format("the database has schema version {}, this candled needs {}: "
                            "run `candled migrate`",
                            applied.size(), newest_known()));
  return {};
}

}  // namespace candled
