// What `instruments import` and `instruments refresh` share.
#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "config/config.hpp"
#include "store/import_names.hpp"

namespace candled {

// Takes the names over, or with --dry-run looks what that would do, and prints the changes. `said_by` is the
// file, or the provider, that lines are counted in.
ExitCode change_instruments(Config const& config, Options const& options,
                            std::vector<InstrumentName> const& names, std::string const& said_by);

}  // namespace candled
