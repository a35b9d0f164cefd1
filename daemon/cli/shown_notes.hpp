// Where what readers see is not what a job collects.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "store/reports.hpp"

namespace candled {

// One line for people each. What the configuration alone says: symbols that two jobs collect from different
// providers, of whom readers see the first one's. Pure.
std::vector<std::string> notes_on_jobs(Config const& config);

// What the database adds: bars of series that no job fills any more, and series in whose place readers still
// see another one's bars. Pure.
std::vector<std::string> notes_on_shown(Config const& config, std::vector<CoverageRow> const& coverage);

// Providers of the database that the configuration may have renamed. Pure.
std::vector<std::string> notes_on_providers(Config const& config, std::vector<ProviderRow> const& providers);

}  // namespace candled
