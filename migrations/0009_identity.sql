-- Identity: what instruments are called beside their tickers, which day a ticker's bars belong to, and who had which
-- ticker when.

ALTER TABLE candled.instrument ADD COLUMN identifier text UNIQUE CHECK (identifier <> '');
COMMENT ON COLUMN candled.instrument.identifier    IS 'what it is called wherever tickers change: its FIGI, or the name that `candled instruments import` was given; NULL: nobody has said';

ALTER TABLE candled.instrument_ticker ADD COLUMN exchange text CHECK (exchange <> '');
COMMENT ON COLUMN candled.instrument_ticker.valid         IS 'the dates on which it did, in the zone of the calendar of its bars; no two ranges of one ticker overlap';
COMMENT ON COLUMN candled.instrument_ticker.exchange      IS 'where it was traded then, as the source of the name spells it; NULL: not said';

CREATE FUNCTION candled.instrument_at(ticker text, on_date date) RETURNS int4
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT t.instrument_id FROM candled.instrument_ticker t
  WHERE t.ticker = instrument_at.ticker AND t.valid @> instrument_at.on_date
$function$;
COMMENT ON FUNCTION candled.instrument_at(text, date) IS 'The instrument that a ticker named on that day. NULL: none that candled knows of.';

-- Midnight in the calendar's zone, not in UTC: a day's after-market hours belong to the name of that day.
CREATE FUNCTION candled.named_from(valid daterange, calendar text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT coalesce(lower(valid)::timestamp AT TIME ZONE candled.calendar_zone(calendar), '-infinity')
$function$;
COMMENT ON FUNCTION candled.named_from(daterange, text) IS 'When a ticker began to name an instrument; -infinity: always.';

CREATE FUNCTION candled.named_until(valid daterange, calendar text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT coalesce(upper(valid)::timestamp AT TIME ZONE candled.calendar_zone(calendar), 'infinity')
$function$;
COMMENT ON FUNCTION candled.named_until(daterange, text) IS 'When a ticker ceased to name an instrument; infinity: it still does.';

CREATE OR REPLACE VIEW candled.bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count
FROM candled.instrument_ticker t
JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
JOIN candled.bar b ON b.series_id = s.series_id
  AND b.ts >= candled.named_from(t.valid, s.calendar) AND b.ts < candled.named_until(t.valid, s.calendar);
COMMENT ON COLUMN candled.bars.ticker      IS 'the name that the instrument had on the bar''s day';

CREATE OR REPLACE VIEW candled.latest_bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count
FROM candled.series s
CROSS JOIN LATERAL (SELECT * FROM candled.bar WHERE bar.series_id = s.series_id ORDER BY bar.ts DESC LIMIT 1) b
JOIN candled.instrument_ticker t
  ON t.instrument_id = s.instrument_id
  AND b.ts >= candled.named_from(t.valid, s.calendar) AND b.ts < candled.named_until(t.valid, s.calendar)
WHERE s.is_primary;
COMMENT ON COLUMN candled.latest_bars.ticker      IS 'the name that the instrument had on the bar''s day';

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
    AND candled.named_from(n.valid, s.calendar) < h.gap_until AND candled.named_until(n.valid, s.calendar) > h.gap_from
  ORDER BY upper(n.valid) DESC NULLS FIRST LIMIT 1
) t;

CREATE OR REPLACE VIEW candled.coverage_report AS
SELECT t.ticker, s.timeframe, s.provider, s.is_primary, s.wanted_from,
       lower(s.covered) AS covered_from, upper(s.covered) AS covered_until,
       (SELECT count(*) FROM unnest(
          CASE WHEN s.wanted_from < upper(s.covered) THEN tstzmultirange(tstzrange(s.wanted_from, upper(s.covered)))
               ELSE '{}' END
          * (SELECT range_agg(tstzrange(candled.named_from(n.valid, s.calendar), candled.named_until(n.valid, s.calendar)))
             FROM candled.instrument_ticker n WHERE n.instrument_id = s.instrument_id)
          - s.covered)) AS holes,
       (SELECT count(*) FROM candled.gap g WHERE g.series_id = s.series_id AND g.closed_at IS NULL) AS open_gaps,
       (SELECT b.ts FROM candled.bar b WHERE b.series_id = s.series_id ORDER BY b.ts DESC LIMIT 1) AS last_bar_at
FROM candled.series s
CROSS JOIN LATERAL (
  SELECT n.ticker FROM candled.instrument_ticker n
  WHERE n.instrument_id = s.instrument_id
  ORDER BY n.valid @> (now() AT TIME ZONE 'UTC')::date DESC, upper(n.valid) DESC NULLS FIRST LIMIT 1
) t;
COMMENT ON COLUMN candled.coverage_report.holes         IS 'number of ranges between wanted_from and covered_until, while it had a ticker, that are not covered';

CREATE OR REPLACE FUNCTION candled.bars_asof(at timestamptz)
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
  JOIN candled.bar b ON b.series_id = s.series_id AND c.covered @> b.ts
    AND b.ts >= candled.named_from(t.valid, s.calendar) AND b.ts < candled.named_until(t.valid, s.calendar)
  LEFT JOIN LATERAL (
    SELECT v.* FROM candled.bar_revision v
    WHERE v.series_id = b.series_id AND v.ts = b.ts AND v.seen_at > bars_asof.at
    ORDER BY v.seen_at LIMIT 1
  ) r ON true
  WHERE r.existed IS DISTINCT FROM false
$function$;
