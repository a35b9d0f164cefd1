#include "store/sqlstate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace candled {

namespace {

struct Known {
  std::string_view prefix;  // a class (two characters) or a whole SQLSTATE
  SqlFailure failure;
};

constexpr std::array known_failures{
    Known{"08", SqlFailure::unavailable},     // connection exceptions
    Known{"57P0", SqlFailure::unavailable},   // shutdown, crash recovery, starting up
    Known{"53", SqlFailure::unavailable},     // out of memory, disk or connections
    Known{"25006", SqlFailure::unavailable},  // read only: a standby, for as long as a failover takes
    Known{"58", SqlFailure::unavailable},     // the server's own I/O
    Known{"40001", SqlFailure::unavailable},  // serialization failure
    Known{"40P01", SqlFailure::unavailable},  // deadlock
    Known{"55P03", SqlFailure::unavailable},  // lock timeout
    Known{"57014", SqlFailure::unavailable},  // statement timeout, or cancelled by a person
    Known{"25P03",
          SqlFailure::unavailable},     // idle in a transaction for too long: we were stopped in between
    Known{"22", SqlFailure::bad_data},  // data exceptions
    Known{"23", SqlFailure::bad_data},  // constraints
};

struct Hint {
  std::string_view prefix;
  std::string_view text;
};

constexpr std::array hints{
    Hint{"42501", "grant it to the user of database.url, or run this as candled_migrate, which may"},
    Hint{"42P01", "run `candled migrate`"},
    Hint{"42703", "run `candled migrate`"},
    Hint{"42883", "run `candled migrate`"},
    Hint{"3F000", "run `candled migrate`"},
    Hint{"28", "check user and password in database.url, and the server's pg_hba.conf"},
    Hint{"3D000", "create it with createdb, or correct database.url"},
    Hint{"25006", "database.url must lead to a server that can be written to"},
    Hint{"53300", "raise max_connections, or lower database.writers"},
    Hint{"53100", "the database server's disk is full"},
};

// The severity is translated, the two spaces after it are not.
constexpr std::string_view severity_end = ":  ";

template <class Table>
auto find(Table const& table, std::string_view sqlstate) {
  return std::ranges::find_if(table, [&](auto const& entry) { return sqlstate.starts_with(entry.prefix); });
}

}  // namespace

SqlFailure classify_sqlstate(std::string_view sqlstate) {
  if (sqlstate.size() != 5) return SqlFailure::refused;
  auto const* const entry = find(known_failures, sqlstate);
  return entry == known_failures.end() ? SqlFailure::refused : entry->failure;
}

Error sql_error(std::string_view sqlstate, std::string_view server_message) {
  bool const unavailable = classify_sqlstate(sqlstate) == SqlFailure::unavailable;
  auto what = fmt::format("database: {} (SQLSTATE {})", primary_message(server_message), sqlstate);
  if (auto const* const hint = find(hints, sqlstate); hint != hints.end())
    what += fmt::format(": {}", hint->text);
  bool const denied = sqlstate.starts_with("28") || sqlstate == "42501";
  auto const refusal = denied ? ErrorKind::db_denied : ErrorKind::db_refused;
  return {.kind = unavailable ? ErrorKind::db_unavailable : refusal, .what = std::move(what)};
}

std::string_view sqlstate_in(std::string_view server_message) {
  auto line = server_message.substr(0, server_message.find('\n'));
  auto const severity = line.find(severity_end);
  if (severity == std::string_view::npos) return {};
  line.remove_prefix(severity + severity_end.size());
  if (line.size() < 7 || line.substr(5, 2) != ": ") return {};
  auto const is_code = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  return std::ranges::all_of(line.substr(0, 5), is_code) ? line.substr(0, 5) : std::string_view{};
}

std::string_view primary_message(std::string_view server_message) {
  auto line = server_message.substr(0, server_message.find('\n'));
  auto const sqlstate = sqlstate_in(line);
  if (auto const severity = line.find(severity_end); severity != std::string_view::npos)
    line.remove_prefix(severity + severity_end.size());
  if (!sqlstate.empty()) line.remove_prefix(sqlstate.size() + 2);
  return line;
}

}  // namespace candled
