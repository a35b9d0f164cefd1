// What can go wrong between us and the world, told apart by what the caller does next.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace candled {

// Says what the caller does, not what a library said.
enum class ErrorKind {
  transport,       // no answer: DNS, TLS, connect, reset, timeout, truncated body  -> ask again
  rate_limited,    // 429                                                            -> wait, ask again
  remote_failed,   // 5xx, HTML where JSON was due                                   -> ask again
  remote_refused,  // 400, 403, 404, and refusals inside a 200                       -> give this window up,
                   // say why
  key_refused,  // 401: the credential itself                                     -> give the provider up, say
                // why
  not_entitled,  // 403: the plan does not have this symbol                        -> give the series up, ask
                 // again tomorrow
  beyond_horizon,  // 403: the plan does not go back this far                        -> find out how far it
                   // does
  not_today,  // 403: the plan has a day only after its end                     -> end the window with the
              // last closed session
  malformed,  // an answer that breaks the contract                             -> ask again, then give up,
              // keep a sample
  db_unavailable,  // no connection, shutting down, out of resources                 -> do it again later
  db_in_doubt,     // connection lost while COMMIT was on its way                    -> do it again: loads are
                   // idempotent
  db_refused,      // missing table, wrong statement                                 -> give up, say why
  db_denied,  // wrong password, missing grant                                  -> give up, say who may what
  schema_mismatch,  // the database's schema is not the one that this candled needs   -> `candled migrate`
  stopped,          // shutdown was asked for                                         -> unwind quietly
};

std::string_view to_string(ErrorKind kind);

// `what` is for people: lower case, no full stop, names the thing and the value, holds no secret.
struct Error {
  ErrorKind kind;
  std::string what;
  // When the provider named a time to wait; a floor for the next attempt.
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
};

template <class T>
using Result = std::expected<T, Error>;

// `return fail(ErrorKind::transport, "...")` in any function that returns a Result.
inline std::unexpected<Error> fail(ErrorKind kind, std::string what) {
  return std::unexpected(Error{.kind = kind, .what = std::move(what)});
}

}  // namespace candled
