// Gaps: what could not be filled, and when it is tried again.
#pragma once

#include <span>
#include <string>

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// What BarStore::park promises, within `work`. Windows of one series that overlap an open gap make it one
// gap, tried once more. Told again, with the same failed_at, it changes nothing. Throws as libpqxx does.
void park_windows(pqxx::work& work, std::span<FailedWindow const> windows);

// Takes what was proven out of the open gaps, and closes those of which nothing is left; but not out of those
// of sessions without a bar. Two arrays in text form: int4[] and, for each, a tstzmultirange as text.
void fill_gaps(pqxx::work& work, std::string const& series, std::string const& proven);

}  // namespace candled
