// Each column that a person may read says what it is, and in which unit.
#include <gtest/gtest.h>

#include "support/postgres.hpp"

namespace candled::test {
namespace {

// Columns of the given types whose comment has none of the words, as (relation, column, comment).
std::string without(std::string const& types, std::string const& words) {
  return "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) "
         "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
         "WHERE c.relnamespace = 'candled'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT "
         "c.relispartition "
         "AND format_type(a.atttypid, NULL) IN (" +
         types + ") AND coalesce(col_description(c.oid, a.attnum), '') !~ '" + words + "' ORDER BY 1, 2";
}

constexpr char times[] = "'timestamp with time zone', 'tstzrange', 'tstzmultirange'";
constexpr char numbers[] = "'double precision', 'integer', 'bigint', 'numeric'";
// Currency, a count of something, a time, a size, a share: else the number is a name, or means something by
// itself.
constexpr char units[] =
    "number|how often|units|currency|milliseconds|bytes|share|requests that|identity|which|the batch|the "
    "run|the instrument it|exit code";

TEST(Comments, every_time_says_that_it_is_utc) {
  TempDatabase const database;

  EXPECT_EQ(rows(database.url(), without(times, "\\mUTC\\M")), Rows{});
}

TEST(Comments, every_number_says_its_unit) {
  TempDatabase const database;

  EXPECT_EQ(rows(database.url(), without(numbers, units)), Rows{});
}

TEST(Comments, a_column_that_says_nothing_is_found) {
  TempDatabase const database;
  rows(database.url(), "CREATE VIEW candled.silent AS SELECT 1.5::float8 AS price, now() AS at");
  rows(database.url(), "COMMENT ON COLUMN candled.silent.price IS 'the price'");

  EXPECT_EQ(rows(database.url(), without(numbers, units)), (Rows{{"silent", "price", "the price"}}));
  EXPECT_EQ(rows(database.url(), without(times, "\\mUTC\\M")), (Rows{{"silent", "at", "NULL"}}));
}

TEST(Comments, every_function_says_what_it_gives) {
  TempDatabase const database;

  EXPECT_EQ(rows(database.url(), R"(
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = 'candled'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'i'))"),
            Rows{})
      << "but for those that come with a range type";
}

}  // namespace
}  // namespace candled::test
