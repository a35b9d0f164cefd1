// The statements of import_names.cpp, in the order in which they are used, with tables of the transaction.
#pragma once

namespace candled::import_sql {

// As lock_sql of open_series.cpp: nobody registers a ticker meanwhile.
inline constexpr char lock[] = "SELECT pg_advisory_xact_lock(x'63616e646c656473'::int8)";

// wanted: what is to be.
inline constexpr char make_wanted[] = R"(
  CREATE TEMP TABLE wanted (line int4, identifier text, ticker text, valid daterange, exchange text,
                            instrument_id int4) ON COMMIT DROP)";
inline constexpr char fill_wanted[] = R"(
  INSERT INTO pg_temp.wanted (line, identifier, ticker, valid, exchange)
  SELECT line, identifier, ticker, valid::daterange, nullif(exchange, '')
  FROM unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::text[])
    AS w (line, identifier, ticker, valid, exchange))";

inline constexpr char find_taken[] = R"(
  SELECT w.line, format('%s is the ticker of %s from %s to %s: say here where that ends', w.ticker, i.identifier,
                        coalesce(lower(o.valid)::text, '...'), coalesce((upper(o.valid) - 1)::text, '...'))
  FROM pg_temp.wanted w
  JOIN candled.instrument_ticker o ON o.ticker = w.ticker AND o.valid && w.valid
  JOIN candled.instrument i ON i.instrument_id = o.instrument_id
  WHERE i.identifier NOT IN (SELECT identifier FROM pg_temp.wanted)
  ORDER BY 1)";

inline constexpr char identify[] = R"(
  UPDATE pg_temp.wanted w SET instrument_id = i.instrument_id
  FROM candled.instrument i WHERE i.identifier = w.identifier)";

// Whoever has no identifier yet and had the last ticker of an instrument to the end, or to today, is that
// instrument: a name that is announced is none yet, and the end of today's is none either.
inline constexpr char adopt[] = R"(
  WITH begun AS (
    SELECT identifier, ticker, CASE WHEN upper(valid) > today THEN daterange(lower(valid), NULL) ELSE valid END AS valid
    FROM pg_temp.wanted CROSS JOIN candled.today('XNYS') AS today
    WHERE instrument_id IS NULL AND coalesce(lower(valid) <= today, true)
  ), last AS (
    SELECT DISTINCT ON (identifier) identifier, ticker, valid FROM begun
    ORDER BY identifier, upper(valid) DESC NULLS FIRST
  ), candidate AS (
    SELECT DISTINCT ON (o.instrument_id) o.instrument_id, l.identifier
    FROM last l
    JOIN candled.instrument_ticker o ON o.ticker = l.ticker AND o.valid && l.valid
      AND (upper_inf(l.valid) OR upper(l.valid) >= upper(o.valid))
    JOIN candled.instrument i ON i.instrument_id = o.instrument_id AND i.identifier IS NULL
    ORDER BY o.instrument_id, upper(l.valid) DESC NULLS FIRST
  )
  UPDATE candled.instrument i SET identifier = c.identifier
  FROM (SELECT max(instrument_id) AS instrument_id, identifier FROM candidate GROUP BY identifier) c
  WHERE i.instrument_id = c.instrument_id
  RETURNING format('#%s is %s', i.instrument_id, i.identifier))";
inline constexpr char add_instruments[] = R"(
  INSERT INTO candled.instrument (identifier)
  SELECT DISTINCT identifier FROM pg_temp.wanted WHERE instrument_id IS NULL ORDER BY 1)";

// held: the names of all instruments that may change. piece: their days, by who has them from now on.
inline constexpr char make_pieces[] = R"(
  CREATE TEMP TABLE held ON COMMIT DROP AS
  SELECT h.* FROM candled.instrument_ticker h
  WHERE h.instrument_id IN (
    SELECT instrument_id FROM pg_temp.wanted
    UNION SELECT o.instrument_id FROM pg_temp.wanted w
          JOIN candled.instrument_ticker o ON o.ticker = w.ticker AND o.valid && w.valid);
  CREATE TEMP TABLE piece ON COMMIT DROP AS
  SELECT row_number() OVER (ORDER BY ticker, valid) AS piece_id, p.*
  FROM (
    SELECT h.instrument_id AS was, w.instrument_id AS now, h.ticker, h.valid * w.valid AS valid, h.exchange
    FROM pg_temp.held h JOIN pg_temp.wanted w ON w.ticker = h.ticker AND w.valid && h.valid
    UNION ALL
    SELECT h.instrument_id, NULL, h.ticker, rest, h.exchange
    FROM pg_temp.held h CROSS JOIN LATERAL unnest(
      datemultirange(h.valid)
      - coalesce((SELECT range_agg(w.valid) FROM pg_temp.wanted w WHERE w.ticker = h.ticker), '{}')) AS rest
  ) p;
  SELECT series_id FROM candled.series
  WHERE instrument_id IN (SELECT instrument_id FROM pg_temp.held UNION SELECT instrument_id FROM pg_temp.wanted)
  ORDER BY series_id FOR UPDATE;
  UPDATE pg_temp.piece p SET now = was
  WHERE now IS NULL AND was NOT IN (SELECT instrument_id FROM pg_temp.wanted)
    AND NOT EXISTS (SELECT FROM pg_temp.piece q WHERE q.was = p.was AND q.now <> q.was AND q.valid > p.valid))";

// Days that nobody has from now on, with bars, or splits and dividends.
inline constexpr char find_orphans[] = R"(
  SELECT p.piece_id FROM pg_temp.piece p
  WHERE p.now IS NULL AND EXISTS (
    SELECT FROM candled.series s
    CROSS JOIN LATERAL (
      SELECT FROM candled.bar b WHERE b.series_id = s.series_id
        AND b.ts >= candled.named_from(p.valid, s.calendar, s.timeframe)
        AND b.ts < candled.named_until(p.valid, s.calendar, s.timeframe)
      UNION ALL
      SELECT FROM candled.rejected_bar b WHERE b.series_id = s.series_id
        AND b.ts >= candled.named_from(p.valid, s.calendar, s.timeframe)
        AND b.ts < candled.named_until(p.valid, s.calendar, s.timeframe)
    ) b
    WHERE s.instrument_id = p.was
    UNION ALL
    SELECT FROM candled.corporate_action a WHERE a.instrument_id = p.was AND p.valid @> a.ex_date)
  ORDER BY 1)";
inline constexpr char take_in_orphan[] = R"(
  WITH made AS (INSERT INTO candled.instrument DEFAULT VALUES RETURNING instrument_id)
  UPDATE pg_temp.piece SET now = made.instrument_id FROM made WHERE piece_id = $1)";

// named: the names from now on of those of held. touched: instruments that have others than before.
inline constexpr char rename[] = R"(
  CREATE TEMP TABLE named ON COMMIT DROP AS
  SELECT w.ticker, w.instrument_id, w.valid,
         coalesce(w.exchange, (SELECT max(h.exchange) FROM pg_temp.held h
                               WHERE h.ticker = w.ticker AND h.instrument_id = w.instrument_id
                                 AND h.valid && w.valid)) AS exchange
  FROM pg_temp.wanted w
  UNION ALL
  SELECT p.ticker, p.now, p.valid, p.exchange FROM pg_temp.piece p
  WHERE p.now IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_temp.wanted w WHERE w.ticker = p.ticker AND w.valid && p.valid);
  CREATE TEMP TABLE touched ON COMMIT DROP AS
  SELECT DISTINCT instrument_id FROM (
    (SELECT ticker, instrument_id, valid FROM pg_temp.held EXCEPT SELECT ticker, instrument_id, valid FROM pg_temp.named)
    UNION ALL
    (SELECT ticker, instrument_id, valid FROM pg_temp.named EXCEPT SELECT ticker, instrument_id, valid FROM pg_temp.held)
  ) d;
  DELETE FROM candled.instrument_ticker t
  USING (SELECT * FROM pg_temp.held EXCEPT SELECT * FROM pg_temp.named) g
  WHERE t.ticker = g.ticker AND t.valid = g.valid;
  INSERT INTO candled.instrument_ticker (ticker, instrument_id, valid, exchange)
  SELECT * FROM pg_temp.named EXCEPT SELECT * FROM pg_temp.held)";

// shift: what goes from one series to another. Only where there is something.
inline constexpr char make_shifts[] = R"(
  CREATE TEMP TABLE shift ON COMMIT DROP AS
  SELECT p.piece_id, s.series_id AS from_series, NULL::int4 AS to_series, p.now AS instrument_id, s.timeframe, s.provider,
         s.calendar, s.wanted_from, s.is_primary, s.wanted_until, s.shown_until, t.from_ts, t.until_ts, c.bars
  FROM pg_temp.piece p
  JOIN candled.series s ON s.instrument_id = p.was
  CROSS JOIN LATERAL (SELECT candled.named_from(p.valid, s.calendar, s.timeframe) AS from_ts,
                             candled.named_until(p.valid, s.calendar, s.timeframe) AS until_ts) t
  CROSS JOIN LATERAL (SELECT count(*) AS bars FROM candled.bar b
                      WHERE b.series_id = s.series_id AND b.ts >= t.from_ts AND b.ts < t.until_ts) c
  WHERE p.now <> p.was
    AND (c.bars > 0 OR s.covered && tstzrange(t.from_ts, t.until_ts)
         OR EXISTS (SELECT FROM candled.rejected_bar r
                    WHERE r.series_id = s.series_id AND r.ts >= t.from_ts AND r.ts < t.until_ts));
  INSERT INTO candled.series (instrument_id, timeframe, provider, wanted_from, calendar, is_primary, wanted_until, shown_until)
  SELECT n.instrument_id, n.timeframe, n.provider, n.wanted_from, n.calendar, n.is_first, n.wanted_until,
         CASE WHEN NOT n.is_first THEN n.shown_until END
  FROM (
    SELECT d.*, row_number() OVER (PARTITION BY d.instrument_id, d.timeframe ORDER BY d.is_primary DESC, d.from_series) = 1
           AND NOT EXISTS (SELECT FROM candled.series p WHERE p.instrument_id = d.instrument_id
                             AND p.timeframe = d.timeframe AND p.is_primary) AS is_first
    FROM (SELECT DISTINCT ON (instrument_id, timeframe, provider) * FROM pg_temp.shift
          ORDER BY instrument_id, timeframe, provider, is_primary DESC, from_series) d
  ) n
  ON CONFLICT (instrument_id, timeframe, provider) DO NOTHING;
  UPDATE pg_temp.shift x SET to_series = s.series_id
  FROM candled.series s
  WHERE s.instrument_id = x.instrument_id AND s.timeframe = x.timeframe AND s.provider = x.provider;
  UPDATE candled.series n SET rolled_from = f.series_id
  FROM pg_temp.shift x
  JOIN candled.series o ON o.series_id = x.from_series
  JOIN candled.series p ON p.series_id = o.rolled_from
  JOIN candled.series f ON f.instrument_id = x.instrument_id AND f.timeframe = p.timeframe AND f.provider = p.provider
  WHERE n.series_id = x.to_series AND n.rolled_from IS NULL;
  CREATE TEMP TABLE own ON COMMIT DROP AS
  SELECT s.series_id, s.instrument_id,
         coalesce((SELECT range_agg(tstzrange(candled.named_from(p.valid, s.calendar, s.timeframe),
                                              candled.named_until(p.valid, s.calendar, s.timeframe)))
                   FROM pg_temp.piece p WHERE p.was = s.instrument_id AND p.now = p.was), '{}') AS kept,
         coalesce((SELECT range_agg(tstzrange(x.from_ts, x.until_ts))
                   FROM pg_temp.shift x WHERE x.from_series = s.series_id), '{}') AS gone,
         coalesce((SELECT range_agg(tstzrange(candled.named_from(n.valid, s.calendar, s.timeframe),
                                              candled.named_until(n.valid, s.calendar, s.timeframe)))
                   FROM pg_temp.named n WHERE n.instrument_id = s.instrument_id), '{}') AS named
  FROM candled.series s WHERE s.instrument_id IN (SELECT instrument_id FROM pg_temp.touched))";

// Bars that a new name would show, and that were asked for when the instrument had no name then.
inline constexpr char find_strays[] = R"(
  SELECT coalesce((SELECT min(w.line) FROM pg_temp.wanted w WHERE w.instrument_id = o.instrument_id), 0),
         format('%s has bars of %s (UTC, series %s) that none of its tickers covered so far, so that nobody can say '
                'whose they are: remove them from candled.bar, and the time from candled.series.covered',
                coalesce(i.identifier, '#' || i.instrument_id), b.ts AT TIME ZONE 'UTC', o.series_id)
  FROM pg_temp.own o
  JOIN candled.instrument i USING (instrument_id)
  CROSS JOIN LATERAL (
    SELECT b.ts FROM unnest(o.named - o.kept - o.gone) AS r
    JOIN candled.bar b ON b.series_id = o.series_id AND b.ts >= lower(r) AND b.ts < upper(r)
    ORDER BY b.ts LIMIT 1
  ) b
  ORDER BY 1)";

// Sorted, so that all has gone before the first comes: two instruments may change places.
inline constexpr char move_bars[] = R"(
  WITH gone AS (
    DELETE FROM candled.bar b USING pg_temp.shift x
    WHERE b.series_id = x.from_series AND b.ts >= x.from_ts AND b.ts < x.until_ts
    RETURNING x.to_series, b.*
  )
  INSERT INTO candled.bar (ts, open, high, low, close, volume, vwap, series_id, trade_count)
  SELECT ts, open, high, low, close, volume, vwap, to_series, trade_count FROM gone ORDER BY to_series, ts;
  WITH gone AS (
    DELETE FROM candled.bar_revision b USING pg_temp.shift x
    WHERE b.series_id = x.from_series AND b.ts >= x.from_ts AND b.ts < x.until_ts
    RETURNING x.to_series, b.*
  )
  INSERT INTO candled.bar_revision (seen_at, ts, open, high, low, close, volume, vwap, series_id, trade_count, existed)
  SELECT seen_at, ts, open, high, low, close, volume, vwap, to_series, trade_count, existed
  FROM gone ORDER BY to_series, ts;
  WITH gone AS (
    DELETE FROM candled.rejected_bar b USING pg_temp.shift x
    WHERE b.series_id = x.from_series AND b.ts >= x.from_ts AND b.ts < x.until_ts
    RETURNING x.to_series, b.*
  )
  INSERT INTO candled.rejected_bar (series_id, ts, open, high, low, close, volume, vwap, trade_count, reason, first_seen,
                                    last_seen, times)
  SELECT to_series, ts, open, high, low, close, volume, vwap, trade_count, reason, first_seen, last_seen, times
  FROM gone ORDER BY to_series, ts)";

// Names begin and end at midnight, and so a session has one: its row goes as a whole, unless the other series
// has other sessions. share: which time of which series' proof is whose from now on. What is in none was
// asked for under a name that is another's now, or nobody's: it proves nothing.
inline constexpr char move_proof[] = R"(
  CREATE TEMP TABLE share ON COMMIT DROP AS
  SELECT series_id AS from_series, series_id AS to_series, kept AS during FROM pg_temp.own
  UNION ALL
  SELECT from_series, to_series, tstzmultirange(tstzrange(from_ts, until_ts)) FROM pg_temp.shift;
  CREATE TEMP TABLE log_share ON COMMIT DROP AS
  SELECT l.covered_at, l.during * h.during AS during, h.to_series
  FROM pg_temp.share h JOIN candled.coverage_log l ON l.series_ids @> ARRAY[h.from_series];
  UPDATE candled.coverage_log l
  SET series_ids = ARRAY(SELECT unnest(l.series_ids) EXCEPT SELECT series_id FROM pg_temp.own)
  WHERE l.series_ids && (SELECT coalesce(array_agg(series_id), '{}') FROM pg_temp.own);
  DELETE FROM candled.coverage_log WHERE series_ids = '{}';
  INSERT INTO candled.coverage_log (covered_at, during, series_ids)
  SELECT covered_at, during, ARRAY[to_series] FROM pg_temp.log_share WHERE NOT isempty(during);
  WITH fresh AS (
    SELECT h.to_series AS series_id, range_agg(s.covered * h.during) AS covered
    FROM pg_temp.share h JOIN candled.series s ON s.series_id = h.from_series GROUP BY 1
  )
  UPDATE candled.series s SET covered = f.covered FROM fresh f
  WHERE s.series_id = f.series_id AND s.covered <> f.covered;
  INSERT INTO candled.settled AS k (series_id, after, since, during)
  SELECT h.to_series, o.after, max(o.since), range_agg(o.during * h.during)
  FROM pg_temp.share h JOIN candled.settled o ON o.series_id = h.from_series GROUP BY 1, 2
  ON CONFLICT (series_id, after) DO UPDATE SET during = EXCLUDED.during WHERE k.during <> EXCLUDED.during;
  WITH gone AS (
    DELETE FROM candled.gap g USING (SELECT DISTINCT from_series FROM pg_temp.share) h
    WHERE g.series_id = h.from_series AND g.closed_at IS NULL RETURNING g.*
  )
  INSERT INTO candled.gap (series_id, during, reason, detail, first_seen, last_tried, attempts, next_try_at)
  SELECT h.to_series, part, g.reason, g.detail, g.first_seen, g.last_tried, g.attempts, g.next_try_at
  FROM gone g JOIN pg_temp.share h ON h.from_series = g.series_id
  CROSS JOIN LATERAL unnest(tstzmultirange(g.during) * h.during) AS part
  ORDER BY g.gap_id;
  UPDATE candled.corporate_action a SET instrument_id = p.now FROM pg_temp.piece p
  WHERE a.instrument_id = p.was AND p.now <> p.was AND p.valid @> a.ex_date;
  WITH gone AS (
    DELETE FROM candled.series_session k USING pg_temp.own o JOIN candled.series s USING (series_id)
    WHERE k.series_id = o.series_id
      AND NOT o.kept @> (k.session_date::timestamp AT TIME ZONE candled.calendar_zone(s.calendar))
    RETURNING k.*
  )
  INSERT INTO candled.series_session (series_id, session_date, bars, hash, complete_at)
  SELECT x.to_series, g.session_date, g.bars, g.hash, g.complete_at
  FROM gone g JOIN pg_temp.shift x ON x.from_series = g.series_id
    AND g.session_date::timestamp AT TIME ZONE candled.calendar_zone(x.calendar) >= x.from_ts
    AND g.session_date::timestamp AT TIME ZONE candled.calendar_zone(x.calendar) < x.until_ts
  ORDER BY 1, 2;
  SELECT candled.recount_sessions(coalesce(array_agg(DISTINCT s.series_id), '{}'))
  FROM pg_temp.shift x JOIN candled.series s ON s.series_id = x.to_series
  WHERE s.calendar <> x.calendar)";

// Stored rollups have moved as other series do. A week in whose midst a name begins or ends held the bars of
// two instruments; and what has come to a series is rolled anew: its rollups may have lacked it.
inline constexpr char move_rollups[] = R"(
  CREATE TEMP TABLE straddle ON COMMIT DROP AS
  SELECT DISTINCT r.series_id, candled.bucket_start(e.edge, r.timeframe, r.calendar) AS from_ts,
         candled.bucket_end(e.edge, r.timeframe, r.calendar) AS until_ts
  FROM pg_temp.piece p
  JOIN candled.series r ON r.instrument_id IN (p.was, p.now) AND r.rolled_from IS NOT NULL AND r.timeframe = '1w'
  CROSS JOIN LATERAL (VALUES (candled.named_from(p.valid, r.calendar)), (candled.named_until(p.valid, r.calendar)))
    AS e (edge)
  WHERE p.now <> p.was AND isfinite(e.edge) AND candled.bucket_start(e.edge, r.timeframe, r.calendar) <> e.edge;
  DELETE FROM candled.bar b USING pg_temp.straddle w
  WHERE b.series_id = w.series_id AND b.ts >= w.from_ts AND b.ts < w.until_ts;
  UPDATE candled.series s SET covered = s.covered - w.during
  FROM (SELECT series_id, range_agg(tstzrange(from_ts, until_ts)) AS during FROM pg_temp.straddle GROUP BY 1) w
  WHERE s.series_id = w.series_id AND s.covered && w.during;
  INSERT INTO candled.rollup_dirty (series_id, during)
  SELECT s.series_id, s.covered * tstzmultirange(tstzrange(part, part + interval '56 days'))
  FROM candled.series s
  CROSS JOIN LATERAL generate_series(lower(s.covered), upper(s.covered), interval '56 days') AS part
  WHERE s.series_id IN (SELECT from_series FROM pg_temp.shift UNION SELECT to_series FROM pg_temp.shift)
    AND EXISTS (SELECT FROM candled.series r WHERE r.rolled_from = s.series_id)
    AND s.covered && tstzrange(part, part + interval '56 days')
  ORDER BY s.series_id, part)";

inline constexpr char report[] = R"(
  WITH change AS (
    SELECT p.ticker, p.valid, p.was, p.now,
           (SELECT coalesce(sum(x.bars), 0) FROM pg_temp.shift x WHERE x.piece_id = p.piece_id) AS bars
    FROM pg_temp.piece p WHERE p.now IS DISTINCT FROM p.was
    UNION ALL
    SELECT w.ticker, part, NULL, w.instrument_id, 0
    FROM pg_temp.wanted w CROSS JOIN LATERAL unnest(
      datemultirange(w.valid)
      - coalesce((SELECT range_agg(h.valid) FROM pg_temp.held h WHERE h.ticker = w.ticker), '{}')) AS part
  )
  SELECT c.ticker, to_char(lower(c.valid), 'YYYY-MM-DD'), to_char(upper(c.valid) - 1, 'YYYY-MM-DD'),
         coalesce(a.identifier, '#' || c.was, ''), coalesce(b.identifier, '#' || c.now, ''), c.bars
  FROM change c
  LEFT JOIN candled.instrument a ON a.instrument_id = c.was
  LEFT JOIN candled.instrument b ON b.instrument_id = c.now
  ORDER BY c.ticker, c.valid)";

}  // namespace candled::import_sql
