#include "store/park_windows.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "store/pg_text.hpp"

namespace candled {

namespace {

// The same lock, in the same order, as a load takes: gaps of a series have one writer at a time.
constexpr char lock_sql[] =
    "SELECT FROM candled.series WHERE series_id = ANY ($1::int4[]) ORDER BY series_id FOR NO KEY UPDATE";

constexpr char park_sql[] = R"(
  WITH failed AS (
    SELECT $1::int4 AS series_id, $2::tstzrange AS during, $3 AS reason, $4 AS detail, $5::timestamptz AS failed_at,
           $6::timestamptz AS told_next
  ), found AS (
    SELECT g.* FROM candled.gap g JOIN failed f ON g.series_id = f.series_id AND g.during && f.during
    WHERE g.closed_at IS NULL
  ), told AS (  -- this very failure, before: its reply was lost
    SELECT FROM found JOIN failed f ON found.last_tried = f.failed_at AND found.during @> f.during
  ), merged AS (
    SELECT (SELECT min(gap_id) FROM found) AS gap_id,
           range_merge(multirange(f.during) + coalesce((SELECT range_agg(during) FROM found), '{}')) AS during,
           1 + coalesce((SELECT max(attempts) FROM found), 0) AS attempts
    FROM failed f WHERE NOT EXISTS (SELECT FROM told)
  ), due AS (
    SELECT m.*, f.series_id, f.reason, f.detail, f.failed_at,
           coalesce(f.told_next, CASE
             WHEN f.reason = 'rejected' AND m.attempts >= 5 THEN 'infinity'
             WHEN f.reason = 'not_entitled' THEN f.failed_at + interval '1 day'
             WHEN f.reason = 'horizon' THEN f.failed_at + interval '7 days'
             ELSE f.failed_at + (ARRAY[interval '10 minutes', '1 hour', '1 day', '7 days'])[least(m.attempts, 4)]
           END) AS next_try_at
    FROM merged m CROSS JOIN failed f
  ), swallowed AS (
    UPDATE candled.gap g SET closed_at = d.failed_at
    FROM due d, found WHERE g.gap_id = found.gap_id AND g.gap_id <> d.gap_id
  ), again AS (
    UPDATE candled.gap g
    SET during = d.during, reason = d.reason, detail = d.detail, last_tried = greatest(g.last_tried, d.failed_at),
        attempts = d.attempts, next_try_at = d.next_try_at
    FROM due d WHERE g.gap_id = d.gap_id
  )
  INSERT INTO candled.gap (series_id, during, reason, detail, first_seen, last_tried, attempts, next_try_at)
  SELECT series_id, during, reason, detail, failed_at, failed_at, attempts, next_try_at FROM due WHERE gap_id IS NULL)";

// What was not tried: what no gap has yet becomes one that was never tried; those that are there are left as
// they are, but for the next try of those that are due.
constexpr char set_aside_sql[] = R"(
  WITH failed AS (
    SELECT $1::int4 AS series_id, $2::tstzrange AS during, $3 AS reason, $4 AS detail, $5::timestamptz AS failed_at,
           coalesce($6::timestamptz, $5::timestamptz + CASE $3 WHEN 'not_entitled' THEN interval '1 day'
                                                               WHEN 'horizon' THEN interval '7 days'
                                                               ELSE interval '10 minutes' END) AS next_try_at
  ), found AS (
    SELECT g.* FROM candled.gap g JOIN failed f ON g.series_id = f.series_id AND g.during && f.during
    WHERE g.closed_at IS NULL
  ), put_off AS (
    UPDATE candled.gap g SET next_try_at = f.next_try_at
    FROM failed f, found WHERE g.gap_id = found.gap_id AND g.next_try_at <= f.failed_at
  )
  INSERT INTO candled.gap (series_id, during, reason, detail, first_seen, last_tried, attempts, next_try_at)
  SELECT f.series_id, piece.during, f.reason, f.detail, f.failed_at, f.failed_at, 0, f.next_try_at
  FROM failed f CROSS JOIN LATERAL unnest(
    multirange(f.during) - coalesce((SELECT range_agg(during) FROM found), '{}')) AS piece (during))";

// Sessions without a bar are covered already: only a bar fills them. What is left of a gap keeps its row with
// its first piece; the other pieces get rows like it.
constexpr char fill_sql[] = R"(
  WITH left_over AS (
    SELECT o.*, multirange(o.during) - p.proven::tstzmultirange AS rest
    FROM candled.gap o JOIN unnest($1::int4[], $2::text[]) AS p (series_id, proven) USING (series_id)
    WHERE o.closed_at IS NULL AND o.reason <> 'provider_empty' AND o.during && p.proven::tstzmultirange
  ), pieces AS (
    SELECT l.*, piece.during AS piece, piece.number
    FROM left_over l CROSS JOIN LATERAL unnest(l.rest) WITH ORDINALITY AS piece (during, number)
  ), others AS (
    INSERT INTO candled.gap (series_id, during, reason, detail, first_seen, last_tried, attempts, next_try_at)
    SELECT series_id, piece, reason, detail, first_seen, last_tried, attempts, next_try_at FROM pieces WHERE number > 1
  )
  UPDATE candled.gap g
  SET during = coalesce(p.piece, g.during), closed_at = CASE WHEN p.piece IS NULL THEN now() END
  FROM left_over l LEFT JOIN pieces p ON p.gap_id = l.gap_id AND p.number = 1
  WHERE g.gap_id = l.gap_id AND (p.piece IS NULL OR p.piece <> g.during))";

constexpr std::size_t detail_bytes_max = 500;

}  // namespace

void park_windows(pqxx::work& work, std::span<FailedWindow const> windows) {
  if (windows.empty()) return;
  PgArray series;
  for (auto const& window : windows) series.add(window.series);
  work.exec_params(lock_sql, series.text());
  for (auto const& [id, range, reason, detail, failed_at, next_try_at, tried] : windows) {
    if (range.empty()) continue;
    auto const line = std::string_view{detail}.substr(0, detail_bytes_max);
    auto const told_next = next_try_at ? std::optional{pg_text(*next_try_at)} : std::nullopt;
    auto const why = std::string{to_string(reason)};
    if (tried)
      work.exec_params(park_sql, pg_text(id), pg_text(range), why, pg_text(line), pg_text(failed_at),
                       told_next);
    else
      work.exec_params(set_aside_sql, pg_text(id), pg_text(range), why, pg_text(line), pg_text(failed_at),
                       told_next);
  }
}

void fill_gaps(pqxx::work& work, std::string const& series, std::string const& proven) {
  work.exec_params(fill_sql, series, proven);
}

}  // namespace candled
