#include "store/sqlstate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace candled {
namespace {

struct Case {
  char const* sqlstate;  // PostgreSQL 15, appendix A
  SqlFailure failure;
  char const* meaning;
};

constexpr Case cases[] = {
    {"08006", SqlFailure::unavailable, "connection_failure"},
    {"08P01", SqlFailure::unavailable, "protocol_violation"},
    {"57P01", SqlFailure::unavailable, "admin_shutdown"},
    {"57P02", SqlFailure::unavailable, "crash_shutdown"},
    {"57P03", SqlFailure::unavailable, "cannot_connect_now"},
    {"53100", SqlFailure::unavailable, "disk_full"},
    {"53200", SqlFailure::unavailable, "out_of_memory"},
    {"53300", SqlFailure::unavailable, "too_many_connections"},
    {"58030", SqlFailure::unavailable, "io_error"},
    {"40001", SqlFailure::unavailable, "serialization_failure"},
    {"40P01", SqlFailure::unavailable, "deadlock_detected"},
    {"55P03", SqlFailure::unavailable, "lock_not_available"},
    {"57014", SqlFailure::unavailable, "query_canceled"},
    {"25P03", SqlFailure::unavailable, "idle_in_transaction_session_timeout"},
    {"22003", SqlFailure::bad_data, "numeric_value_out_of_range"},
    {"22008", SqlFailure::bad_data, "datetime_field_overflow"},
    {"23502", SqlFailure::bad_data, "not_null_violation"},
    {"23505", SqlFailure::bad_data, "unique_violation"},
    {"23514", SqlFailure::bad_data, "check_violation"},
    {"28000", SqlFailure::refused, "invalid_authorization_specification"},
    {"28P01", SqlFailure::refused, "invalid_password"},
    {"3D000", SqlFailure::refused, "invalid_catalog_name"},
    {"3F000", SqlFailure::refused, "invalid_schema_name"},
    {"42501", SqlFailure::refused, "insufficient_privilege"},
    {"42601", SqlFailure::refused, "syntax_error"},
    {"42P01", SqlFailure::refused, "undefined_table"},
    {"25006", SqlFailure::unavailable, "read_only_sql_transaction"},
    {"57000", SqlFailure::refused, "operator_intervention, the class"},
    {"40002", SqlFailure::refused, "transaction_integrity_constraint_violation"},
    {"XX000", SqlFailure::refused, "internal_error"},
    {"ZZZZZ", SqlFailure::refused, "nothing that exists"},
    {"", SqlFailure::refused, "no SQLSTATE"},
    {"22", SqlFailure::refused, "not a whole SQLSTATE"},
};

TEST(Sqlstate, says_what_the_caller_does_next) {
  for (auto const& [sqlstate, failure, meaning] : cases)
    EXPECT_EQ(classify_sqlstate(sqlstate), failure) << sqlstate << " " << meaning;
}

TEST(Sqlstate, error_has_the_first_line_the_code_and_what_to_do) {
  auto const error =
      sql_error("42501", "ERROR:  42501: permission denied for table bar\nCONTEXT:  something long\n");

  EXPECT_EQ(error.kind, ErrorKind::db_denied);
  EXPECT_EQ(
      error.what,
      "database: permission denied for table bar (SQLSTATE 42501): grant it to the user of database.url, "
      "or run this as candled_migrate, which may");
}

TEST(Sqlstate, is_found_in_verbose_messages_only) {
  EXPECT_EQ(sqlstate_in("ERROR:  42P01: relation \"x\" does not exist\nLOCATION:  parserOpenTable"), "42P01");
  EXPECT_EQ(sqlstate_in(
                "connection to server on socket \"/x\" failed: FATAL:  3D000: database \"x\" does not exist"),
            "3D000");
  EXPECT_EQ(sqlstate_in("ERROR:  relation does not exist"), "");
  EXPECT_EQ(sqlstate_in("ERROR:  42P0"), "");
  EXPECT_EQ(sqlstate_in("ERROR:  42P01"), "");
  EXPECT_EQ(sqlstate_in("ERROR:  42p01: lower case"), "");
  EXPECT_EQ(sqlstate_in("no SQLSTATE\nDETAIL:  42P01: in a later line"), "");
  EXPECT_EQ(sqlstate_in(""), "");
}

TEST(Sqlstate, primary_message_drops_a_translated_severity_too) {
  EXPECT_EQ(primary_message("FEHLER:  Relation existiert nicht\nZEILE 1"), "Relation existiert nicht");
  EXPECT_EQ(primary_message("server closed the connection: no reason given"),
            "server closed the connection: no reason given");
}

}  // namespace
}  // namespace candled
