-- Coarser bars from finer ones: computed when asked for, or kept as a series of their own.

CREATE FUNCTION candled.bucket_start(ts timestamptz, timeframe text, calendar text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE timeframe
    WHEN '1d' THEN date_trunc('day', ts AT TIME ZONE candled.calendar_zone(calendar)) AT TIME ZONE candled.calendar_zone(calendar)
    WHEN '1w' THEN (date_trunc('week', (ts AT TIME ZONE candled.calendar_zone(calendar)) + interval '1 day') - interval '1 day')
                   AT TIME ZONE candled.calendar_zone(calendar)
    WHEN '4h' THEN NULL
    WHEN '1mo' THEN NULL
    ELSE date_bin(candled.timeframe_length(timeframe), ts, timestamptz '2000-01-01 00:00:00+00') END
$function$;
COMMENT ON FUNCTION candled.bucket_start(timestamptz, text, text) IS
  'The start of the bar of 1m 5m 15m 30m 1h 1d or 1w that holds a time, where the provider''s bars start too: up to 1h on the UTC grid, days at midnight and weeks on Sunday at midnight in the calendar''s zone. NULL for 4h and 1mo.';

CREATE FUNCTION candled.bucket_end(ts timestamptz, timeframe text, calendar text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN timeframe IN ('1d', '1w')
    THEN ((candled.bucket_start(ts, timeframe, calendar) AT TIME ZONE candled.calendar_zone(calendar))
          + candled.timeframe_length(timeframe)) AT TIME ZONE candled.calendar_zone(calendar)
    ELSE candled.bucket_start(ts, timeframe, calendar) + candled.timeframe_length(timeframe) END
$function$;
COMMENT ON FUNCTION candled.bucket_end(timestamptz, text, text) IS
  'The end of the bar that holds a time: the start of the next.';

ALTER TABLE candled.series ADD COLUMN rolled_from int4 REFERENCES candled.series;
CREATE INDEX series_by_source ON candled.series (rolled_from) WHERE rolled_from IS NOT NULL;
COMMENT ON COLUMN candled.series.rolled_from IS 'identity of the finer series whose bars make these; NULL: they come from the provider';
COMMENT ON COLUMN candled.series.provider    IS 'where the bars come from: the name that the configuration gives the provider; with " from " and a timeframe: computed from its finer bars';

CREATE OR REPLACE VIEW candled.gaps AS
SELECT t.ticker, s.timeframe, s.provider, h.gap_from, h.gap_until, h.reason, h.detail, h.first_seen, h.last_tried,
       h.attempts, h.next_try_at
FROM candled.series s
CROSS JOIN LATERAL (
  SELECT EXISTS (SELECT FROM candled.market_session m WHERE m.calendar = s.calendar) AS is_known,
         (SELECT range_agg(tstzrange(candled.named_from(n.valid, s.calendar), candled.named_until(n.valid, s.calendar)))
          FROM candled.instrument_ticker n WHERE n.instrument_id = s.instrument_id) AS named
) c
CROSS JOIN LATERAL (
  SELECT greatest(lower(g.during), s.wanted_from) AS gap_from, upper(g.during) AS gap_until, g.reason, g.detail,
         g.first_seen, g.last_tried, g.attempts, g.next_try_at
  FROM candled.gap g
  WHERE g.series_id = s.series_id AND g.closed_at IS NULL AND upper(g.during) > s.wanted_from
  UNION ALL
  SELECT lower(hole), upper(hole), 'never_asked',
         CASE WHEN s.rolled_from IS NULL THEN 'not asked yet' ELSE 'its finer bars are not complete' END, NULL, NULL, 0, NULL
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
    AND candled.named_from(n.valid, s.calendar) < h.gap_until AND candled.named_until(n.valid, s.calendar) > h.gap_from
  ORDER BY upper(n.valid) DESC NULLS FIRST LIMIT 1
) t;

-- One SELECT, STABLE and not STRICT: the planner puts it into the query that calls it. A unit is what is summed first,
-- in the order of time: a bucket, or each day of a week, so that weeks are the same from minutes and from days.
CREATE FUNCTION candled.rolled_bars(series_id int4, source_timeframe text, timeframe text, calendar text,
                                    from_ts timestamptz, to_ts timestamptz)
RETURNS TABLE (ts timestamptz, open float8, high float8, low float8, close float8, volume float8, vwap float8,
               trade_count int4)
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT u.bucket, (array_agg(u.open ORDER BY u.unit))[1], max(u.high), min(u.low),
         (array_agg(u.close ORDER BY u.unit DESC))[1], sum(u.volume ORDER BY u.unit),
         coalesce(sum(u.value ORDER BY u.unit) / nullif(sum(u.volume ORDER BY u.unit), 0), 'NaN'),
         CASE WHEN min(u.trades) < 0 THEN -1 ELSE least(sum(u.trades), 2147483647)::int4 END
  FROM (
    SELECT p.unit, candled.bucket_start(p.unit, rolled_bars.timeframe, rolled_bars.calendar) AS bucket,
           (array_agg(p.open ORDER BY NOT p.sets_price, p.ts))[1] AS open,
           coalesce(max(p.high) FILTER (WHERE p.sets_price), max(p.high)) AS high,
           coalesce(min(p.low) FILTER (WHERE p.sets_price), min(p.low)) AS low,
           (array_agg(p.close ORDER BY p.sets_price DESC, p.ts DESC))[1] AS close,
           sum(p.volume ORDER BY p.ts) AS volume,
           sum(p.vwap * p.volume ORDER BY p.ts) FILTER (WHERE p.volume > 0) AS value,
           CASE WHEN min(p.trade_count) < 0 THEN -1 ELSE sum(p.trade_count) END AS trades
    FROM (
      SELECT b.*, candled.bucket_start(b.ts, CASE rolled_bars.timeframe WHEN '1w' THEN '1d' ELSE rolled_bars.timeframe END,
                                       rolled_bars.calendar) AS unit,
             rolled_bars.timeframe NOT IN ('1d', '1w') OR rolled_bars.source_timeframe = '1d'
             OR coalesce(b.ts < m.closes_at
                         AND b.ts + candled.timeframe_length(rolled_bars.source_timeframe) > m.opens_at, false) AS sets_price
      FROM candled.bar b
      LEFT JOIN candled.market_session m
        ON rolled_bars.timeframe IN ('1d', '1w') AND m.calendar = rolled_bars.calendar
        AND m.session_date = (b.ts AT TIME ZONE candled.calendar_zone(rolled_bars.calendar))::date
      WHERE b.series_id = rolled_bars.series_id
        AND b.ts >= rolled_bars.from_ts
        -- An hour more than its length: a week in which summer time ends.
        AND b.ts < rolled_bars.to_ts + candled.timeframe_length(rolled_bars.timeframe) + interval '1 hour'
    ) p
    GROUP BY p.unit
    OFFSET 0  -- keeps what is asked of buckets from being asked of every bar
  ) u
  WHERE u.bucket >= rolled_bars.from_ts AND u.bucket < rolled_bars.to_ts
  GROUP BY u.bucket
$function$;
COMMENT ON FUNCTION candled.rolled_bars(int4, text, text, text, timestamptz, timestamptz) IS
  'The bars of a coarser timeframe that start in [from_ts, to_ts), from those of a series: as bars_rollup, with NaN and -1 for what is not given, as in bar.';

CREATE FUNCTION candled.bars_rollup(ticker text, timeframe text, from_ts timestamptz DEFAULT '-infinity',
                                    to_ts timestamptz DEFAULT 'infinity', source_timeframe text DEFAULT '1m')
RETURNS SETOF candled.bars
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT t.ticker, bars_rollup.timeframe, r.ts, r.open, r.high, r.low, r.close, r.volume,
         nullif(r.vwap, 'NaN'), nullif(r.trade_count, -1)
  FROM candled.instrument_ticker t
  JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary AND s.timeframe = bars_rollup.source_timeframe
  CROSS JOIN LATERAL candled.rolled_bars(
    s.series_id, bars_rollup.source_timeframe, bars_rollup.timeframe, s.calendar,
    greatest(bars_rollup.from_ts, candled.named_from(t.valid, s.calendar)),
    least(bars_rollup.to_ts, candled.named_until(t.valid, s.calendar))) r
  WHERE t.ticker = bars_rollup.ticker
    AND candled.timeframe_length(bars_rollup.source_timeframe) < candled.timeframe_length(bars_rollup.timeframe)
$function$;
COMMENT ON FUNCTION candled.bars_rollup(text, text, timestamptz, timestamptz, text) IS
  'Bars of 5m 15m 30m 1h 1d or 1w that start in [from_ts, to_ts), UTC, computed now from the primary series of a finer timeframe; the newest holds what there is so far. Prices of 1d and 1w are those of regular trading, or of the whole day where nothing traded in it; volume, vwap and trade_count count all hours, as in the provider''s daily bars. vwap is weighted by volume: NULL when nothing was traded, or a bar with volume has none; trade_count is NULL when a bar has none. In no order: add ORDER BY ts.';

-- One row a load and series: where its bars or its coverage changed and the series rolled from it were not made anew.
CREATE TABLE candled.rollup_dirty (
  dirty_id  int8           PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  series_id int4           NOT NULL REFERENCES candled.series,
  during    tstzmultirange NOT NULL CHECK (NOT isempty(during)),
  marked_at timestamptz    NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX rollup_dirty_by_series ON candled.rollup_dirty (series_id);
COMMENT ON TABLE  candled.rollup_dirty           IS 'Time in which finer bars changed and the coarser ones that are rolled from them have not followed yet: empty but for moments, and after a kill until the next start.';
COMMENT ON COLUMN candled.rollup_dirty.dirty_id  IS 'identity of the row';
COMMENT ON COLUMN candled.rollup_dirty.series_id IS 'identity of the series whose bars or coverage changed';
COMMENT ON COLUMN candled.rollup_dirty.during    IS 'the time of these bars and of what became covered, UTC';
COMMENT ON COLUMN candled.rollup_dirty.marked_at IS 'when they changed, UTC';

CREATE FUNCTION candled.complete_buckets(series_id int4, timeframe text, dirty tstzmultirange) RETURNS tstzmultirange
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  WITH source AS (
    SELECT s.covered, s.calendar,
           (SELECT range_agg(tstzrange(candled.bucket_start(lower(d), complete_buckets.timeframe, s.calendar),
                                       candled.bucket_end(upper(d) - interval '1 microsecond', complete_buckets.timeframe,
                                                          s.calendar)))
            FROM unnest(complete_buckets.dirty) AS d) AS touched
    FROM candled.series s WHERE s.series_id = complete_buckets.series_id
  )
  SELECT touched - coalesce((
    SELECT range_agg(tstzrange(candled.bucket_start(lower(lacking), complete_buckets.timeframe, calendar),
                               candled.bucket_end(upper(lacking) - interval '1 microsecond', complete_buckets.timeframe,
                                                  calendar)))
    FROM unnest(touched - covered - coalesce((
      SELECT range_agg(tstzrange(n.closes, n.next_opens))
      FROM (SELECT m.extended_closes_at AS closes, lead(m.extended_opens_at) OVER (ORDER BY m.session_date) AS next_opens
            FROM candled.market_session m
            WHERE m.calendar = source.calendar AND m.extended_opens_at > lower(touched) - interval '12 days'
              AND m.extended_opens_at < upper(touched) + interval '12 days') n
      WHERE n.closes < n.next_opens), '{}')) AS lacking), '{}')
  FROM source
$function$;
COMMENT ON FUNCTION candled.complete_buckets(int4, text, tstzmultirange) IS
  'Of the bars of a coarser timeframe that overlap `dirty`: the time of those of which the series covers all in which its market trades.';

CREATE OR REPLACE FUNCTION candled.give_rights() RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  entry record;
BEGIN
  IF NOT candled.make_roles() THEN
    RETURN false;
  END IF;

  -- Whoever is no member of the owner keeps what they made: the rights below hold all the same.
  IF pg_has_role(current_user, 'candled_owner', 'MEMBER') THEN
    FOR entry IN
      SELECT format('SCHEMA %I', nspname) AS what, nspowner AS owner, 1 AS place
      FROM pg_namespace WHERE oid = 'candled'::regnamespace
      UNION ALL
      SELECT format('TABLE %s', oid::regclass), relowner, 2
      FROM pg_class WHERE relnamespace = 'candled'::regnamespace AND relkind IN ('r', 'p', 'v')
      UNION ALL
      SELECT format('TYPE %s', oid::regtype), typowner, 3
      FROM pg_type WHERE typnamespace = 'candled'::regnamespace AND typtype = 'r'
      UNION ALL
      SELECT format('ROUTINE %s', p.oid::regprocedure), p.proowner, 4
      FROM pg_proc p WHERE p.pronamespace = 'candled'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'i')
      ORDER BY place, what
    LOOP
      CONTINUE WHEN entry.owner = 'candled_owner'::regrole;
      EXECUTE format('ALTER %s OWNER TO candled_owner', entry.what);
    END LOOP;
  END IF;

  GRANT USAGE ON SCHEMA candled TO candled_ingest, candled_read;
  -- Partitions are reached through their table.
  FOR entry IN
    SELECT oid::regclass AS name, relkind FROM pg_class
    WHERE relnamespace = 'candled'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
  LOOP
    EXECUTE format('GRANT SELECT ON %s TO candled_ingest, candled_read', entry.name);
    CONTINUE WHEN entry.relkind = 'v';
    EXECUTE format('GRANT INSERT, UPDATE ON %s TO candled_ingest', entry.name);
  END LOOP;
  -- History is written once, and which migrations there were is none of its business.
  REVOKE UPDATE ON candled.bar_revision, candled.coverage_log FROM candled_ingest;
  REVOKE INSERT, UPDATE ON candled.schema_migration FROM candled_ingest;
  -- Records of the present, which are replaced: none of them says what was fetched, but for recount_sessions().
  GRANT DELETE ON candled.budget_place, candled.job_progress, candled.market_session, candled.rollup_dirty,
    candled.series_session
    TO candled_ingest;
  GRANT EXECUTE ON FUNCTION candled.ensure_bar_partitions(timestamptz, timestamptz) TO candled_ingest;
  GRANT EXECUTE ON FUNCTION candled.drop_expired_bars() TO candled_ingest;
  RETURN true;
END
$function$;

SELECT candled.give_rights();
