// What a failed statement means for the caller, by its SQLSTATE (PostgreSQL 15, appendix A).
#pragma once

#include <string_view>

#include "core/error.hpp"

namespace candled {

enum class SqlFailure {
  unavailable,  // the server, not the statement: gone, starting, full, a deadlock, a timeout  -> again later
  bad_data,     // a value that breaks a type or a constraint                                  -> without that
                // value
  refused,  // permission, schema, syntax, and all that we do not know                     -> a person must
            // act
};

// Five characters, as PostgreSQL sends them; anything else is refused.
SqlFailure classify_sqlstate(std::string_view sqlstate);

// The error for a statement that failed: the first line of the server's message, its SQLSTATE and what to do.
// Bad data that nobody expected is db_refused.
Error sql_error(std::string_view sqlstate, std::string_view server_message);

// The SQLSTATE in a message of the verbosity PQERRORS_VERBOSE, "ERROR:  42P01: no such thing\n…", which every
// connection of ours has: libpqxx 6.4 forgets the SQLSTATE of many errors, never the message. Empty: none.
std::string_view sqlstate_in(std::string_view server_message);

// What the server said first, without severity and SQLSTATE: "no such thing".
std::string_view primary_message(std::string_view server_message);

}  // namespace candled
