// One function a command, one file each. They print for people (or JSON) and return how to end.
#pragma once

#include "cli/engine.hpp"
#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "config/config.hpp"

namespace candled {

ExitCode run_command(Engine& engine, Config const& config, Options const& options);
ExitCode once_command(Engine& engine, Config const& config, Options const& options);
ExitCode backfill_command(Engine& engine, Config const& config, Options const& options);
ExitCode repair_command(Engine& engine, Config const& config, Options const& options);

// These ask a running daemon, by way of the database: `backfill --detach`, and what becomes of it.
ExitCode detach_command(Config const& config, Options const& options, UtcTime now);
ExitCode cancel_command(Config const& config, Options const& options);
ExitCode retry_command(Config const& config, Options const& options);

// These take over what a file says, and need no engine.
ExitCode import_instruments_command(Config const& config, Options const& options);
ExitCode import_actions_command(Config const& config, Options const& options);
// These ask the provider's reference endpoints, within its budget.
ExitCode refresh_instruments_command(Engine& engine, Config const& config, Options const& options);
ExitCode refresh_actions_command(Engine& engine, Config const& config, Options const& options);

// These read, and need no engine.
ExitCode plan_command(Engine& engine, Config const& config, Options const& options);
ExitCode status_command(Config const& config, Options const& options, UtcTime now);
ExitCode gaps_command(Config const& config, Options const& options, UtcTime now);
// With options.file, of the configuration only the thresholds count.
ExitCode report_command(Config const& config, Options const& options, UtcTime now);
ExitCode check_command(Config const& config, Options const& options, UtcTime now);
ExitCode calendar_command(Config const& config, Options const& options);
ExitCode migrate_command(Config const& config, Options const& options);
ExitCode version_command(Options const& options);

}  // namespace candled
