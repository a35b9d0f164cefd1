#include "store/pg_text.hpp"
#include "store/sessions.hpp"

namespace candled {

namespace {

// What is cut into sessions where this load has proven something, and put together again: neighbours with as
// many attempts are one gap. Neighbours have no session between them; ten days hold any time that a market
// was ever closed. A gap that is not due keeps its attempts: so a load that is told again counts once.
constexpr char keep_sql[] = R"(
  WITH asked AS (
    SELECT s.series_id, s.calendar, s.timeframe, p.proven::tstzmultirange AS proven,
           s.calendar = '24x7' AND EXISTS (SELECT FROM candled.instrument_ticker t
                                           WHERE t.instrument_id = s.instrument_id AND t.ticker LIKE 'C:%') AS is_currency
    FROM unnest($1::int4[], $2::text[]) AS p (series_id, proven) JOIN candled.series s USING (series_id)
  ), touched AS (
    SELECT DISTINCT a.series_id, a.calendar, m.during, k.bars,
           a.is_currency AND (extract(isodow FROM m.session_date) = 6 OR to_char(m.session_date, 'MM-DD') IN ('12-25', '01-01'))
             AS is_closed
    FROM asked a
    CROSS JOIN LATERAL unnest(a.proven) AS range
    CROSS JOIN LATERAL (
      SELECT m.session_date, candled.session_range(m, a.timeframe) AS during FROM candled.market_session m
      WHERE m.calendar = a.calendar AND m.extended_opens_at > lower(range) - interval '1 day'
        AND m.extended_opens_at < upper(range) + interval '1 day'
      OFFSET 0
    ) m
    JOIN candled.series_session k
      ON k.series_id = a.series_id AND k.session_date = m.session_date AND k.complete_at IS NOT NULL
    WHERE m.during && range
  ), old AS (
    SELECT g.*, a.calendar, a.timeframe
    FROM candled.gap g JOIN asked a USING (series_id)
    WHERE g.closed_at IS NULL AND g.reason = 'provider_empty'
      AND g.during && tstzrange(lower(a.proven) - interval '10 days', upper(a.proven) + interval '10 days')
  ), pieces AS (
    SELECT t.series_id, t.calendar, t.during, o.gap_id,
           coalesce(o.attempts, 0) + d.is_due::int4 AS attempts,
           coalesce(o.first_seen, $3::timestamptz) AS first_seen,
           CASE WHEN d.is_due THEN $3::timestamptz ELSE o.last_tried END AS last_tried,
           CASE WHEN NOT d.is_due THEN o.next_try_at
                WHEN o.gap_id IS NULL THEN $3::timestamptz + interval '1 day'
                WHEN o.attempts = 1 THEN $3::timestamptz + interval '7 days'
                ELSE 'infinity' END AS next_try_at
    FROM touched t
    LEFT JOIN old o ON o.series_id = t.series_id AND o.during && t.during
    CROSS JOIN LATERAL (SELECT o.gap_id IS NULL OR o.next_try_at <= $3::timestamptz AS is_due) d
    WHERE t.bars = 0 AND NOT t.is_closed
      AND NOT EXISTS (SELECT FROM candled.gap g WHERE g.series_id = t.series_id AND g.closed_at IS NULL
                        AND g.reason <> 'provider_empty' AND g.during && t.during)
      AND NOT EXISTS (SELECT FROM candled.rejected_bar r
                      WHERE r.series_id = t.series_id AND r.ts >= lower(t.during) AND r.ts < upper(t.during))
    UNION ALL
    SELECT o.series_id, o.calendar, s.during, o.gap_id, o.attempts, o.first_seen, o.last_tried, o.next_try_at
    FROM old o
    CROSS JOIN LATERAL unnest(multirange(o.during) - coalesce(
      (SELECT range_agg(t.during) FROM touched t WHERE t.series_id = o.series_id), '{}')) AS rest
    CROSS JOIN LATERAL (
      SELECT tstzrange(min(lower(d.during)), max(upper(d.during))) AS during
      FROM candled.market_session m CROSS JOIN LATERAL (SELECT candled.session_range(m, o.timeframe)) AS d (during)
      WHERE m.calendar = o.calendar AND m.extended_opens_at >= lower(rest) AND m.extended_opens_at < upper(rest)
      HAVING count(*) > 0
    ) s
  ), in_order AS (
    SELECT p.*, lag(upper(during)) OVER w AS previous_until, lag(attempts) OVER w AS previous_attempts
    FROM pieces p WINDOW w AS (PARTITION BY series_id ORDER BY during)
  ), numbered AS (
    SELECT i.*, count(*) FILTER (WHERE i.attempts IS DISTINCT FROM i.previous_attempts OR EXISTS (
                  SELECT FROM candled.market_session m
                  WHERE m.calendar = i.calendar AND m.extended_opens_at >= i.previous_until
                    AND m.extended_opens_at < lower(i.during)))
                OVER (PARTITION BY i.series_id ORDER BY i.during) AS number
    FROM in_order i
  ), merged AS (
    SELECT series_id, tstzrange(min(lower(during)), max(upper(during))) AS during, min(attempts) AS attempts,
           min(first_seen) AS first_seen, max(last_tried) AS last_tried, min(next_try_at) AS next_try_at,
           min(gap_id) AS gap_id
    FROM numbered GROUP BY series_id, number
  ), placed AS (  -- a gap's row goes on as its first piece
    SELECT m.*, CASE WHEN row_number() OVER (PARTITION BY gap_id ORDER BY during) = 1 THEN gap_id END AS kept_id
    FROM merged m
  ), kept AS (
    UPDATE candled.gap g
    SET during = p.during, attempts = p.attempts, first_seen = p.first_seen, last_tried = p.last_tried,
        next_try_at = p.next_try_at
    FROM placed p
    WHERE g.gap_id = p.kept_id AND (g.during, g.attempts, g.first_seen, g.last_tried, g.next_try_at)
                                   IS DISTINCT FROM (p.during, p.attempts, p.first_seen, p.last_tried, p.next_try_at)
  ), ended AS (
    UPDATE candled.gap g SET closed_at = $3::timestamptz
    FROM old o WHERE g.gap_id = o.gap_id AND NOT EXISTS (SELECT FROM placed p WHERE p.kept_id = o.gap_id)
  )
  INSERT INTO candled.gap (series_id, during, reason, detail, first_seen, last_tried, attempts, next_try_at)
  SELECT series_id, during, 'provider_empty', 'asked and answered without a single bar', first_seen, last_tried, attempts,
         next_try_at
  FROM placed WHERE kept_id IS NULL ORDER BY series_id, during)";

}  // namespace

void keep_empty_sessions(pqxx::work& work, States const& states, std::set<SeriesId> const& series,
                         std::string const& seen_at) {
  PgArray ids, proven;
  for (auto const id : series) {
    ids.add(id);
    proven.add(states.at(id).proven);
  }
  if (!series.empty()) work.exec_params(keep_sql, ids.text(), proven.text(), seen_at);
}

}  // namespace candled
