// Brings a database's schema to what this candled needs. Blocking: for commands, not for the loop.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace candled {

class PgConnection;

struct MigrateOptions {
  // How long another `candled migrate` on the same database is waited for.
  std::chrono::milliseconds deadline{60'000};
};

struct MigrationReport {
  int from = 0;                      // version found; 0: no schema
  int to = 0;                        // version now
  std::vector<std::string> applied;  // names of the migrations, oldest first
  bool has_roles = false;            // the server has candled_owner, _migrate, _ingest and _read
};

// Applies what is missing, each migration in a transaction of its own, so that being killed leaves one
// version or the next. Of several at once one works and the others wait for it. Nothing to do is success.
// Errors: schema_mismatch (the database is newer than this candled, or had other migrations than ours),
// db_unavailable (unreachable, or the deadline passed: `what` names who holds the lock), db_denied (the user
// may not change the schema), db_refused.
Result<MigrationReport> migrate(Secret const& url, MigrateOptions options = {});

// The SQL that migrate() would run now, empty when there is nothing to do. Changes nothing. The same errors.
Result<std::string> migration_sql(Secret const& url);

// Whether the database has exactly the schema that this candled needs; schema_mismatch says what to do when
// not.
Result<void> check_schema(Secret const& url);
// The same on a connection that stands; throws as libpqxx does.
Result<void> check_schema(PgConnection& connection);

}  // namespace candled
