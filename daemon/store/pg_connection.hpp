// One connection to PostgreSQL, for libpqxx and for libpq at once. Only store/ includes this.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <pqxx/pqxx>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace candled {

#if PQXX_VERSION_MAJOR < 7
using PgSession = pqxx::connection_base;
#else
using PgSession = pqxx::connection;
#endif

// libpqxx runs transactions and statements, libpq the binary COPY and binary results that libpqxx lacks, on
// the same connection. Used by one thread at a time. Once broken it stays broken: make a new one.
class PgConnection {
 public:
  // Connects within connect_timeout (4 s unless the URL says otherwise: a stop must not wait for it) for each
  // host. What the URL does not say is set: name, UTC, timeouts for statements (60 s), locks (10 s), idle
  // transactions (60 s) and dead networks. Errors: db_unavailable, db_refused; no message holds the URL,
  // which may hold a password.
  static Result<std::unique_ptr<PgConnection>> open(Secret const& url);

  PgConnection(PgConnection const&) = delete;
  PgConnection& operator=(PgConnection const&) = delete;
  ~PgConnection();

  PgSession& session();
  PGconn* raw() const { return raw_; }
  bool is_open() const { return PQstatus(raw_) == CONNECTION_OK; }

 private:
  explicit PgConnection(PGconn* raw);

  struct Session;
  PGconn* raw_;  // owned by session_
  std::unique_ptr<Session> session_;
};

// A result or a failure of libpq as libpqxx would throw it: pqxx::broken_connection or pqxx::sql_error.
[[noreturn]] void throw_failure(PGconn* raw, PGresult const* result);

// The Error for what libpqxx threw, to be called in a catch block.
Error current_error(PgConnection const& connection);

}  // namespace candled
