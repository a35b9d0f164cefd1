// Runs a command's work on the loop, and ends it well.
#pragma once

#include "cli/engine.hpp"
#include "cli/exit_code.hpp"
#include "core/task.hpp"

namespace candled {

// Runs `work` to its end. The first SIGTERM or SIGINT stops the engine: no new windows, running commits
// finish; the second one, or ten seconds later a database that still does not answer, ends the process at
// once: nothing committed is lost by that, and the rest is asked for again.
ExitCode run_on_loop(Engine& engine, Task<ExitCode> work);

}  // namespace candled
