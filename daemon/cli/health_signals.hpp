// What the engine shows of its health.
#pragma once

#include "cli/engine.hpp"
#include "cli/reload.hpp"
#include "control/health.hpp"

namespace candled {

// All that can be looked up; phase, loop_late and clock_jumped_at are the caller's.
HealthSignals health_signals(Engine const& engine, Reloader const& reloader);

}  // namespace candled
