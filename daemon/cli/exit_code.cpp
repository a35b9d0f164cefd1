#include "cli/exit_code.hpp"

namespace candled {

ExitCode exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::schema_mismatch: return ExitCode::schema;
    case ErrorKind::db_denied:
    case ErrorKind::key_refused: return ExitCode::secrets;
    default: return ExitCode::some_failed;
  }
}

}  // namespace candled
