-- Coarser bars from finer ones: computed when asked for, or kept as a series of their own (series.rolled_from).

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

-- One SELECT, STABLE and not STRICT: the planner puts it into the query that calls it. A unit is what is summed first,
-- in the order of time: a bucket, or each day of a week, so that weeks are the same from minutes and from days.
CREATE FUNCTION candled.rolled_bars(series_id int4, source_timeframe text, timeframe text, calendar text,
                                    from_ts timestamptz, to_ts timestamptz, of_readers boolean DEFAULT false)
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
      FROM (
        SELECT rolled_bars.series_id, '-infinity'::timestamptz AS from_ts, 'infinity'::timestamptz AS until_ts
        WHERE NOT rolled_bars.of_readers
        UNION ALL
        SELECT r.series_id, r.from_ts, r.until_ts
        FROM candled.series s JOIN candled.shown_series r ON r.instrument_id = s.instrument_id AND r.timeframe = s.timeframe
        WHERE s.series_id = rolled_bars.series_id AND rolled_bars.of_readers
      ) w
      JOIN candled.bar b ON b.series_id = w.series_id AND b.ts >= greatest(rolled_bars.from_ts, w.from_ts)
        -- An hour more than its length: a week in which summer time ends.
        AND b.ts < least(rolled_bars.to_ts + candled.timeframe_length(rolled_bars.timeframe) + interval '1 hour', w.until_ts)
      LEFT JOIN candled.market_session m
        ON rolled_bars.timeframe IN ('1d', '1w') AND m.calendar = rolled_bars.calendar
        AND m.session_date = (b.ts AT TIME ZONE candled.calendar_zone(rolled_bars.calendar))::date
    ) p
    GROUP BY p.unit
    OFFSET 0  -- keeps what is asked of buckets from being asked of every bar
  ) u
  WHERE u.bucket >= rolled_bars.from_ts AND u.bucket < rolled_bars.to_ts
  GROUP BY u.bucket
$function$;
COMMENT ON FUNCTION candled.rolled_bars(int4, text, text, text, timestamptz, timestamptz, boolean) IS
  'The bars of a coarser timeframe that start in [from_ts, to_ts), from those of a series, or (of_readers) from those that readers see of its instrument and timeframe: as bars_rollup, with NaN and -1 for what is not given, as in bar.';

CREATE FUNCTION candled.check_rollup(ticker text, timeframe text, source_timeframe text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 AS $function$
BEGIN
  PERFORM candled.check_asked(ticker, timeframe), candled.check_asked(ticker, source_timeframe);
  IF timeframe NOT IN ('5m', '15m', '30m', '1h', '1d', '1w') THEN
    RAISE EXCEPTION 'bars of % are not made of finer ones', timeframe
      USING ERRCODE = 'invalid_parameter_value', HINT = 'bars_rollup makes 5m 15m 30m 1h 1d 1w.';
  END IF;
  IF candled.timeframe_length(source_timeframe) >= candled.timeframe_length(timeframe) THEN
    RAISE EXCEPTION 'bars of % are not made of bars of %', timeframe, source_timeframe
      USING ERRCODE = 'invalid_parameter_value', HINT = 'source_timeframe has to be shorter than timeframe.';
  END IF;
  RETURN true;
END
$function$;
COMMENT ON FUNCTION candled.check_rollup(text, text, text) IS
  'True for what bars_rollup can make of what; else an error that says what it can.';

CREATE FUNCTION candled.bars_rollup(ticker text, timeframe text, from_ts timestamptz DEFAULT '-infinity',
                                    to_ts timestamptz DEFAULT 'infinity', source_timeframe text DEFAULT '1m')
RETURNS SETOF candled.bars
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT t.ticker, bars_rollup.timeframe, r.ts, r.open, r.high, r.low, r.close, r.volume,
         nullif(r.vwap, 'NaN'), nullif(r.trade_count, -1),
         candled.session_date(r.ts, bars_rollup.timeframe, s.calendar),
         CASE WHEN bars_rollup.timeframe IN ('1d', '1w') OR s.calendar = '24x7' THEN 'regular'
              ELSE (SELECT candled.part_of_session(r.ts, bars_rollup.timeframe, m) FROM candled.market_session m
                    WHERE m.calendar = s.calendar
                      AND m.session_date = (r.ts AT TIME ZONE candled.calendar_zone(s.calendar))::date) END
  FROM candled.instrument_ticker t
  JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary AND s.timeframe = bars_rollup.source_timeframe
  CROSS JOIN LATERAL candled.rolled_bars(
    s.series_id, bars_rollup.source_timeframe, bars_rollup.timeframe, s.calendar,
    greatest(bars_rollup.from_ts, candled.named_from(t.valid, s.calendar, bars_rollup.timeframe)),
    least(bars_rollup.to_ts, candled.named_until(t.valid, s.calendar, bars_rollup.timeframe)), true) r
  WHERE t.ticker = bars_rollup.ticker
    AND candled.check_rollup(bars_rollup.ticker, bars_rollup.timeframe, bars_rollup.source_timeframe)
$function$;
COMMENT ON FUNCTION candled.bars_rollup(text, text, timestamptz, timestamptz, text) IS
  'Bars of 5m 15m 30m 1h 1d or 1w that start in [from_ts, to_ts), UTC, computed now from the bars that readers see of a finer timeframe; the newest holds what there is so far. Prices of 1d and 1w are those of regular trading, or of the whole day where nothing traded in it; volume, vwap and trade_count count all hours, as in the provider''s daily bars. vwap is weighted by volume: NULL when nothing was traded, or a bar with volume has none; trade_count is NULL when a bar has none. An unknown ticker, and a timeframe that cannot be made or not of that one, is an error. In no order: add ORDER BY ts.';

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
