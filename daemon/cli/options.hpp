// The command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_code.hpp"
#include "core/calendar.hpp"
#include "core/time.hpp"

namespace candled {

enum class Command {
  run,
  once,
  backfill,
  repair,
  cancel,
  retry,
  plan,
  status,
  gaps,
  report,
  check,
  calendar,
  import_instruments,
  refresh_instruments,
  import_actions,
  refresh_actions,
  migrate,
  version
};

enum class OutputFormat { text, json };

// An end of a backfill: a day of the calendar, or an instant.
using Moment = std::variant<Date, UtcTime>;

struct Options {
  Command command = Command::version;
  std::string config = "candled.yaml";
  OutputFormat output = OutputFormat::text;
  bool dry_run = false;        // migrate, instruments, actions
  std::optional<Moment> from;  // backfill: both are there; repair: both or none; calendar: dates, or none
  std::optional<Moment> to;
  std::string job;                   // backfill, repair, plan, once, gaps, status: empty: all
  std::vector<std::string> symbols;  // backfill, repair, instruments and actions refresh; empty: all
  std::string reason;                // gaps: only those of this reason; empty: all
  std::string file;                  // instruments import, actions import; report: empty: as configured
  std::string source;                // actions import: who says so
  std::string provider;              // instruments refresh, actions refresh; empty: the only one
  bool detach = false;               // backfill, repair: the daemon does it
  std::int64_t request = 0;          // cancel, retry
  Milliseconds since = std::chrono::days{7};   // report: how far back
  CalendarKind calendar = CalendarKind::xnys;  // calendar
  // calendar close and early-close: the day to write down; nullopt: list sessions.
  std::optional<CalendarOverride> day;
};

// Without Options: what to print, where, and how to end. --help is such a case too.
struct UsageAnswer {
  std::string text;
  ExitCode exit_code;
};

// Needs what main got. Checks all that can be known without the configuration.
std::variant<Options, UsageAnswer> parse_options(int argc, char const* const* argv);

// "2024-01-31" or an RFC 3339 time.
std::optional<Moment> parse_moment(std::string const& text);

}  // namespace candled
