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

-- The close before a dividend's day is the last daily bar's, for that is the official one; without daily bars of the
-- week before, the last bar's of the timeframe that is asked for. A dividend on the day of a split is a new share's.
CREATE FUNCTION candled.adjustment_steps(instrument int4, series int4, adjust candled.adjustment, as_of timestamptz)
RETURNS TABLE (from_ts timestamptz, until_ts timestamptz, share_factor float8, price_factor float8)
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  WITH said AS (
    SELECT a.kind, a.ex_date, a.ratio, a.amount,
           -- Two sources that know the same action must not count twice: who spoke last is believed.
           a.source = first_value(a.source) OVER (PARTITION BY a.kind, a.ex_date ORDER BY a.learned_at DESC, a.action_id DESC) AS counts
    FROM candled.corporate_action a
    WHERE a.instrument_id = instrument AND a.learned_at <= as_of AND (a.replaced_at IS NULL OR a.replaced_at > as_of)
      AND (adjust = 'all' OR a.kind = adjust::text OR a.kind = 'split')
  ), day AS (
    SELECT a.ex_date, a.ex_date::timestamp AT TIME ZONE candled.calendar_zone(s.calendar) AS at,
           candled.product(a.ratio) AS ratio, coalesce(sum(a.amount), 0) AS amount
    FROM said a CROSS JOIN candled.series s
    WHERE a.counts AND s.series_id = series
    GROUP BY a.ex_date, s.calendar
  ), factor AS (
    SELECT d.at, CASE WHEN adjust = 'dividend' THEN 1 ELSE d.ratio END AS shares,
           -- A dividend that is worth more than the share cannot be: better no price than a wrong one.
           CASE WHEN d.amount = 0 THEN 1
                WHEN d.amount * d.ratio < c.close THEN 1 - d.amount * d.ratio / c.close
                ELSE 'NaN' END AS price
    FROM day d
    LEFT JOIN LATERAL (
      SELECT coalesce(
        (SELECT b.close FROM candled.series s JOIN candled.bar b USING (series_id)
         WHERE s.instrument_id = instrument AND s.timeframe = '1d' AND s.is_primary
           AND b.ts < d.at AND b.ts >= d.at - interval '7 days'
         ORDER BY b.ts DESC LIMIT 1),
        (SELECT b.close FROM candled.bar b WHERE b.series_id = series AND b.ts < d.at ORDER BY b.ts DESC LIMIT 1)) AS close
      WHERE d.amount > 0
    ) c ON true
    -- Before the first bar there is nothing to adjust, nor a close to do it by.
    WHERE d.amount = 0 OR c.close IS NOT NULL
  )
  SELECT coalesce(lag(f.at) OVER (ORDER BY f.at), '-infinity'), f.at,
         candled.product(f.shares) OVER later, candled.product(f.price) OVER later
  FROM (SELECT * FROM factor UNION ALL SELECT 'infinity', 1, 1) f
  WINDOW later AS (ORDER BY f.at DESC)
$function$;
COMMENT ON FUNCTION candled.adjustment_steps(int4, int4, candled.adjustment, timestamptz) IS
  'From when until when bars of a series are to be multiplied with what: shares for one of then, and the part of the price that was not paid out since. What bars_adjusted goes by.';

CREATE FUNCTION candled.bars_adjusted(ticker text, timeframe text, from_ts timestamptz, to_ts timestamptz,
                                      adjust text DEFAULT 'split', as_of timestamptz DEFAULT now())
RETURNS TABLE (ts timestamptz, open float8, high float8, low float8, close float8, volume float8, vwap float8,
               trade_count int4, price_factor float8, split_factor float8)
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT b.ts, b.open / k.share_factor * k.price_factor, b.high / k.share_factor * k.price_factor,
         b.low / k.share_factor * k.price_factor, b.close / k.share_factor * k.price_factor,
         b.volume * k.share_factor, nullif(b.vwap, 'NaN') / k.share_factor * k.price_factor,
         nullif(b.trade_count, -1), k.price_factor, 1 / k.share_factor
  FROM (
    SELECT s.series_id, s.instrument_id, s.calendar
    FROM candled.instrument_ticker t
    JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
    WHERE t.ticker = bars_adjusted.ticker AND s.timeframe = bars_adjusted.timeframe
      AND candled.named_from(t.valid, s.calendar) < bars_adjusted.to_ts
      AND candled.named_until(t.valid, s.calendar) > bars_adjusted.from_ts
    ORDER BY t.valid DESC LIMIT 1
  ) s
  CROSS JOIN LATERAL (
    SELECT min(candled.named_from(n.valid, s.calendar)) AS named_from,
           max(candled.named_until(n.valid, s.calendar)) AS named_until
    FROM candled.instrument_ticker n WHERE n.instrument_id = s.instrument_id
  ) n
  CROSS JOIN LATERAL candled.adjustment_steps(s.instrument_id, s.series_id, adjust::candled.adjustment, as_of) k
  JOIN candled.bar b ON b.series_id = s.series_id
    AND b.ts >= greatest(bars_adjusted.from_ts, k.from_ts, n.named_from)
    AND b.ts < least(bars_adjusted.to_ts, k.until_ts, n.named_until)
  ORDER BY b.ts
$function$;
COMMENT ON FUNCTION candled.bars_adjusted(text, text, timestamptz, timestamptz, text, timestamptz) IS
  'The bars from from_ts until before to_ts of the instrument that had the ticker last in that time, under all names that it had, as if all splits (adjust => ''split''), all dividends (''dividend'') or both (''all'') that were known at as_of had been long ago. Computed when asked. Prices are in today''s shares; price_factor and split_factor are what the raw prices were multiplied with.';
