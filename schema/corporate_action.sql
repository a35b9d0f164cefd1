-- Splits and dividends, and the bars that they make comparable. Nothing here changes a bar: a split of today is a row.
CREATE TABLE candled.corporate_action (
  action_id     int8        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  instrument_id int4        NOT NULL REFERENCES candled.instrument,
  kind          text        NOT NULL CHECK (kind IN ('split', 'dividend')),
  ex_date       date        NOT NULL,
  ratio         float8      CHECK (ratio > 0 AND ratio < 'Infinity'),
  amount        float8      CHECK (amount >= 0 AND amount < 'Infinity'),
  currency      text        CHECK (currency <> ''),
  source        text        NOT NULL CHECK (source <> ''),
  source_id     text        NOT NULL CHECK (source_id <> ''),
  learned_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  replaced_at   timestamptz CHECK (replaced_at >= learned_at),
  CHECK ((kind = 'split') = (ratio IS NOT NULL) AND (kind = 'dividend') = (amount IS NOT NULL))
);
CREATE UNIQUE INDEX corporate_action_known ON candled.corporate_action (source, source_id) WHERE replaced_at IS NULL;
CREATE INDEX corporate_action_by_instrument ON candled.corporate_action (instrument_id, ex_date);
COMMENT ON TABLE  candled.corporate_action               IS 'Splits and cash dividends, with when candled learned of them. What a source corrects stays, with when it was replaced.';
COMMENT ON COLUMN candled.corporate_action.action_id     IS 'identity of the row, made here';
COMMENT ON COLUMN candled.corporate_action.instrument_id IS 'which instrument it is of';
COMMENT ON COLUMN candled.corporate_action.kind          IS 'split or dividend';
COMMENT ON COLUMN candled.corporate_action.ex_date       IS 'the first day that trades after the split, or without the dividend, in the calendar''s zone';
COMMENT ON COLUMN candled.corporate_action.ratio         IS 'split: new shares for each old one, 4 for 4:1, 0.05 for a reverse split of 1:20; NULL: no split';
COMMENT ON COLUMN candled.corporate_action.amount        IS 'dividend: cash a share, as it was paid, in `currency`; 0: there was none after all; NULL: no dividend';
COMMENT ON COLUMN candled.corporate_action.currency      IS 'of the amount, ISO 4217; NULL: not said';
COMMENT ON COLUMN candled.corporate_action.source        IS 'who says so: the name that the configuration gives a provider, or that a file was imported under';
COMMENT ON COLUMN candled.corporate_action.source_id     IS 'what the source calls it; made of ticker, kind and date where it gives no name';
COMMENT ON COLUMN candled.corporate_action.learned_at    IS 'when candled learned of it in this form, UTC';
COMMENT ON COLUMN candled.corporate_action.replaced_at   IS 'when its source said something else, UTC; NULL: it stands';

CREATE TYPE candled.adjustment AS ENUM ('split', 'dividend', 'all');
COMMENT ON TYPE candled.adjustment IS 'What bars_adjusted takes out of the prices.';

CREATE AGGREGATE candled.product(float8) (SFUNC = float8mul, STYPE = float8, INITCOND = '1', PARALLEL = SAFE);
COMMENT ON AGGREGATE candled.product(float8) IS 'All values multiplied, without those that are NULL; of none: 1.';

CREATE FUNCTION candled.last_shown(instrument_id int4, timeframe text, before timestamptz)
RETURNS TABLE (ts timestamptz, close float8)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp AS $function$
  SELECT b.ts, b.close
  FROM candled.shown_series s
  CROSS JOIN LATERAL (SELECT b.ts, b.close FROM candled.bar b
                      WHERE b.series_id = s.series_id AND b.ts >= s.from_ts AND b.ts < least(s.until_ts, last_shown.before)
                      ORDER BY b.ts DESC LIMIT 1) b
  WHERE s.instrument_id = last_shown.instrument_id AND s.timeframe = last_shown.timeframe
  ORDER BY b.ts DESC LIMIT 1
$function$;
COMMENT ON FUNCTION candled.last_shown(int4, text, timestamptz) IS 'The last bar that readers see of an instrument and timeframe before a time.';

-- An action counts from its ex_date on, however early it is known. The close before a dividend's day is the last daily
-- bar's, for that is the official one; without it, the last bar's of the timeframe that is asked for, if its last day is
-- that day. A dividend on the day of a split is a new share's. What cannot be said is NaN: NULL would multiply with nothing.
CREATE FUNCTION candled.adjustment_steps(instrument int4, series int4, adjust candled.adjustment, as_of timestamptz)
RETURNS TABLE (from_ts timestamptz, until_ts timestamptz, share_factor float8, price_factor float8, is_mixed boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  WITH own AS (
    SELECT s.series_id, s.timeframe, s.calendar, s.timeframe IN ('1w', '1mo') AS is_long
    FROM candled.series s WHERE s.series_id = series
  ), said AS (
    SELECT a.kind, a.ex_date, a.ratio, a.amount,
           -- Two sources that know the same action must not count twice: who spoke last is believed.
           a.source = first_value(a.source) OVER (PARTITION BY a.kind, a.ex_date ORDER BY a.learned_at DESC, a.action_id DESC) AS counts
    FROM candled.corporate_action a CROSS JOIN own o
    WHERE a.instrument_id = instrument AND a.learned_at <= as_of AND (a.replaced_at IS NULL OR a.replaced_at > as_of)
      AND a.ex_date <= (as_of AT TIME ZONE candled.calendar_zone(o.calendar))::date
      AND (adjust = 'all' OR a.kind = adjust::text OR a.kind = 'split')
  ), day AS (
    SELECT a.ex_date, a.ex_date::timestamp AT TIME ZONE candled.calendar_zone(o.calendar) AS at,
           candled.product(a.ratio) AS ratio, coalesce(sum(a.amount), 0) AS amount,
           candled.first_start(a.ex_date, o.timeframe, o.calendar) AS first_start,
           -- The week or month that holds sessions before the day and from it on.
           CASE WHEN o.is_long AND candled.first_day_of_long_bar(a.ex_date, o.timeframe, o.calendar) > a.ex_date
                     AND candled.last_session(candled.first_day_of_bar(a.ex_date, o.timeframe),
                                              candled.first_day_of_long_bar(a.ex_date, o.timeframe, o.calendar),
                                              o.calendar) >= a.ex_date
                THEN candled.first_day_of_bar(a.ex_date, o.timeframe)::timestamp AT TIME ZONE candled.calendar_zone(o.calendar)
           END AS mixed_from
    FROM said a CROSS JOIN own o
    WHERE a.counts
    GROUP BY a.ex_date, o.timeframe, o.calendar, o.is_long
  ), factor AS (
    SELECT d.first_start AS at, d.mixed_from, CASE WHEN adjust = 'dividend' THEN 1 ELSE d.ratio END AS shares,
           -- A dividend that is worth more than the share cannot be: better no price than a wrong one.
           CASE WHEN d.amount = 0 THEN 1
                WHEN d.amount * d.ratio < c.close THEN 1 - d.amount * d.ratio / c.close
                ELSE 'NaN' END AS price
    FROM day d
    LEFT JOIN LATERAL (
      SELECT coalesce(o.daily, o.own) AS close, o.is_there
      FROM (
        -- A bar of a week before is the last one if what is between was asked, and is empty.
        SELECT (SELECT b.close FROM candled.last_shown(instrument, '1d', d.at) b
                WHERE b.ts >= d.at - interval '7 days'
                   OR candled.shown_covered(instrument, '1d') @> tstzrange(b.ts, d.at)) AS daily,
               (SELECT b.close FROM candled.last_shown(instrument, o.timeframe, d.first_start) b
                WHERE d.mixed_from IS NULL
                  AND (b.ts + candled.timeframe_length(o.timeframe) >= d.at - interval '7 days'
                       OR candled.shown_covered(instrument, o.timeframe) @> tstzrange(b.ts, d.first_start))) AS own,
               EXISTS (SELECT FROM candled.last_shown(instrument, o.timeframe, d.first_start)) AS is_there
        FROM own o
      ) o
      WHERE d.amount > 0
    ) c ON true
    -- Before the first bar there is nothing to adjust, nor a close to do it by.
    WHERE d.amount = 0 OR c.is_there
  ), step AS (
    SELECT f.at, min(f.mixed_from) AS mixed_from, candled.product(f.shares) AS shares, candled.product(f.price) AS price
    FROM factor f WHERE f.shares <> 1 OR f.price <> 1 GROUP BY f.at
    UNION ALL SELECT 'infinity', NULL, 1, 1
  ), later AS (
    SELECT s.at, s.mixed_from, lag(s.at) OVER (ORDER BY s.at) AS since,
           candled.product(s.shares) OVER onwards AS share_factor, candled.product(s.price) OVER onwards AS price_factor
    FROM step s WINDOW onwards AS (ORDER BY s.at DESC)
  )
  SELECT coalesce(l.since, '-infinity'), coalesce(l.mixed_from, l.at), l.share_factor, l.price_factor, false FROM later l
  UNION ALL
  SELECT l.mixed_from, l.at, NULL, NULL, true FROM later l WHERE l.mixed_from IS NOT NULL
$function$;
COMMENT ON FUNCTION candled.adjustment_steps(int4, int4, candled.adjustment, timestamptz) IS
  'From when until when bars of a series are to be multiplied with what: shares for one of then, and the part of the price that was not paid out since, NaN where that cannot be said. A week or month is before an action if its first session is; is_mixed: one that holds sessions of both sides, which nothing can be multiplied with. What bars_adjusted goes by.';

-- A day of the calendar on which the instrument had a name and that was not asked for proves nothing of the week.
-- With a SET, so that the planner does not put it into bars_adjusted: there its cost would be feared for every bar.
-- STRICT: nothing is looked at where no bar is mixed.
CREATE FUNCTION candled.adjusted_from_days(instrument int4, timeframe text, first_days date[], adjust candled.adjustment,
                                           as_of timestamptz)
RETURNS TABLE (first_day date, open float8, high float8, low float8, close float8, volume float8, vwap float8,
               trade_count int4)
LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $function$
  WITH own AS (
    SELECT s.series_id, s.instrument_id, s.timeframe, s.calendar,
           candled.shown_covered(s.instrument_id, s.timeframe) AS covered
    FROM candled.series s WHERE s.instrument_id = instrument AND s.timeframe = '1d' AND s.is_primary
  ), step AS MATERIALIZED (
    SELECT k.* FROM own s CROSS JOIN LATERAL candled.adjustment_steps(s.instrument_id, s.series_id, adjust, as_of) k
  ), wanted AS MATERIALIZED (
    SELECT w.first_day, w.first_day::timestamp AT TIME ZONE candled.calendar_zone(s.calendar) AS from_ts,
           w.next_day::timestamp AT TIME ZONE candled.calendar_zone(s.calendar) AS until_ts
    FROM own s
    CROSS JOIN LATERAL (
      SELECT f AS first_day, (f + candled.timeframe_length(adjusted_from_days.timeframe))::date AS next_day
      FROM unnest(first_days) AS f
    ) w
    WHERE NOT EXISTS (
      SELECT FROM generate_series(candled.first_session(w.first_day, w.next_day, s.calendar)::timestamp,
                                  candled.last_session(w.first_day, w.next_day, s.calendar)::timestamp, interval '1 day') AS day
      WHERE NOT s.covered @> tstzrange(day AT TIME ZONE candled.calendar_zone(s.calendar),
                                       (day + interval '1 day') AT TIME ZONE candled.calendar_zone(s.calendar))
        AND EXISTS (SELECT FROM candled.instrument_ticker n WHERE n.instrument_id = instrument AND n.valid @> day::date)
        AND (EXISTS (SELECT FROM candled.market_session m WHERE m.calendar = s.calendar AND m.session_date = day::date)
             OR NOT EXISTS (SELECT FROM candled.market_session m
                            WHERE m.calendar = s.calendar AND m.session_date >= w.first_day AND m.session_date < w.next_day)))
  ), part AS MATERIALIZED (
    SELECT w.first_day, k.share_factor, k.price_factor, greatest(k.from_ts, w.from_ts) AS from_ts,
           least(k.until_ts, w.until_ts) AS until_ts
    FROM wanted w JOIN step k ON k.from_ts < w.until_ts AND k.until_ts > w.from_ts
  )
  SELECT d.first_day, (array_agg(d.open ORDER BY d.ts))[1], max(d.high), min(d.low),
         (array_agg(d.close ORDER BY d.ts DESC))[1], sum(d.volume ORDER BY d.ts),
         CASE WHEN bool_and(d.vwap IS NOT NULL OR d.volume = 0)
              THEN sum(d.vwap * d.volume ORDER BY d.ts) / nullif(sum(d.volume ORDER BY d.ts), 0) END,
         CASE WHEN min(d.trade_count) >= 0 THEN least(sum(d.trade_count), 2147483647)::int4 END
  FROM (
    SELECT p.first_day, b.ts, b.open / p.share_factor * p.price_factor AS open,
           b.high / p.share_factor * p.price_factor AS high, b.low / p.share_factor * p.price_factor AS low,
           b.close / p.share_factor * p.price_factor AS close, b.volume * p.share_factor AS volume,
           nullif(b.vwap, 'NaN') / p.share_factor * p.price_factor AS vwap, b.trade_count
    FROM own s
    JOIN candled.shown_series r ON r.instrument_id = s.instrument_id AND r.timeframe = s.timeframe
    CROSS JOIN part p
    JOIN candled.bar b ON b.series_id = r.series_id
      AND b.ts >= greatest(p.from_ts, r.from_ts) AND b.ts < least(p.until_ts, r.until_ts)
  ) d
  GROUP BY d.first_day
$function$;
COMMENT ON FUNCTION candled.adjusted_from_days(int4, text, date[], candled.adjustment, timestamptz) IS
  'The adjusted bars of 1w or 1mo that start on the given days, made of the daily bars that readers see, each adjusted by itself. No row for one of whose sessions one is not covered, or none has a bar. NaN: cannot be said.';

CREATE FUNCTION candled.bars_adjusted(ticker text, timeframe text, from_ts timestamptz, to_ts timestamptz,
                                      adjust text DEFAULT 'split', as_of timestamptz DEFAULT now())
RETURNS TABLE (ts timestamptz, open float8, high float8, low float8, close float8, volume float8, vwap float8,
               trade_count int4, price_factor float8, split_factor float8, session_date date)
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  WITH asked AS (
    SELECT s.series_id, s.instrument_id, s.calendar
    FROM candled.instrument_ticker t
    JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
    WHERE t.ticker = bars_adjusted.ticker AND s.timeframe = bars_adjusted.timeframe
      AND candled.check_asked(bars_adjusted.ticker, bars_adjusted.timeframe)
      AND candled.named_from(t.valid, s.calendar, s.timeframe) < bars_adjusted.to_ts
      AND candled.named_until(t.valid, s.calendar, s.timeframe) > bars_adjusted.from_ts
    -- Whoever is to have the ticker one day does not have it yet.
    ORDER BY coalesce(lower(t.valid) <= candled.today(s.calendar), true) DESC, t.valid DESC LIMIT 1
  ), step AS (
    SELECT a.*, k.share_factor, k.price_factor, k.is_mixed,
           greatest(bars_adjusted.from_ts, k.from_ts, n.named_from) AS from_ts,
           least(bars_adjusted.to_ts, k.until_ts, n.named_until) AS to_ts
    FROM asked a
    CROSS JOIN LATERAL (
      SELECT min(candled.named_from(t.valid, a.calendar, bars_adjusted.timeframe)) AS named_from,
             max(candled.named_until(t.valid, a.calendar, bars_adjusted.timeframe)) AS named_until
      FROM candled.instrument_ticker t WHERE t.instrument_id = a.instrument_id
    ) n
    CROSS JOIN LATERAL candled.adjustment_steps(a.instrument_id, a.series_id, adjust::candled.adjustment, as_of) k
  ), mixed AS (
    SELECT b.ts, (b.ts AT TIME ZONE candled.calendar_zone(k.calendar))::date AS first_day, k.calendar
    FROM step k
    JOIN candled.shown_series r ON r.instrument_id = k.instrument_id AND r.timeframe = bars_adjusted.timeframe
    JOIN candled.bar b ON b.series_id = r.series_id AND b.ts >= greatest(k.from_ts, r.from_ts)
      AND b.ts < least(k.to_ts, r.until_ts)
    WHERE k.is_mixed
  )
  SELECT b.ts, b.open / k.share_factor * f.price, b.high / k.share_factor * f.price, b.low / k.share_factor * f.price,
         b.close / k.share_factor * f.price, b.volume * k.share_factor, nullif(b.vwap, 'NaN') / k.share_factor * f.price,
         nullif(b.trade_count, -1), f.price, 1 / k.share_factor,
         candled.session_date(b.ts, bars_adjusted.timeframe, k.calendar)
  FROM step k
  CROSS JOIN LATERAL (SELECT nullif(k.price_factor, 'NaN')) AS f (price)
  JOIN candled.shown_series r ON r.instrument_id = k.instrument_id AND r.timeframe = bars_adjusted.timeframe
  JOIN candled.bar b ON b.series_id = r.series_id AND b.ts >= greatest(k.from_ts, r.from_ts)
    AND b.ts < least(k.to_ts, r.until_ts)
  WHERE NOT k.is_mixed
  UNION ALL
  SELECT m.ts, nullif(d.open, 'NaN'), nullif(d.high, 'NaN'), CASE WHEN d.high <> 'NaN' THEN d.low END, nullif(d.close, 'NaN'),
         d.volume, nullif(d.vwap, 'NaN'), d.trade_count, NULL, NULL,
         candled.session_date(m.ts, bars_adjusted.timeframe, m.calendar)
  FROM mixed m
  LEFT JOIN candled.adjusted_from_days(
    (SELECT a.instrument_id FROM asked a), bars_adjusted.timeframe, (SELECT array_agg(x.first_day) FROM mixed x),
    adjust::candled.adjustment, as_of) d ON d.first_day = m.first_day
  ORDER BY ts
$function$;
COMMENT ON FUNCTION candled.bars_adjusted(text, text, timestamptz, timestamptz, text, timestamptz) IS
  'The bars from from_ts until before to_ts of the instrument that had the ticker last in that time, until today, under all names that it had, as if all splits (adjust => ''split''), all dividends (''dividend'') or both (''all'') that were known and in effect at as_of had been long ago. Computed when asked. Prices are in the shares of as_of, today''s if it is left out; price_factor and split_factor are what the raw prices were multiplied with. A week or month is before a split or dividend if its first session is; one with sessions of both sides is made of daily bars, without factors, and is NULL where they are not all there. What cannot be adjusted truly is NULL. An unknown ticker or timeframe is an error.';
