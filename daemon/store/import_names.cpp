#include "store/import_names.hpp"

#include <fmt/format.h>

#include "store/import_names_sql.hpp"
#include "store/pg_connection.hpp"
#include "store/pg_text.hpp"

namespace candled {

namespace {

std::string range_text(InstrumentName const& name) {
  return fmt::format("[{},{}]", name.first ? to_string(*name.first) : "",
                     name.last ? to_string(*name.last) : "");
}

void fill_wanted(pqxx::work& work, std::vector<InstrumentName> const& names) {
  PgArray lines, identifiers, tickers, days, exchanges;
  for (auto const& name : names) {
    lines.add(name.line);
    identifiers.add(std::string_view{name.instrument});
    tickers.add(std::string_view{name.ticker});
    days.add(std::string_view{range_text(name)});
    exchanges.add(std::string_view{name.exchange});
  }
  work.exec(import_sql::make_wanted);
  work.exec_params(import_sql::fill_wanted, lines.text(), identifiers.text(), tickers.text(), days.text(),
                   exchanges.text());
}

std::vector<LineProblem> problems_of(pqxx::result const& found) {
  std::vector<LineProblem> problems;
  for (auto const& row : found) problems.push_back({row[0].as<int>(), row[1].as<std::string>()});
  return problems;
}

std::vector<std::string> identify(pqxx::work& work) {
  std::vector<std::string> adopted;
  work.exec(import_sql::identify);
  for (auto const& row : work.exec(import_sql::adopt)) adopted.push_back(row[0].as<std::string>());
  work.exec(import_sql::identify);
  work.exec(import_sql::add_instruments);
  work.exec(import_sql::identify);
  return adopted;
}

std::optional<Date> optional_day(pqxx::field const& field) {
  return field.is_null() ? std::nullopt : parse_date(field.as<std::string>());
}

std::vector<NameChange> changes(pqxx::work& work) {
  std::vector<NameChange> all;
  for (auto const& row : work.exec(import_sql::report))
    all.push_back({.ticker = row[0].as<std::string>(),
                   .first = optional_day(row[1]),
                   .last = optional_day(row[2]),
                   .was = row[3].as<std::string>(),
                   .now = row[4].as<std::string>(),
                   .bars = row[5].as<std::int64_t>()});
  return all;
}

ImportedNames import_in(pqxx::work& work, std::vector<InstrumentName> const& names) {
  ImportedNames imported;
  work.exec(import_sql::lock);
  // As long as it takes to move the bars of a history.
  work.exec("SET LOCAL statement_timeout = 0");
  fill_wanted(work, names);
  imported.refused = problems_of(work.exec(import_sql::find_taken));
  if (!imported.refused.empty()) return imported;
  imported.identified = identify(work);
  work.exec(import_sql::make_pieces);
  for (auto const& row : work.exec(import_sql::find_orphans))
    work.exec_params(import_sql::take_in_orphan, row[0].as<std::int64_t>());
  work.exec(import_sql::rename);
  work.exec(import_sql::make_shifts);
  imported.refused = problems_of(work.exec(import_sql::find_strays));
  if (!imported.refused.empty()) return imported;
  imported.changes = changes(work);
  work.exec(import_sql::move_bars);
  work.exec(import_sql::move_proof);
  work.exec(import_sql::move_rollups);
  return imported;
}

}  // namespace

Result<ImportedNames> import_names(Secret const& url, std::vector<InstrumentName> const& names,
                                   ImportMode mode) {
  auto const connection = PgConnection::open(url);
  if (!connection) return std::unexpected(connection.error());
  try {
    pqxx::work work{(*connection)->session()};
    auto imported = import_in(work, names);
    if (imported.refused.empty() && mode == ImportMode::apply) work.commit();
    return imported;
  } catch (std::exception const&) {
    return std::unexpected(current_error(**connection));
  }
}

}  // namespace candled
