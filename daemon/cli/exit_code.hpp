// What candled tells the shell and systemd. Documented in docs/operations.md; systemd does not restart after
// 2 to 5.
#pragma once

#include "core/error.hpp"

namespace candled {

enum class ExitCode {
  done = 0,
  some_failed = 1,
  usage = 2,    // command line or configuration
  schema = 3,   // the database is older or newer than this program
  secrets = 4,  // a secret is missing, refused or readable by others; a file may not be written
  address = 5,  // the listen address cannot be had
};

ExitCode exit_code_of(ErrorKind kind);

}  // namespace candled
