#include "store/show_series.hpp"

namespace candled {

namespace {

// "candled" and one more, in ASCII.
constexpr char registration_sql[] = "SELECT pg_advisory_xact_lock(x'63616e646c656473'::int8)";

constexpr char lock_sql[] = R"(
  SELECT FROM candled.series s
  WHERE s.series_id = ANY ($1::int4[])
     OR s.is_primary AND (s.instrument_id, s.timeframe) IN (
       SELECT n.instrument_id, n.timeframe FROM candled.series n WHERE n.series_id = ANY ($1::int4[]))
  ORDER BY s.series_id FOR NO KEY UPDATE)";

// First: two at once there cannot be.
constexpr char hide_sql[] = R"(
  UPDATE candled.series s SET is_primary = false, shown_until = clock_timestamp()
  FROM candled.series n
  WHERE n.series_id = ANY ($1::int4[]) AND s.instrument_id = n.instrument_id AND s.timeframe = n.timeframe
    AND s.is_primary AND s.series_id <> n.series_id)";

constexpr char show_sql[] = R"(
  UPDATE candled.series SET is_primary = true, shown_until = NULL
  WHERE series_id = ANY ($1::int4[]) AND NOT is_primary)";

}  // namespace

void lock_registration(pqxx::work& work) {
  work.exec(registration_sql);
}

void show_series(pqxx::work& work, std::string const& series) {
  for (auto const* const sql : {lock_sql, hide_sql, show_sql}) work.exec_params(sql, series);
}

}  // namespace candled
