// YAML text -> Config, or everything that is wrong with it, at once and with its place.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace candled {

// Printed as  FILE:LINE:COLUMN: PATH: MESSAGE  and, when there is one, a second line  "    hint: HINT".
// Lines and columns count from 1; 0 when the problem is the file itself.
struct ConfigProblem {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path;  // providers.massive.rate_limit.per, jobs[2].timeframe: items count from 0
  std::string message;
  std::string hint;
  bool secret_or_permission = false;  // exit code 4 instead of 2: a secret is missing or readable by others
};

std::string to_string(ConfigProblem const& problem);

using ConfigResult = std::expected<Config, std::vector<ConfigProblem>>;

// Problems are sorted by place, the file's own before those of the files that it names; they never hold a
// secret. Relative paths in the file (symbols_file, calendars.overrides, ${file:}) are taken from the file's
// own folder; timings.csv and timings.performance from the working directory, as the shell would.
ConfigResult load_config(std::string const& path);
// Reads environment variables and the files that the text names, and takes today's date from the system's
// clock. `folder` stands for the file's own folder, `name` for the file in messages.
ConfigResult parse_config(std::string_view yaml, std::string const& name, std::string const& folder);

// Every key that a file may have, in the order in which they are documented: jobs[].schedule.every,
// providers.NAME.api_key. `expected` says what may stand there; `fallback` is the value that holds when a key
// that is not required is left out, as it would be written; empty: none.
struct KnownKey {
  std::string path;
  std::string expected;
  bool required = false;
  std::string fallback = {};
};
std::vector<KnownKey> known_keys();

}  // namespace candled
