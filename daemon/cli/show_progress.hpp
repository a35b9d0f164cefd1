// Keeps a person informed while work is done.
#pragma once

#include <string>
#include <vector>

#include "cli/work.hpp"

namespace candled {

// Until `ended`: a bar on a terminal, a line in the log every five seconds elsewhere. Whoever sets `ended`
// then stops the clock, which wakes it. All arguments must outlive the task.
Task<void> show_progress(Engine& engine, std::string const& command, std::vector<JobOrder> const& orders,
                         bool const& ended);

}  // namespace candled
