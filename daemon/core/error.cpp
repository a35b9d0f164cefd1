#include "core/error.hpp"

namespace candled {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::transport: return "transport";
    case ErrorKind::rate_limited: return "rate_limited";
    case ErrorKind::remote_failed: return "remote_failed";
    case ErrorKind::remote_refused: return "remote_refused";
    case ErrorKind::key_refused: return "key_refused";
    case ErrorKind::not_entitled: return "not_entitled";
    case ErrorKind::beyond_horizon: return "beyond_horizon";
    case ErrorKind::not_today: return "not_today";
    case ErrorKind::malformed: return "malformed";
    case ErrorKind::db_unavailable: return "db_unavailable";
    case ErrorKind::db_in_doubt: return "db_in_doubt";
    case ErrorKind::db_refused: return "db_refused";
    case ErrorKind::db_denied: return "db_denied";
    case ErrorKind::schema_mismatch: return "schema_mismatch";
    case ErrorKind::stopped: return "stopped";
  }
  return "unknown";
}

}  // namespace candled
