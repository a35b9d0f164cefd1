// What a row of performance looks up at its end.
#pragma once

#include <vector>

#include "cli/engine.hpp"
#include "core/performance.hpp"
#include "pipeline/supervisor.hpp"

namespace candled {

// `connections`: all sockets that the process has open.
PerformanceLook performance_look(Engine const& engine, std::vector<JobSetup> const& jobs);

}  // namespace candled
