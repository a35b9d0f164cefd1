-- Bars have the day and the part of the session that they stand for; a week or a month stands for its sessions and not
-- for its start; a name, a split or a dividend holds from its day on, and not when it becomes known; an unknown ticker
-- or timeframe is an error.

-- The sessions that a bar stands for. A bar of a day or less stands for the day on which it starts; a week or a month
-- for the sessions in it, and not for its start: the week of Monday, June 10, 2024 starts on Sunday, June 9, on which
-- nothing trades.

-- A calendar or a year that is not in market_session trades from Monday to Friday; 24x7 on every day.
CREATE FUNCTION candled.first_session(from_day date, until_day date, calendar text) RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1 AS $function$
  SELECT coalesce(
    (SELECT min(m.session_date) FROM candled.market_session m
     WHERE m.calendar = first_session.calendar AND m.session_date >= from_day AND m.session_date < until_day),
    CASE WHEN first_session.calendar <> '24x7' AND isfinite(from_day)
         THEN from_day + CASE extract(isodow FROM from_day) WHEN 6 THEN 2 WHEN 7 THEN 1 ELSE 0 END
         ELSE from_day END)
$function$;
COMMENT ON FUNCTION candled.first_session(date, date, text) IS
  'The first trading day from from_day until before until_day, by market_session; where that has none of these days, the first Monday to Friday from from_day on (24x7: from_day itself).';

CREATE FUNCTION candled.last_session(from_day date, until_day date, calendar text) RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1 AS $function$
  SELECT coalesce(
    (SELECT max(m.session_date) FROM candled.market_session m
     WHERE m.calendar = last_session.calendar AND m.session_date >= from_day AND m.session_date < until_day),
    CASE WHEN last_session.calendar <> '24x7' AND isfinite(until_day)
         THEN until_day - CASE extract(isodow FROM until_day) WHEN 1 THEN 3 WHEN 7 THEN 2 ELSE 1 END
         ELSE until_day - 1 END)
$function$;
COMMENT ON FUNCTION candled.last_session(date, date, text) IS
  'The last trading day from from_day until before until_day, as first_session.';

-- Inlined where it is called: only weeks and months cost a lookup.
CREATE FUNCTION candled.session_date(ts timestamptz, timeframe text, calendar text) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN timeframe IN ('1w', '1mo')
    THEN candled.first_session((ts AT TIME ZONE candled.calendar_zone(calendar))::date,
                               ((ts AT TIME ZONE candled.calendar_zone(calendar)) + candled.timeframe_length(timeframe))::date,
                               calendar)
    ELSE (ts AT TIME ZONE candled.calendar_zone(calendar))::date END
$function$;
COMMENT ON FUNCTION candled.session_date(timestamptz, text, text) IS
  'The trading day that a bar starts with, in the calendar''s zone: of a week or a month its first session.';

CREATE FUNCTION candled.part_of_session(ts timestamptz, timeframe text, session candled.market_session) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN ts < (session).closes_at AND ts + candled.timeframe_length(timeframe) > (session).opens_at THEN 'regular'
              WHEN ts < (session).opens_at AND ts + candled.timeframe_length(timeframe) > (session).extended_opens_at THEN 'pre'
              WHEN ts >= (session).closes_at AND ts < (session).extended_closes_at THEN 'post' END
$function$;
COMMENT ON FUNCTION candled.part_of_session(timestamptz, text, candled.market_session) IS
  'Whether a bar of that day is of regular trading, in part at least, or else of the pre- or the after-market: regular, pre, post; NULL: outside of all.';

CREATE FUNCTION candled.first_day_of_bar(day date, timeframe text) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE timeframe WHEN '1w' THEN day - extract(dow FROM day)::int4
                        WHEN '1mo' THEN date_trunc('month', day::timestamp)::date
                        ELSE day END
$function$;
COMMENT ON FUNCTION candled.first_day_of_bar(date, text) IS
  'The day on which the bar starts that holds the day: of 1w the Sunday, of 1mo the first.';

-- Where weeks and months of a name, or of a kind of shares, begin. ts < the result if and only if the bar's first
-- session is before the day.
CREATE FUNCTION candled.first_day_of_long_bar(day date, timeframe text, calendar text) RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1 AS $function$
  SELECT CASE WHEN NOT isfinite(day) THEN day
              WHEN candled.first_session(b.first_day, b.next_day, first_day_of_long_bar.calendar) >= day THEN b.first_day
              ELSE b.next_day END
  FROM (SELECT CASE WHEN isfinite(day) THEN candled.first_day_of_bar(day, timeframe) ELSE day END) AS f (first_day)
  CROSS JOIN LATERAL (SELECT f.first_day, (f.first_day + candled.timeframe_length(timeframe))::date) AS b (first_day, next_day)
$function$;
COMMENT ON FUNCTION candled.first_day_of_long_bar(date, text, text) IS
  'The day on which the first bar of 1w or 1mo starts whose first session is the given day or a later one.';

CREATE FUNCTION candled.first_start(day date, timeframe text, calendar text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT (CASE WHEN timeframe IN ('1w', '1mo') THEN candled.first_day_of_long_bar(day, timeframe, calendar) ELSE day END)::timestamp
         AT TIME ZONE candled.calendar_zone(calendar)
$function$;
COMMENT ON FUNCTION candled.first_start(date, text, text) IS
  'The start of the first bar of a timeframe that stands for the given day of the calendar''s zone, or for later ones only.';

-- Names without an end are most: a full scan pays no more for them than a look.
CREATE FUNCTION candled.named_from(valid daterange, calendar text, timeframe text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN lower_inf(valid) THEN '-infinity' ELSE candled.first_start(lower(valid), timeframe, calendar) END
$function$;
COMMENT ON FUNCTION candled.named_from(daterange, text, text) IS
  'The start of the first bar of a timeframe that has the name; -infinity: always. A week or a month has the name of its first session.';

CREATE FUNCTION candled.named_until(valid daterange, calendar text, timeframe text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN upper_inf(valid) THEN 'infinity' ELSE candled.first_start(upper(valid), timeframe, calendar) END
$function$;
COMMENT ON FUNCTION candled.named_until(daterange, text, text) IS
  'The start of the first bar of a timeframe that does not have the name any more; infinity: it still has.';

-- The one place that says which of an instrument's names is its name. A name that is announced is none yet.
CREATE FUNCTION candled.name_on(instrument_id int4, day date) RETURNS TABLE (ticker text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $function$
  SELECT n.ticker FROM candled.instrument_ticker n
  WHERE n.instrument_id = name_on.instrument_id
  ORDER BY n.valid @> day DESC, coalesce(lower(n.valid) <= day, true) DESC,
           CASE WHEN coalesce(lower(n.valid) <= day, true) THEN upper(n.valid) END DESC NULLS LAST, lower(n.valid)
  LIMIT 1
$function$;
COMMENT ON FUNCTION candled.name_on(int4, date) IS
  'The ticker of an instrument on that day, else the last that it had before, else the first that it has after.';

CREATE FUNCTION candled.today(calendar text) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT (now() AT TIME ZONE candled.calendar_zone(calendar))::date
$function$;
COMMENT ON FUNCTION candled.today(text) IS 'The date of now in the calendar''s zone.';

-- In a WHERE it is asked once, before the first row: the planner makes a one-time filter of it. plpgsql, for an
-- error is no value.
CREATE FUNCTION candled.check_asked(ticker text, timeframe text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 AS $function$
DECLARE
  alike text;
BEGIN
  IF candled.timeframe_length(timeframe) IS NULL AND timeframe IS NOT NULL THEN
    RAISE EXCEPTION 'no timeframe is called "%"', timeframe
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Timeframes are 1m 5m 15m 30m 1h 4h 1d 1w 1mo.';
  END IF;
  IF ticker IS NULL OR EXISTS (SELECT FROM candled.instrument_ticker t WHERE t.ticker = check_asked.ticker) THEN
    RETURN true;
  END IF;
  SELECT string_agg(s.ticker, ', ' ORDER BY s.ticker) INTO alike
  FROM (SELECT DISTINCT t.ticker FROM candled.instrument_ticker t
        WHERE upper(t.ticker) = upper(btrim(check_asked.ticker))
           OR starts_with(t.ticker, left(check_asked.ticker, 2))
        ORDER BY t.ticker LIMIT 10) s;
  RAISE EXCEPTION 'no instrument has or had the ticker "%"', ticker
    USING ERRCODE = 'invalid_parameter_value',
          DETAIL = 'Similar tickers: ' || coalesce(alike, 'none') || '.',
          HINT = 'Tickers are spelled as the provider spells them, and case matters. '
                 'SELECT ticker, timeframe FROM candled.coverage_report lists what is collected; '
                 'what a job does not have among its symbols is not.';
END
$function$;
COMMENT ON FUNCTION candled.check_asked(text, text) IS
  'True for a timeframe that there is and a ticker that an instrument has or had, collected or not; else an error that says what there is. NULL is asked for nothing, and true.';

-- What users read.

-- session is looked up by key, for each bar and only where the column is read: a join would be one more table to plan.
CREATE OR REPLACE VIEW candled.bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count,
       candled.session_date(b.ts, s.timeframe, s.calendar) AS session_date,
       CASE WHEN s.timeframe IN ('1d', '1w', '1mo') OR s.calendar = '24x7' THEN 'regular'
            ELSE (SELECT candled.part_of_session(b.ts, s.timeframe, m) FROM candled.market_session m
                  WHERE m.calendar = s.calendar
                    AND m.session_date = (b.ts AT TIME ZONE candled.calendar_zone(s.calendar))::date) END AS session
FROM candled.instrument_ticker t
JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
JOIN candled.bar b ON b.series_id = s.series_id
  AND b.ts >= candled.named_from(t.valid, s.calendar, s.timeframe)
  AND b.ts < candled.named_until(t.valid, s.calendar, s.timeframe);
COMMENT ON COLUMN candled.bars.ticker      IS 'the name that the instrument had on session_date';
COMMENT ON COLUMN candled.bars.session_date IS 'the trading day, in the calendar''s zone (XNYS: America/New_York; 24x7: UTC): the date on which the bar starts there; of 1w and 1mo the first session in it';
COMMENT ON COLUMN candled.bars.session IS 'pre, regular or post: where in the day''s trading by market_session the bar lies; regular if it holds any regular trading, and for all bars of 1d 1w 1mo and of 24x7; NULL: outside of the extended hours, or on a day that is closed or not in market_session';

-- One look at the end of each series' index. DISTINCT ON would read every bar there is.
CREATE OR REPLACE VIEW candled.latest_bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count,
       candled.session_date(b.ts, s.timeframe, s.calendar) AS session_date
FROM candled.series s
CROSS JOIN LATERAL (SELECT * FROM candled.bar WHERE bar.series_id = s.series_id ORDER BY bar.ts DESC LIMIT 1) b
JOIN candled.instrument_ticker t
  ON t.instrument_id = s.instrument_id
  AND b.ts >= candled.named_from(t.valid, s.calendar, s.timeframe)
  AND b.ts < candled.named_until(t.valid, s.calendar, s.timeframe)
WHERE s.is_primary;
COMMENT ON COLUMN candled.latest_bars.ticker      IS 'the name that the instrument had on session_date';
COMMENT ON COLUMN candled.latest_bars.session_date IS 'the trading day, as in bars';

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
         (SELECT range_agg(tstzrange(candled.named_from(n.valid, s.calendar, s.timeframe),
                                   candled.named_until(n.valid, s.calendar, s.timeframe)))
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
    AND candled.named_from(n.valid, s.calendar, s.timeframe) < h.gap_until
    AND candled.named_until(n.valid, s.calendar, s.timeframe) > h.gap_from
  ORDER BY upper(n.valid) DESC NULLS FIRST LIMIT 1
) t;

-- What was covered when is on record since migration 6.
CREATE FUNCTION candled.check_asof(at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 AS $function$
DECLARE
  known_from constant timestamptz := greatest(
    (SELECT min(s.registered_at) FROM candled.series s),
    (SELECT m.applied_at FROM candled.schema_migration m
     WHERE m.version = 6 AND EXISTS (SELECT FROM candled.series)));
BEGIN
  IF at < known_from THEN
    RAISE EXCEPTION 'what was known at % cannot be said: candled records what it knows since %', at, known_from
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Ask for a later time; candled.coverage_report.known_from says since when it is known for each series.';
  END IF;
  RETURN true;
END
$function$;
COMMENT ON FUNCTION candled.check_asof(timestamptz) IS
  'True for a time at which candled recorded what it knew, of one series at least; an error for an earlier one, for then nobody can say what was known.';

CREATE OR REPLACE VIEW candled.coverage_report AS
SELECT t.ticker, s.timeframe, s.provider, s.is_primary, s.wanted_from,
       lower(s.covered) AS covered_from, upper(s.covered) AS covered_until,
       (SELECT count(*) FROM unnest(
          CASE WHEN s.wanted_from < upper(s.covered) THEN tstzmultirange(tstzrange(s.wanted_from, upper(s.covered)))
               ELSE '{}' END
          * (SELECT range_agg(tstzrange(candled.named_from(n.valid, s.calendar, s.timeframe),
                                   candled.named_until(n.valid, s.calendar, s.timeframe)))
             FROM candled.instrument_ticker n WHERE n.instrument_id = s.instrument_id)
          - s.covered)) AS holes,
       (SELECT count(*) FROM candled.gap g WHERE g.series_id = s.series_id AND g.closed_at IS NULL) AS open_gaps,
       (SELECT b.ts FROM candled.bar b WHERE b.series_id = s.series_id ORDER BY b.ts DESC LIMIT 1) AS last_bar_at,
       greatest(s.registered_at, (SELECT m.applied_at FROM candled.schema_migration m WHERE m.version = 6)) AS known_from
FROM candled.series s
CROSS JOIN LATERAL candled.name_on(s.instrument_id, candled.today(s.calendar)) t;
COMMENT ON COLUMN candled.coverage_report.ticker        IS 'the name that the instrument has today in the calendar''s zone, or had last; one that is announced is none yet';
COMMENT ON COLUMN candled.coverage_report.known_from    IS 'since when candled records what it knew, UTC: bars_asof() of an earlier time has no bar of it';

CREATE OR REPLACE FUNCTION candled.is_complete(ticker text, timeframe text, session_date date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT candled.check_asked(is_complete.ticker, is_complete.timeframe) AND coalesce((
    SELECT s.covered @> candled.session_range(m, s.timeframe)
    FROM candled.instrument_ticker t
    JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
    JOIN candled.market_session m ON m.calendar = s.calendar AND m.session_date = is_complete.session_date
    WHERE t.ticker = is_complete.ticker AND t.valid @> is_complete.session_date
      AND s.timeframe = is_complete.timeframe AND s.timeframe NOT IN ('1w', '1mo')), false)
$function$;
COMMENT ON FUNCTION candled.is_complete(text, text, date) IS
  'Whether all of a session was asked and answered, at the primary provider of the ticker of that day. False too for what is not collected, and for days without a session. An unknown ticker or timeframe is an error.';

CREATE OR REPLACE FUNCTION candled.session_hash(ticker text, timeframe text, session_date date) RETURNS text
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
    AND candled.check_asked(session_hash.ticker, session_hash.timeframe)
  GROUP BY s.series_id
$function$;
COMMENT ON FUNCTION candled.session_hash(text, text, date) IS
  'The hash of a session computed anew from its bars, at the primary provider: equal to session_completeness.hash, or a bar was changed behind candled''s back. NULL: no such series. An unknown ticker or timeframe is an error.';

-- One SELECT, STABLE and not STRICT: the planner puts it into the query that calls it.
DROP FUNCTION candled.bars_asof(timestamptz);
CREATE FUNCTION candled.bars_asof(at timestamptz)
RETURNS TABLE (ticker text, timeframe text, ts timestamptz, open float8, high float8, low float8, close float8,
               volume float8, vwap float8, trade_count int4, session_date date)
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT t.ticker, s.timeframe, b.ts,
         CASE WHEN r.existed THEN r.open ELSE b.open END, CASE WHEN r.existed THEN r.high ELSE b.high END,
         CASE WHEN r.existed THEN r.low ELSE b.low END, CASE WHEN r.existed THEN r.close ELSE b.close END,
         CASE WHEN r.existed THEN r.volume ELSE b.volume END,
         nullif(CASE WHEN r.existed THEN r.vwap ELSE b.vwap END, 'NaN'),
         nullif(CASE WHEN r.existed THEN r.trade_count ELSE b.trade_count END, -1),
         candled.session_date(b.ts, s.timeframe, s.calendar)
  FROM candled.instrument_ticker t
  JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
  CROSS JOIN LATERAL (
    SELECT range_agg(l.during) AS covered FROM candled.coverage_log l
    WHERE l.series_ids @> ARRAY[s.series_id] AND l.covered_at <= bars_asof.at
  ) c
  JOIN candled.bar b ON b.series_id = s.series_id AND c.covered @> b.ts
    AND b.ts >= candled.named_from(t.valid, s.calendar, s.timeframe)
    AND b.ts < candled.named_until(t.valid, s.calendar, s.timeframe)
  LEFT JOIN LATERAL (
    SELECT v.* FROM candled.bar_revision v
    WHERE v.series_id = b.series_id AND v.ts = b.ts AND v.seen_at > bars_asof.at
    ORDER BY v.seen_at LIMIT 1
  ) r ON true
  WHERE r.existed IS DISTINCT FROM false AND candled.check_asof(bars_asof.at)
$function$;
COMMENT ON FUNCTION candled.bars_asof(timestamptz) IS
  'The rows that the view bars had at that time: what was covered by then, with the values of then. A time before candled recorded anything is an error; of a series that it began to record later there is no bar (coverage_report.known_from). Ask WHERE ticker = … AND timeframe = … AND ts >= ….';

-- More of what users read: the questions of docs/sql.md.

-- One SELECT, STABLE and not STRICT: the planner puts it into the query that calls it, with its limits. The relation
-- of the same name gives its rows their columns.
CREATE OR REPLACE FUNCTION candled.bars(ticker text, timeframe text, from_ts timestamptz DEFAULT '-infinity',
                             to_ts timestamptz DEFAULT 'infinity') RETURNS SETOF candled.bars
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT b.* FROM candled.bars b
  WHERE b.ticker = bars.ticker AND b.timeframe = bars.timeframe AND b.ts >= bars.from_ts AND b.ts < bars.to_ts
    AND candled.check_asked(bars.ticker, bars.timeframe)
$function$;
COMMENT ON FUNCTION candled.bars(text, text, timestamptz, timestamptz) IS
  'The rows of the view bars of one ticker and timeframe that start in [from_ts, to_ts), UTC; without these limits all. None for a ticker that is not collected so; an unknown ticker or timeframe is an error. In no order: add ORDER BY ts.';

-- As latest_bars: one look at the other end of each series' index. The name is that of coverage_report, to be joined
-- with it: the instrument's first bar may have had another.
CREATE OR REPLACE VIEW candled.first_bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count,
       candled.session_date(b.ts, s.timeframe, s.calendar) AS session_date
FROM candled.series s
CROSS JOIN LATERAL (SELECT * FROM candled.bar WHERE bar.series_id = s.series_id ORDER BY bar.ts LIMIT 1) b
CROSS JOIN LATERAL candled.name_on(s.instrument_id, candled.today(s.calendar)) t
WHERE s.is_primary;
COMMENT ON COLUMN candled.first_bars.ticker      IS 'the name that the instrument has today, or had last, as in coverage_report';
COMMENT ON COLUMN candled.first_bars.session_date IS 'the trading day, as in bars';

CREATE OR REPLACE VIEW candled.bar_changes AS
SELECT t.ticker, s.timeframe, s.provider, r.ts, r.seen_at, r.existed,
       CASE WHEN r.existed THEN r.open END AS open, CASE WHEN r.existed THEN r.high END AS high,
       CASE WHEN r.existed THEN r.low END AS low, CASE WHEN r.existed THEN r.close END AS close,
       CASE WHEN r.existed THEN r.volume END AS volume, CASE WHEN r.existed THEN nullif(r.vwap, 'NaN') END AS vwap,
       CASE WHEN r.existed THEN nullif(r.trade_count, -1) END AS trade_count
FROM candled.bar_revision r
JOIN candled.series s USING (series_id)
JOIN candled.instrument_ticker t
  ON t.instrument_id = s.instrument_id
  AND r.ts >= candled.named_from(t.valid, s.calendar, s.timeframe)
  AND r.ts < candled.named_until(t.valid, s.calendar, s.timeframe);

CREATE OR REPLACE VIEW candled.rejected_bars AS
SELECT t.ticker, s.timeframe, s.provider, nullif(r.ts, 'infinity') AS ts, r.reason, r.open, r.high, r.low, r.close,
       r.volume, nullif(r.vwap, 'NaN') AS vwap, nullif(r.trade_count, -1) AS trade_count, r.first_seen, r.last_seen,
       r.times
FROM candled.rejected_bar r
JOIN candled.series s USING (series_id)
CROSS JOIN LATERAL candled.name_on(s.instrument_id, (r.last_seen AT TIME ZONE candled.calendar_zone(s.calendar))::date) t;

-- An action counts from its ex_date on, however early it is known. The close before a dividend's day is the last daily
-- bar's, for that is the official one; without it, the last bar's of the timeframe that is asked for, if its last day is
-- that day. A dividend on the day of a split is a new share's. What cannot be said is NaN: NULL would multiply with nothing.
DROP FUNCTION candled.adjustment_steps(int4, int4, candled.adjustment, timestamptz);
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
        SELECT (SELECT b.close FROM candled.series s
                CROSS JOIN LATERAL (SELECT b.ts, b.close FROM candled.bar b WHERE b.series_id = s.series_id AND b.ts < d.at
                                    ORDER BY b.ts DESC LIMIT 1) b
                WHERE s.instrument_id = instrument AND s.timeframe = '1d' AND s.is_primary
                  AND (b.ts >= d.at - interval '7 days' OR s.covered @> tstzrange(b.ts, d.at))) AS daily,
               (SELECT b.close FROM candled.series s
                CROSS JOIN LATERAL (SELECT b.ts, b.close FROM candled.bar b WHERE b.series_id = s.series_id
                                      AND b.ts < d.first_start ORDER BY b.ts DESC LIMIT 1) b
                WHERE s.series_id = series AND d.mixed_from IS NULL
                  AND (b.ts + candled.timeframe_length(s.timeframe) >= d.at - interval '7 days'
                       OR s.covered @> tstzrange(b.ts, d.first_start))) AS own,
               EXISTS (SELECT FROM candled.bar b WHERE b.series_id = series AND b.ts < d.first_start) AS is_there
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
    SELECT s.* FROM candled.series s WHERE s.instrument_id = instrument AND s.timeframe = '1d' AND s.is_primary
  ), step AS MATERIALIZED (
    SELECT k.* FROM own s CROSS JOIN LATERAL candled.adjustment_steps(s.instrument_id, s.series_id, adjust, as_of) k
  ), wanted AS MATERIALIZED (
    SELECT s.series_id, w.first_day, w.first_day::timestamp AT TIME ZONE candled.calendar_zone(s.calendar) AS from_ts,
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
    SELECT w.series_id, w.first_day, k.share_factor, k.price_factor, greatest(k.from_ts, w.from_ts) AS from_ts,
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
    FROM part p JOIN candled.bar b ON b.series_id = p.series_id AND b.ts >= p.from_ts AND b.ts < p.until_ts
  ) d
  GROUP BY d.first_day
$function$;
COMMENT ON FUNCTION candled.adjusted_from_days(int4, text, date[], candled.adjustment, timestamptz) IS
  'The adjusted bars of 1w or 1mo that start on the given days, made of the primary daily bars, each adjusted by itself. No row for one of whose sessions one is not covered, or none has a bar. NaN: cannot be said.';

DROP FUNCTION candled.bars_adjusted(text, text, timestamptz, timestamptz, text, timestamptz);
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
    FROM step k JOIN candled.bar b ON b.series_id = k.series_id AND b.ts >= k.from_ts AND b.ts < k.to_ts
    WHERE k.is_mixed
  )
  SELECT b.ts, b.open / k.share_factor * f.price, b.high / k.share_factor * f.price, b.low / k.share_factor * f.price,
         b.close / k.share_factor * f.price, b.volume * k.share_factor, nullif(b.vwap, 'NaN') / k.share_factor * f.price,
         nullif(b.trade_count, -1), f.price, 1 / k.share_factor,
         candled.session_date(b.ts, bars_adjusted.timeframe, k.calendar)
  FROM step k
  CROSS JOIN LATERAL (SELECT nullif(k.price_factor, 'NaN')) AS f (price)
  JOIN candled.bar b ON b.series_id = k.series_id AND b.ts >= k.from_ts AND b.ts < k.to_ts
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

CREATE OR REPLACE FUNCTION candled.bars_rollup(ticker text, timeframe text, from_ts timestamptz DEFAULT '-infinity',
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
    least(bars_rollup.to_ts, candled.named_until(t.valid, s.calendar, bars_rollup.timeframe))) r
  WHERE t.ticker = bars_rollup.ticker
    AND candled.check_rollup(bars_rollup.ticker, bars_rollup.timeframe, bars_rollup.source_timeframe)
$function$;
COMMENT ON FUNCTION candled.bars_rollup(text, text, timestamptz, timestamptz, text) IS
  'Bars of 5m 15m 30m 1h 1d or 1w that start in [from_ts, to_ts), UTC, computed now from the primary series of a finer timeframe; the newest holds what there is so far. Prices of 1d and 1w are those of regular trading, or of the whole day where nothing traded in it; volume, vwap and trade_count count all hours, as in the provider''s daily bars. vwap is weighted by volume: NULL when nothing was traded, or a bar with volume has none; trade_count is NULL when a bar has none. An unknown ticker, and a timeframe that cannot be made or not of that one, is an error. In no order: add ORDER BY ts.';

-- A week or a month that has another name now was asked for under the one of its start: it is asked for again.
UPDATE candled.series s SET covered = s.covered - other.during
FROM (
  SELECT o.series_id, range_agg(tstzrange(least(b.was, b.is), greatest(b.was, b.is))) AS during
  FROM candled.series o
  JOIN candled.instrument_ticker t ON t.instrument_id = o.instrument_id
  CROSS JOIN LATERAL (VALUES (lower(t.valid)), (upper(t.valid))) AS d (day)
  -- By its start a week was of the name from the next start on.
  CROSS JOIN LATERAL (
    SELECT candled.first_start(d.day, o.timeframe, o.calendar) AS is,
           (d.day + CASE o.timeframe WHEN '1w' THEN (7 - extract(dow FROM d.day)::int4) % 7 ELSE 0 END) AS on_or_after
  ) x
  CROSS JOIN LATERAL (
    SELECT x.is, (CASE WHEN o.timeframe = '1mo' AND extract(day FROM d.day) > 1
                       THEN (date_trunc('month', d.day::timestamp) + interval '1 month')::date
                       ELSE x.on_or_after END)::timestamp AT TIME ZONE candled.calendar_zone(o.calendar) AS was
  ) b
  WHERE o.timeframe IN ('1w', '1mo') AND o.rolled_from IS NULL AND isfinite(d.day) AND b.was <> b.is
  GROUP BY o.series_id
) other
WHERE s.series_id = other.series_id AND s.covered && other.during;

SELECT candled.give_rights();
