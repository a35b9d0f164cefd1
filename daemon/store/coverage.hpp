// What a load proves: coverage, since when, and what is settled.
#pragma once

#include <string>

#include "store/series_state.hpp"

namespace candled {

// Fills open gaps with what was proven, extends coverage and says so in coverage_log with `seen_at`, a
// timestamptz, and keeps what is settled. The series are locked. Throws as libpqxx does.
void cover(pqxx::work& work, States const& states, std::string const& seen_at);

}  // namespace candled
