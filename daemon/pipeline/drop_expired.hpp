// Bars that are older than every retention.
#pragma once

#include "pipeline/ports.hpp"

namespace candled {

// Drops the years that no job keeps, and tells each in the log. Call it after the jobs' series have been
// opened. False: not done, the log says why; to be called again later.
Task<bool> drop_expired(Ports& ports);

}  // namespace candled
