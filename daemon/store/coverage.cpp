#include "store/coverage.hpp"

#include "store/park_windows.hpp"
#include "store/pg_text.hpp"

namespace candled {

namespace {

// Series that a load covers alike share a row of the log.
constexpr char cover_sql[] = R"(
  WITH newly AS (
    SELECT series_id, ranges::tstzmultirange AS ranges FROM unnest($1::int4[], $2::text[]) AS n (series_id, ranges)
  ), extended AS (
    UPDATE candled.series s SET covered = s.covered + n.ranges FROM newly n WHERE s.series_id = n.series_id
  )
  INSERT INTO candled.coverage_log (covered_at, during, series_ids)
  SELECT $3::timestamptz, ranges, array_agg(series_id ORDER BY series_id) FROM newly GROUP BY ranges)";

// Without a row nobody asked for this settle time: what is older than this is left alone.
constexpr char settle_sql[] = R"(
  INSERT INTO candled.settled AS k (series_id, after, since, during)
  SELECT series_id, after_ms * interval '1 millisecond', lower(during::tstzmultirange), during::tstzmultirange
  FROM unnest($1::int4[], $2::int8[], $3::text[]) AS p (series_id, after_ms, during)
  ORDER BY 1, 2
  ON CONFLICT (series_id, after) DO UPDATE SET during = k.during + EXCLUDED.during
  WHERE NOT k.during @> EXCLUDED.during)";

void fill(pqxx::work& work, States const& states) {
  PgArray series, filled;
  for (auto const& [id, state] : states) {
    if (!state.has_gap) continue;
    auto ranges = state.proven;
    ranges.remove(state.rejected);
    series.add(id);
    filled.add(ranges);
  }
  if (!series.empty()) fill_gaps(work, series.text(), filled.text());
}

void extend(pqxx::work& work, States const& states, std::string const& seen_at) {
  PgArray series, newly;
  for (auto const& [id, state] : states) {
    auto const ranges = state.newly_covered();
    if (ranges.empty()) continue;
    series.add(id);
    newly.add(ranges);
  }
  if (!series.empty()) work.exec_params(cover_sql, series.text(), newly.text(), seen_at);
}

void settle(pqxx::work& work, States const& states) {
  PgArray series, after, during;
  for (auto const& [id, state] : states) {
    if (state.is_settled) continue;
    for (auto const& [time, ranges] : state.settled) {
      if (ranges.empty()) continue;
      series.add(id);
      after.add(time);
      during.add(ranges);
    }
  }
  if (!series.empty()) work.exec_params(settle_sql, series.text(), after.text(), during.text());
}

}  // namespace

void cover(pqxx::work& work, States const& states, std::string const& seen_at) {
  fill(work, states);
  extend(work, states, seen_at);
  settle(work, states);
}

}  // namespace candled
