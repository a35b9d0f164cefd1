// Reading rows for people. Include in .cpp files of store only: it brings libpqxx.
#pragma once

#include <pqxx/pqxx>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "store/pg_connection.hpp"
#include "store/pg_text.hpp"

namespace candled {

inline std::string text(pqxx::field const& field) {
  return field.as<std::string>();
}

inline std::int64_t number(pqxx::field const& field) {
  return field.as<std::int64_t>();
}

inline UtcTime time(pqxx::field const& field) {
  return parse_time(field.c_str());
}

inline std::optional<UtcTime> optional_time(pqxx::field const& field) {
  if (field.is_null()) return std::nullopt;
  return time(field);
}

// Every row of what `ask` asks, made by `make_row`.
template <class Row, class Ask>
Result<std::vector<Row>> read_rows(Secret const& url, Ask const& ask, Row (*make_row)(pqxx::row const&)) {
  auto const connection = PgConnection::open(url);
  if (!connection) return std::unexpected(connection.error());
  try {
    pqxx::work work{(*connection)->session()};
    std::vector<Row> rows;
    for (auto const& row : ask(work)) rows.push_back(make_row(row));
    return rows;
  } catch (std::exception const&) {
    return std::unexpected(current_error(**connection));
  }
}

}  // namespace candled
