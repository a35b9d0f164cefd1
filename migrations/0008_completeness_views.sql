-- Completeness for people: sessions, hashes, bars as they were known, and gaps with all their reasons.

-- The table of a year is made beside `bar` and attached when it is whole: ATTACH lets running readers and writers
-- of other years go on, where CREATE TABLE … PARTITION OF would stop them. Callers at the same time wait for each
-- other. SECURITY DEFINER: whoever writes bars needs no other right to make tables.
CREATE OR REPLACE FUNCTION candled.ensure_bar_partitions(from_ts timestamptz, to_ts timestamptz) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  first_year constant int4 := extract(year FROM from_ts AT TIME ZONE 'UTC');
  last_year  constant int4 := extract(year FROM to_ts AT TIME ZONE 'UTC');
  partition  text;
  existing   regclass;
  made       int4 := 0;
BEGIN
  IF first_year < 1900 OR last_year > 2199 OR first_year > last_year THEN
    RAISE EXCEPTION 'no bars are kept from % to %', from_ts, to_ts
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Bars lie between the years 1900 and 2199.';
  END IF;
  FOR year IN first_year .. last_year LOOP
    partition := format('bar_%s', year);
    existing := to_regclass(format('candled.%I', partition));
    IF existing IS NOT NULL THEN
      -- Without this its bars would look like bars that cannot be true.
      IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = existing AND inhparent = 'candled.bar'::regclass
                       AND NOT inhdetachpending) THEN
        RAISE EXCEPTION 'the table candled.% is there, but is no partition of candled.bar: attach it, or rename it',
                        partition
          USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = format('ALTER TABLE candled.bar ATTACH PARTITION candled.%I FOR VALUES FROM (%L) TO (%L)',
                              partition, make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC'),
                              make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC'));
      END IF;
      CONTINUE;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('candled.ensure_bar_partitions', 0));
    -- Whoever held the lock may have made it. Read from the catalog: to_regclass still remembers that it was not there.
    CONTINUE WHEN EXISTS (
      SELECT FROM pg_class WHERE relname = partition AND relnamespace = 'candled'::regnamespace);
    EXECUTE format('CREATE TABLE candled.%I (LIKE candled.bar INCLUDING ALL)', partition);
    EXECUTE format('ALTER TABLE candled.bar ATTACH PARTITION candled.%I FOR VALUES FROM (%L) TO (%L)', partition,
                   make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC'), make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC'));
    made := made + 1;
  END LOOP;
  RETURN made;
END
$function$;

-- As with bar: coverage names the series, and checking it would take as long as a row does.
ALTER TABLE candled.series_session DROP CONSTRAINT series_session_series_id_fkey;

-- What follows computes in SQL what the loads compute, so that anybody can verify it.

CREATE FUNCTION candled.timeframe_length(timeframe text) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE timeframe WHEN '1m' THEN interval '1 minute' WHEN '5m' THEN interval '5 minutes'
                        WHEN '15m' THEN interval '15 minutes' WHEN '30m' THEN interval '30 minutes'
                        WHEN '1h' THEN interval '1 hour' WHEN '4h' THEN interval '4 hours'
                        WHEN '1d' THEN interval '1 day' WHEN '1w' THEN interval '7 days'
                        WHEN '1mo' THEN interval '1 month' END
$function$;
COMMENT ON FUNCTION candled.timeframe_length(text) IS 'The length of a bar.';

CREATE FUNCTION candled.calendar_zone(calendar text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE calendar WHEN '24x7' THEN 'UTC' ELSE 'America/New_York' END
$function$;
COMMENT ON FUNCTION candled.calendar_zone(text) IS 'The zone in which a calendar''s days begin.';

CREATE FUNCTION candled.session_range(session candled.market_session, timeframe text) RETURNS tstzrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN timeframe = '1d'
    THEN tstzrange((session).session_date::timestamp AT TIME ZONE candled.calendar_zone((session).calendar),
                   ((session).session_date + 1)::timestamp AT TIME ZONE candled.calendar_zone((session).calendar))
    ELSE tstzrange((session).extended_opens_at, (session).extended_closes_at) END
$function$;
COMMENT ON FUNCTION candled.session_range(candled.market_session, text) IS
  'What must be covered for a session to be complete: its extended hours, or for 1d the whole day of the calendar''s zone.';

-- The same number has one form here: NaN has many in memory, and zero has two.
CREATE FUNCTION candled.bar_hash(ts timestamptz, open float8, high float8, low float8, close float8, volume float8,
                                 vwap float8, trade_count int4) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT substring(sha256(timestamptz_send(ts) || float8send(open) || float8send(high) || float8send(low)
                          || float8send(close) || float8send(volume + 0)
                          || float8send(CASE WHEN vwap = 'NaN' THEN 'NaN' ELSE vwap END) || int4send(trade_count))
                   FROM 1 FOR 16)
$function$;
COMMENT ON FUNCTION candled.bar_hash(timestamptz, float8, float8, float8, float8, float8, float8, int4) IS
  'The first 16 bytes of SHA-256 over a bar''s start (microseconds since 2000-01-01 UTC) and values, each big-endian.';

CREATE FUNCTION candled.hash_lane(hash bytea, lane int4) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT ('x' || encode(substring(hash FROM 8 * lane - 7 FOR 8), 'hex'))::bit(64)::int8
$function$;
COMMENT ON FUNCTION candled.hash_lane(bytea, int4) IS 'The first or second (1, 2) big-endian 64-bit number of a hash.';

CREATE FUNCTION candled.wrap_64(total numeric) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT int8send((mod(mod(total + 9223372036854775808, 18446744073709551616) + 18446744073709551616,
                       18446744073709551616) - 9223372036854775808)::int8)
$function$;
COMMENT ON FUNCTION candled.wrap_64(numeric) IS 'A sum modulo 2^64, as 8 bytes, big-endian.';

CREATE FUNCTION candled.add_hashes(a bytea, b bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT candled.wrap_64(coalesce(candled.hash_lane(a, 1), 0)::numeric + coalesce(candled.hash_lane(b, 1), 0))
      || candled.wrap_64(coalesce(candled.hash_lane(a, 2), 0)::numeric + coalesce(candled.hash_lane(b, 2), 0))
$function$;
COMMENT ON FUNCTION candled.add_hashes(bytea, bytea) IS 'The sum of two hashes, each of whose two numbers wraps around; NULL counts as nothing.';

-- For bars that came before there were sessions to count them in, and when a series moves to another calendar.
CREATE FUNCTION candled.recount_sessions(ids int4[]) RETURNS void
LANGUAGE sql AS $function$
  DELETE FROM candled.series_session WHERE series_id = ANY (ids);
  INSERT INTO candled.series_session (series_id, session_date, bars, hash, complete_at)
  SELECT series_id, session_date, coalesce(p.bars, 0), candled.add_hashes(p.hash, NULL), c.complete_at
  FROM (
    SELECT s.series_id, (b.ts AT TIME ZONE candled.calendar_zone(s.calendar))::date AS session_date, count(*) AS bars,
           candled.wrap_64(sum(candled.hash_lane(h.hash, 1))) || candled.wrap_64(sum(candled.hash_lane(h.hash, 2))) AS hash
    FROM candled.series s
    JOIN candled.bar b ON b.series_id = s.series_id
    CROSS JOIN LATERAL (SELECT candled.bar_hash(b.ts, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count)) AS h (hash)
    WHERE s.series_id = ANY (ids) AND s.timeframe NOT IN ('1w', '1mo')
    GROUP BY 1, 2
  ) p FULL JOIN (
    SELECT s.series_id, m.session_date, clock_timestamp() AS complete_at
    FROM candled.series s
    JOIN candled.market_session m ON m.calendar = s.calendar
      AND m.extended_opens_at > lower(s.covered) - interval '1 day' AND m.extended_opens_at < upper(s.covered)
    WHERE s.series_id = ANY (ids) AND s.timeframe NOT IN ('1w', '1mo')
      AND s.covered @> candled.session_range(m, s.timeframe)
  ) c USING (series_id, session_date)
$function$;
COMMENT ON FUNCTION candled.recount_sessions(int4[]) IS
  'Makes the rows of series_session anew from bar, coverage and calendar. Nobody may load these series meanwhile: hold their row locks.';
-- The bars that are there already. It reads them all, once.
SET LOCAL statement_timeout = 0;
SELECT candled.recount_sessions(array_agg(series_id)) FROM candled.series;

-- Holes by reason. A gap says why; a hole that no gap explains was never asked, if a bar can have closed in it. Gaps
-- are trimmed where they have been filled since, except those of ranges that are covered already: answered without a
-- bar, or with one that cannot be true, or not read again. A calendar that is not in market_session shows every hole
-- before the end of coverage.
CREATE OR REPLACE VIEW candled.gaps AS
SELECT t.ticker, s.timeframe, s.provider, h.gap_from, h.gap_until, h.reason, h.detail, h.first_seen, h.last_tried,
       h.attempts, h.next_try_at
FROM candled.series s
CROSS JOIN LATERAL (
  SELECT EXISTS (SELECT FROM candled.market_session m WHERE m.calendar = s.calendar) AS is_known,
         (SELECT range_agg(tstzrange(lower(n.valid)::timestamp AT TIME ZONE 'UTC', upper(n.valid)::timestamp AT TIME ZONE 'UTC'))
          FROM candled.instrument_ticker n WHERE n.instrument_id = s.instrument_id) AS named
) c
CROSS JOIN LATERAL (
  SELECT greatest(lower(g.during), s.wanted_from) AS gap_from, upper(g.during) AS gap_until, g.reason, g.detail,
         g.first_seen, g.last_tried, g.attempts, g.next_try_at
  FROM candled.gap g
  WHERE g.series_id = s.series_id AND g.closed_at IS NULL AND upper(g.during) > s.wanted_from
  UNION ALL
  SELECT lower(hole), upper(hole), 'never_asked', 'not asked yet', NULL, NULL, 0, NULL
  FROM (SELECT CASE WHEN c.is_known THEN now() ELSE coalesce(upper(s.covered), now()) END) AS u (until)
  CROSS JOIN LATERAL unnest(
    CASE WHEN s.wanted_from < u.until THEN tstzmultirange(tstzrange(s.wanted_from, u.until)) ELSE '{}' END * c.named
    - s.covered
    - coalesce((SELECT range_agg(o.during) FROM candled.gap o
                WHERE o.series_id = s.series_id AND o.closed_at IS NULL), '{}')) AS hole
  WHERE NOT c.is_known OR EXISTS (
    SELECT FROM candled.market_session m
    WHERE m.calendar = s.calendar
      AND m.extended_opens_at > lower(hole) - interval '1 day' AND m.extended_opens_at < upper(hole)
      AND CASE WHEN s.timeframe IN ('1d', '1w', '1mo')
               THEN m.extended_closes_at > lower(hole) AND m.extended_closes_at <= upper(hole)
                    AND (s.timeframe = '1d' OR lower(hole) + candled.timeframe_length(s.timeframe) <= upper(hole))
               ELSE least(m.extended_closes_at, upper(hole)) - greatest(m.extended_opens_at, lower(hole))
                    >= candled.timeframe_length(s.timeframe) END)
) h
CROSS JOIN LATERAL (
  SELECT n.ticker FROM candled.instrument_ticker n
  WHERE n.instrument_id = s.instrument_id
    AND n.valid && daterange((h.gap_from AT TIME ZONE 'UTC')::date, (h.gap_until AT TIME ZONE 'UTC')::date, '[]')
  ORDER BY upper(n.valid) DESC NULLS FIRST LIMIT 1
) t;
COMMENT ON VIEW   candled.gaps             IS 'What is missing and why, one row for each hole: failed ranges, sessions without a bar, and holes from wanted_from until now that were never asked.';
COMMENT ON COLUMN candled.gaps.ticker      IS 'the name that the instrument had in the gap, the last one if it had several';
COMMENT ON COLUMN candled.gaps.timeframe   IS 'length of the bars that are missing';
COMMENT ON COLUMN candled.gaps.provider    IS 'the provider whose bars are missing';
COMMENT ON COLUMN candled.gaps.gap_from    IS 'start of the gap, UTC';
COMMENT ON COLUMN candled.gaps.gap_until   IS 'end of the gap, not included, UTC';
COMMENT ON COLUMN candled.gaps.reason      IS 'provider_empty, fetch_failed, not_entitled, rejected, horizon (see table gap), or never_asked';
COMMENT ON COLUMN candled.gaps.detail      IS 'the last failure, one line for people';
COMMENT ON COLUMN candled.gaps.first_seen  IS 'when it failed first, UTC; NULL: never asked';
COMMENT ON COLUMN candled.gaps.last_tried  IS 'when it failed last, UTC; NULL: never asked';
COMMENT ON COLUMN candled.gaps.attempts    IS 'how often it failed';
COMMENT ON COLUMN candled.gaps.next_try_at IS 'not tried again before, UTC; infinity: not before a person asks; NULL: as soon as a job is due';

CREATE OR REPLACE VIEW candled.coverage_report AS
SELECT t.ticker, s.timeframe, s.provider, s.is_primary, s.wanted_from,
       lower(s.covered) AS covered_from, upper(s.covered) AS covered_until,
       (SELECT count(*) FROM unnest(
          CASE WHEN s.wanted_from < upper(s.covered) THEN tstzmultirange(tstzrange(s.wanted_from, upper(s.covered)))
               ELSE '{}' END - s.covered)) AS holes,
       (SELECT count(*) FROM candled.gap g WHERE g.series_id = s.series_id AND g.closed_at IS NULL) AS open_gaps,
       (SELECT b.ts FROM candled.bar b WHERE b.series_id = s.series_id ORDER BY b.ts DESC LIMIT 1) AS last_bar_at
FROM candled.series s
CROSS JOIN LATERAL (
  SELECT n.ticker FROM candled.instrument_ticker n
  WHERE n.instrument_id = s.instrument_id
  ORDER BY n.valid @> (now() AT TIME ZONE 'UTC')::date DESC, upper(n.valid) DESC NULLS FIRST LIMIT 1
) t;
COMMENT ON VIEW   candled.coverage_report               IS 'How far each series is collected, one row each. Counts no bars, so it is quick at any size.';
COMMENT ON COLUMN candled.coverage_report.ticker        IS 'the name that the instrument has today, or had last';

-- A state follows from coverage alone. No bar is read: the loads have counted them.
CREATE VIEW candled.session_completeness AS
SELECT t.ticker, s.timeframe, s.provider, m.session_date,
       CASE WHEN s.covered @> d.during THEN CASE WHEN coalesce(k.bars, 0) = 0 THEN 'empty' ELSE 'complete' END
            WHEN s.covered && d.during THEN 'partial'
            ELSE 'missing' END AS state,
       CASE WHEN s.timeframe = '1d' THEN 1
            ELSE ceil(extract(epoch FROM m.extended_closes_at - m.extended_opens_at)
                      / extract(epoch FROM candled.timeframe_length(s.timeframe)))::int4 END AS bars_expected,
       coalesce(k.bars, 0) AS bars_present,
       encode(coalesce(k.hash, '\x00000000000000000000000000000000'), 'hex') AS hash,
       k.complete_at
FROM candled.series s
JOIN candled.market_session m
  ON m.calendar = s.calendar AND m.extended_closes_at > s.wanted_from AND m.extended_opens_at < now()
JOIN candled.instrument_ticker t ON t.instrument_id = s.instrument_id AND t.valid @> m.session_date
CROSS JOIN LATERAL (SELECT candled.session_range(m, s.timeframe)) AS d (during)
LEFT JOIN candled.series_session k ON k.series_id = s.series_id AND k.session_date = m.session_date
WHERE s.timeframe NOT IN ('1w', '1mo');
COMMENT ON VIEW   candled.session_completeness               IS 'Which sessions are complete, from wanted_from until now: one row for each session of each series of bars of a day or less. Ask WHERE ticker = … AND timeframe = … AND session_date >= ….';
COMMENT ON COLUMN candled.session_completeness.ticker        IS 'the name that the instrument had on that day';
COMMENT ON COLUMN candled.session_completeness.timeframe     IS 'length of a bar: 1m 5m 15m 30m 1h 4h 1d';
COMMENT ON COLUMN candled.session_completeness.provider      IS 'where the bars come from';
COMMENT ON COLUMN candled.session_completeness.session_date  IS 'the trading day, in the calendar''s zone';
COMMENT ON COLUMN candled.session_completeness.state         IS 'complete: all of it was asked and answered; empty: so too, without a single bar; partial: some of it; missing: nothing of it';
COMMENT ON COLUMN candled.session_completeness.bars_expected IS 'number of bars when there is one for every window of the extended hours; fewer are usual where little is traded';
COMMENT ON COLUMN candled.session_completeness.bars_present  IS 'number of bars that are there';
COMMENT ON COLUMN candled.session_completeness.hash          IS 'sum of the bars'' hashes, hexadecimal: the same bars have the same, whenever and in whatever order they came; see session_hash()';
COMMENT ON COLUMN candled.session_completeness.complete_at   IS 'when all of it was covered first, UTC; NULL: not yet, or before its calendar was known';

CREATE FUNCTION candled.is_complete(ticker text, timeframe text, session_date date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT coalesce((
    SELECT s.covered @> candled.session_range(m, s.timeframe)
    FROM candled.instrument_ticker t
    JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
    JOIN candled.market_session m ON m.calendar = s.calendar AND m.session_date = is_complete.session_date
    WHERE t.ticker = is_complete.ticker AND t.valid @> is_complete.session_date
      AND s.timeframe = is_complete.timeframe AND s.timeframe NOT IN ('1w', '1mo')), false)
$function$;
COMMENT ON FUNCTION candled.is_complete(text, text, date) IS
  'Whether all of a session was asked and answered, at the primary provider of the ticker of that day. False too for what is not collected, and for days without a session.';

CREATE FUNCTION candled.session_hash(ticker text, timeframe text, session_date date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT encode(candled.wrap_64(coalesce(sum(candled.hash_lane(h.hash, 1)), 0))
                || candled.wrap_64(coalesce(sum(candled.hash_lane(h.hash, 2)), 0)), 'hex')
  FROM candled.instrument_ticker t
  JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
  LEFT JOIN candled.bar b ON b.series_id = s.series_id
    AND b.ts >= session_hash.session_date::timestamp AT TIME ZONE candled.calendar_zone(s.calendar)
    AND b.ts < (session_hash.session_date + 1)::timestamp AT TIME ZONE candled.calendar_zone(s.calendar)
  CROSS JOIN LATERAL (SELECT candled.bar_hash(b.ts, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count)) AS h (hash)
  WHERE t.ticker = session_hash.ticker AND t.valid @> session_hash.session_date AND s.timeframe = session_hash.timeframe
  GROUP BY s.series_id
$function$;
COMMENT ON FUNCTION candled.session_hash(text, text, date) IS
  'The hash of a session computed anew from its bars, at the primary provider: equal to session_completeness.hash, or a bar was changed behind candled''s back. NULL: no such series.';

-- One SELECT, STABLE and not STRICT: the planner puts it into the query that calls it.
CREATE FUNCTION candled.bars_asof(at timestamptz)
RETURNS TABLE (ticker text, timeframe text, ts timestamptz, open float8, high float8, low float8, close float8,
               volume float8, vwap float8, trade_count int4)
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT t.ticker, s.timeframe, b.ts,
         CASE WHEN r.existed THEN r.open ELSE b.open END, CASE WHEN r.existed THEN r.high ELSE b.high END,
         CASE WHEN r.existed THEN r.low ELSE b.low END, CASE WHEN r.existed THEN r.close ELSE b.close END,
         CASE WHEN r.existed THEN r.volume ELSE b.volume END,
         nullif(CASE WHEN r.existed THEN r.vwap ELSE b.vwap END, 'NaN'),
         nullif(CASE WHEN r.existed THEN r.trade_count ELSE b.trade_count END, -1)
  FROM candled.instrument_ticker t
  JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
  CROSS JOIN LATERAL (
    SELECT range_agg(l.during) AS covered FROM candled.coverage_log l
    WHERE l.series_ids @> ARRAY[s.series_id] AND l.covered_at <= bars_asof.at
  ) c
  JOIN candled.bar b ON b.series_id = s.series_id AND t.valid @> (b.ts AT TIME ZONE 'UTC')::date AND c.covered @> b.ts
  LEFT JOIN LATERAL (
    SELECT v.* FROM candled.bar_revision v
    WHERE v.series_id = b.series_id AND v.ts = b.ts AND v.seen_at > bars_asof.at
    ORDER BY v.seen_at LIMIT 1
  ) r ON true
  WHERE r.existed IS DISTINCT FROM false
$function$;
COMMENT ON FUNCTION candled.bars_asof(timestamptz) IS
  'The rows that the view bars had at that time: what was covered by then, with the values of then. Ask WHERE ticker = … AND timeframe = … AND ts >= ….';
