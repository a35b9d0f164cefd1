// What `actions import` and `actions refresh` share.
#pragma once

#include <string>

#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "config/config.hpp"
#include "store/import_actions.hpp"

namespace candled {

// Takes the actions over, or with --dry-run looks what that would do, and prints how many changed. `said_by`
// is the file, or the provider, that lines are counted in.
ExitCode change_actions(Config const& config, Options const& options, SaidActions const& said,
                        std::string const& said_by);

}  // namespace candled
