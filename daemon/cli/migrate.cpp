#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/publish_calendars.hpp"
#include "cli/work.hpp"
#include "store/migrator.hpp"

namespace candled {

namespace {

ExitCode print_sql(Config const& config) {
  auto const sql = migration_sql(config.database.url);
  if (!sql) {
    print_error(sql.error().what);
    return exit_code_of(sql.error().kind);
  }
  fmt::print("{}", sql->empty() ? std::string{"-- nothing to do: the schema is up to date\n"} : *sql);
  return ExitCode::done;
}

}  // namespace

ExitCode migrate_command(Config const& config, Options const& options) {
  if (options.dry_run) return print_sql(config);
  auto const report = migrate(config.database.url);
  if (!report) {
    print_error(report.error().what);
    return exit_code_of(report.error().kind);
  }
  for (auto const& name : report->applied) fmt::print("applied {}\n", name);
  fmt::print("the schema is at version {}{}\n", report->to,
             report->applied.empty() ? ": there was nothing to do" : "");
  if (!report->has_roles && !report->applied.empty())
    fmt::print(
        "the roles candled_owner, candled_migrate, candled_ingest and candled_read are not there, for this "
        "user may not "
        "make roles: everything works as one user; docs/operations.md, \"Roles\", says how to have them\n");
  auto const sessions = publish_calendars(config);
  if (!sessions) {
    print_error(fmt::format("the calendars are not in candled.market_session yet: {}; call this again",
                            sessions.error().what));
    return exit_code_of(sessions.error().kind);
  }
  if (*sessions > 0) fmt::print("candled.market_session: {} rows changed\n", *sessions);
  return ExitCode::done;
}

}  // namespace candled
