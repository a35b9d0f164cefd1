-- What users read.

-- session is looked up by key, for each bar and only where the column is read: a join would be one more table to plan.
CREATE VIEW candled.bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count,
       candled.session_date(b.ts, s.timeframe, s.calendar) AS session_date,
       CASE WHEN s.timeframe IN ('1d', '1w', '1mo') OR s.calendar = '24x7' THEN 'regular'
            ELSE (SELECT candled.part_of_session(b.ts, s.timeframe, m) FROM candled.market_session m
                  WHERE m.calendar = s.calendar
                    AND m.session_date = (b.ts AT TIME ZONE candled.calendar_zone(s.calendar))::date) END AS session
FROM candled.instrument_ticker t
JOIN candled.shown_series s ON s.instrument_id = t.instrument_id
JOIN candled.bar b ON b.series_id = s.series_id
  AND b.ts >= greatest(candled.named_from(t.valid, s.calendar, s.timeframe), s.from_ts)
  AND b.ts < least(candled.named_until(t.valid, s.calendar, s.timeframe), s.until_ts);
COMMENT ON VIEW   candled.bars             IS 'All bars, raw, of each instrument and timeframe: those of the provider of the job that is configured, and where that has not collected, those of the provider before it. Ask WHERE ticker = … AND timeframe = … AND ts >= ….';
COMMENT ON COLUMN candled.bars.ticker      IS 'the name that the instrument had on session_date';
COMMENT ON COLUMN candled.bars.timeframe   IS 'length of the bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.bars.ts          IS 'start of the bar''s window, UTC';
COMMENT ON COLUMN candled.bars.open        IS 'first price, in the instrument''s currency';
COMMENT ON COLUMN candled.bars.high        IS 'highest price, in the instrument''s currency';
COMMENT ON COLUMN candled.bars.low         IS 'lowest price, in the instrument''s currency';
COMMENT ON COLUMN candled.bars.close       IS 'last price, in the instrument''s currency';
COMMENT ON COLUMN candled.bars.volume      IS 'units of the instrument traded; fractions are possible';
COMMENT ON COLUMN candled.bars.vwap        IS 'volume-weighted average price, in the instrument''s currency; NULL: the provider gave none';
COMMENT ON COLUMN candled.bars.trade_count IS 'number of trades; NULL: the provider gave none';
COMMENT ON COLUMN candled.bars.session_date IS 'the trading day, in the calendar''s zone (XNYS: America/New_York; 24x7: UTC): the date on which the bar starts there; of 1w and 1mo the first session in it';
COMMENT ON COLUMN candled.bars.session IS 'pre, regular or post: where in the day''s trading by market_session the bar lies; regular if it holds any regular trading, and for all bars of 1d 1w 1mo and of 24x7; NULL: outside of the extended hours, or on a day that is closed or not in market_session';

-- One look at the end of each series' index. DISTINCT ON would read every bar there is.
CREATE VIEW candled.latest_bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count,
       candled.session_date(b.ts, s.timeframe, s.calendar) AS session_date
FROM candled.series s
CROSS JOIN LATERAL (
  SELECT b.* FROM candled.shown_series r
  CROSS JOIN LATERAL (SELECT * FROM candled.bar
                      WHERE bar.series_id = r.series_id AND bar.ts >= r.from_ts AND bar.ts < r.until_ts
                      ORDER BY bar.ts DESC LIMIT 1) b
  WHERE r.instrument_id = s.instrument_id AND r.timeframe = s.timeframe
  ORDER BY b.ts DESC LIMIT 1
) b
JOIN candled.instrument_ticker t
  ON t.instrument_id = s.instrument_id
  AND b.ts >= candled.named_from(t.valid, s.calendar, s.timeframe)
  AND b.ts < candled.named_until(t.valid, s.calendar, s.timeframe)
WHERE s.is_primary;
COMMENT ON VIEW   candled.latest_bars             IS 'The last bar of each ticker and timeframe.';
COMMENT ON COLUMN candled.latest_bars.ticker      IS 'the name that the instrument had on session_date';
COMMENT ON COLUMN candled.latest_bars.timeframe   IS 'length of the bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.latest_bars.ts          IS 'start of the bar''s window, UTC';
COMMENT ON COLUMN candled.latest_bars.open        IS 'first price, in the instrument''s currency';
COMMENT ON COLUMN candled.latest_bars.high        IS 'highest price, in the instrument''s currency';
COMMENT ON COLUMN candled.latest_bars.low         IS 'lowest price, in the instrument''s currency';
COMMENT ON COLUMN candled.latest_bars.close       IS 'last price, in the instrument''s currency';
COMMENT ON COLUMN candled.latest_bars.volume      IS 'units of the instrument traded; fractions are possible';
COMMENT ON COLUMN candled.latest_bars.vwap        IS 'volume-weighted average price, in the instrument''s currency; NULL: the provider gave none';
COMMENT ON COLUMN candled.latest_bars.trade_count IS 'number of trades; NULL: the provider gave none';
COMMENT ON COLUMN candled.latest_bars.session_date IS 'the trading day, as in bars';

-- Holes by reason. A gap says why; a hole that no gap explains was never asked, if a bar can have closed in it. Gaps
-- are trimmed where they have been filled since, except those of ranges that are covered already: answered without a
-- bar, or with one that cannot be true, or not read again. A calendar that is not in market_session shows every hole
-- before the end of coverage.
CREATE VIEW candled.gaps AS
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
) t
WHERE s.wanted_until IS NULL;
COMMENT ON VIEW   candled.gaps             IS 'What is missing and why, one row for each hole: failed ranges, sessions without a bar, and holes from wanted_from until now that were never asked. Nothing is of what no job collects any more: nobody is going to ask for it.';
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

CREATE VIEW candled.coverage_report AS
SELECT t.ticker, s.timeframe, s.provider, s.is_primary, s.wanted_from,
       lower(s.covered) AS covered_from, upper(s.covered) AS covered_until,
       (SELECT count(*) FROM unnest(
          CASE WHEN s.wanted_from < upper(s.covered) AND s.wanted_until IS NULL
               THEN tstzmultirange(tstzrange(s.wanted_from, upper(s.covered)))
               ELSE '{}' END
          * (SELECT range_agg(tstzrange(candled.named_from(n.valid, s.calendar, s.timeframe),
                                   candled.named_until(n.valid, s.calendar, s.timeframe)))
             FROM candled.instrument_ticker n WHERE n.instrument_id = s.instrument_id)
          - s.covered)) AS holes,
       (SELECT count(*) FROM candled.gap g
        WHERE g.series_id = s.series_id AND g.closed_at IS NULL AND s.wanted_until IS NULL) AS open_gaps,
       (SELECT b.ts FROM candled.bar b WHERE b.series_id = s.series_id ORDER BY b.ts DESC LIMIT 1) AS last_bar_at,
       greatest(s.registered_at, (SELECT m.applied_at FROM candled.schema_migration m WHERE m.version = 6)) AS known_from,
       s.wanted_until, s.shown_until,
       CASE WHEN s.shown_until IS NOT NULL
            THEN (SELECT range_agg(tstzrange(f.from_ts, f.until_ts)) FROM candled.former_ranges(s.series_id) f) END AS still_shown
FROM candled.series s
CROSS JOIN LATERAL candled.name_on(s.instrument_id, candled.today(s.calendar)) t;
COMMENT ON VIEW   candled.coverage_report               IS 'How far each series is collected, one row each. Counts no bars, so it is quick at any size.';
COMMENT ON COLUMN candled.coverage_report.ticker        IS 'the name that the instrument has today in the calendar''s zone, or had last; one that is announced is none yet';
COMMENT ON COLUMN candled.coverage_report.timeframe     IS 'length of a bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.coverage_report.provider      IS 'where the bars come from';
COMMENT ON COLUMN candled.coverage_report.is_primary    IS 'true when the view bars shows this series, wherever it is covered';
COMMENT ON COLUMN candled.coverage_report.wanted_from   IS 'how far back coverage is wanted, UTC';
COMMENT ON COLUMN candled.coverage_report.covered_from  IS 'start of the oldest range that is covered, UTC; NULL: nothing is';
COMMENT ON COLUMN candled.coverage_report.covered_until IS 'end of the newest range that is covered, not included, UTC; NULL: nothing is';
COMMENT ON COLUMN candled.coverage_report.holes         IS 'number of ranges between wanted_from and covered_until, while it had a ticker, that are not covered; 0 where no job collects it any more';
COMMENT ON COLUMN candled.coverage_report.open_gaps     IS 'number of ranges that failed and wait to be tried again; 0 where no job collects it any more';
COMMENT ON COLUMN candled.coverage_report.last_bar_at   IS 'start of the newest bar, UTC; NULL: none';
COMMENT ON COLUMN candled.coverage_report.known_from    IS 'since when candled records what it knew, UTC: bars_asof() of an earlier time has no bar of it';

COMMENT ON COLUMN candled.coverage_report.wanted_until  IS 'when it was taken out of the configuration, UTC: since then nothing of it is missing; NULL: a job collects it';
COMMENT ON COLUMN candled.coverage_report.shown_until   IS 'when another series took its place in the view bars, UTC; NULL: it is the primary one, or never was';
COMMENT ON COLUMN candled.coverage_report.still_shown   IS 'where the view bars shows it all the same, for no later series is covered, UTC; NULL: nowhere';

CREATE VIEW candled.ingest_phases AS
SELECT b.batch_id, b.started_at, b.job, b.provider, b.timeframe, p.phase, p.ms,
       p.ms::float8 / nullif(b.plan_ms + b.wait_ms + b.fetch_ms + b.parse_ms + b.validate_ms + b.merge_ms + b.copy_ms
                             + b.commit_ms, 0) AS share
FROM candled.ingest_batch b
CROSS JOIN LATERAL (VALUES (1, 'plan', b.plan_ms), (2, 'wait', b.wait_ms), (3, 'fetch', b.fetch_ms),
                           (4, 'parse', b.parse_ms), (5, 'validate', b.validate_ms), (6, 'merge', b.merge_ms),
                           (7, 'copy', b.copy_ms), (8, 'commit', b.commit_ms)) AS p (place, phase, ms);
COMMENT ON VIEW   candled.ingest_phases            IS 'Where each batch''s time went: eight rows a batch.';
COMMENT ON COLUMN candled.ingest_phases.batch_id   IS 'the batch';
COMMENT ON COLUMN candled.ingest_phases.started_at IS 'when the batch started, UTC';
COMMENT ON COLUMN candled.ingest_phases.job        IS 'name of the job in the configuration';
COMMENT ON COLUMN candled.ingest_phases.provider   IS 'name of the provider in the configuration';
COMMENT ON COLUMN candled.ingest_phases.timeframe  IS 'length of the batch''s bars';
COMMENT ON COLUMN candled.ingest_phases.phase      IS 'plan, wait, fetch, parse, validate, merge, copy or commit';
COMMENT ON COLUMN candled.ingest_phases.ms         IS 'busy time of the phase, summed over requests and loads, milliseconds';
COMMENT ON COLUMN candled.ingest_phases.share      IS 'share of the phase in the batch''s busy time, 0 to 1; NULL: no time was measured';

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
       k.complete_at,
       s.wanted_until IS NULL AS is_wanted,
       x.is_shown
FROM candled.series s
JOIN candled.market_session m
  ON m.calendar = s.calendar AND m.extended_closes_at > s.wanted_from AND m.extended_opens_at < now()
JOIN candled.instrument_ticker t ON t.instrument_id = s.instrument_id AND t.valid @> m.session_date
CROSS JOIN LATERAL (SELECT candled.session_range(m, s.timeframe)) AS d (during)
LEFT JOIN candled.series_session k ON k.series_id = s.series_id AND k.session_date = m.session_date
CROSS JOIN LATERAL (
  SELECT CASE WHEN EXISTS (SELECT FROM candled.series f WHERE f.instrument_id = s.instrument_id
                             AND f.timeframe = s.timeframe AND f.shown_until IS NOT NULL)
              THEN s.series_id = (
                SELECT n.series_id FROM candled.series n
                WHERE n.instrument_id = s.instrument_id AND n.timeframe = s.timeframe
                  AND (n.is_primary OR n.shown_until IS NOT NULL)
                ORDER BY n.covered && d.during DESC, n.is_primary DESC, n.shown_until DESC, n.series_id DESC LIMIT 1)
              ELSE s.is_primary END AS is_shown
) x
WHERE s.timeframe NOT IN ('1w', '1mo')
  -- Nobody is going to ask for what is missing of a series that no job collects.
  AND (s.wanted_until IS NULL OR s.covered && d.during AND x.is_shown);
COMMENT ON VIEW   candled.session_completeness               IS 'Which sessions are complete, from wanted_from until now: one row for each session of each series of bars of a day or less; of one that no job collects any more, for each session that it has and readers see. Ask WHERE ticker = … AND timeframe = … AND session_date >= ….';
COMMENT ON COLUMN candled.session_completeness.ticker        IS 'the name that the instrument had on that day';
COMMENT ON COLUMN candled.session_completeness.timeframe     IS 'length of a bar: 1m 5m 15m 30m 1h 4h 1d';
COMMENT ON COLUMN candled.session_completeness.provider      IS 'where the bars come from';
COMMENT ON COLUMN candled.session_completeness.session_date  IS 'the trading day, in the calendar''s zone';
COMMENT ON COLUMN candled.session_completeness.state         IS 'complete: all of it was asked and answered; empty: so too, without a single bar; partial: some of it; missing: nothing of it';
COMMENT ON COLUMN candled.session_completeness.bars_expected IS 'number of bars when there is one for every window of the extended hours; fewer are usual where little is traded';
COMMENT ON COLUMN candled.session_completeness.bars_present  IS 'number of bars that are there';
COMMENT ON COLUMN candled.session_completeness.hash          IS 'sum of the bars'' hashes, hexadecimal: the same bars have the same, whenever and in whatever order they came; see session_hash()';
COMMENT ON COLUMN candled.session_completeness.complete_at   IS 'when all of it was covered first, UTC; NULL: not yet, or before its calendar was known';

COMMENT ON COLUMN candled.session_completeness.is_wanted     IS 'true: a job collects it; false: what is missing of it stays missing';
COMMENT ON COLUMN candled.session_completeness.is_shown      IS 'true for the one series of the session whose bars session_hash() is of: the primary one, or where that has nothing of the session, the last before it that has';

CREATE FUNCTION candled.is_complete(ticker text, timeframe text, session_date date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT candled.check_asked(is_complete.ticker, is_complete.timeframe) AND coalesce((
    SELECT s.covered @> candled.session_range(m, s.timeframe)
           OR candled.shown_covered(s.instrument_id, s.timeframe) @> candled.session_range(m, s.timeframe)
    FROM candled.instrument_ticker t
    JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
    JOIN candled.market_session m ON m.calendar = s.calendar AND m.session_date = is_complete.session_date
    WHERE t.ticker = is_complete.ticker AND t.valid @> is_complete.session_date
      AND s.timeframe = is_complete.timeframe AND s.timeframe NOT IN ('1w', '1mo')), false)
$function$;
COMMENT ON FUNCTION candled.is_complete(text, text, date) IS
  'Whether all of a session was asked and answered, at the providers whose bars readers see of the ticker of that day. False too for what is not collected, and for days without a session. An unknown ticker or timeframe is an error.';

CREATE FUNCTION candled.session_hash(ticker text, timeframe text, session_date date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT encode(candled.wrap_64(coalesce(sum(candled.hash_lane(h.hash, 1)), 0))
                || candled.wrap_64(coalesce(sum(candled.hash_lane(h.hash, 2)), 0)), 'hex')
  FROM candled.instrument_ticker t
  JOIN candled.series s ON s.series_id = (
    SELECT n.series_id FROM candled.series n
    WHERE n.instrument_id = t.instrument_id AND n.timeframe = session_hash.timeframe
      AND (n.is_primary OR n.shown_until IS NOT NULL)
    ORDER BY n.covered && coalesce(
               (SELECT candled.session_range(m, n.timeframe) FROM candled.market_session m
                WHERE m.calendar = n.calendar AND m.session_date = session_hash.session_date),
               tstzrange(session_hash.session_date::timestamp AT TIME ZONE candled.calendar_zone(n.calendar),
                         (session_hash.session_date + 1)::timestamp AT TIME ZONE candled.calendar_zone(n.calendar))) DESC,
             n.is_primary DESC, n.shown_until DESC, n.series_id DESC LIMIT 1)
  LEFT JOIN candled.bar b ON b.series_id = s.series_id
    AND b.ts >= session_hash.session_date::timestamp AT TIME ZONE candled.calendar_zone(s.calendar)
    AND b.ts < (session_hash.session_date + 1)::timestamp AT TIME ZONE candled.calendar_zone(s.calendar)
  CROSS JOIN LATERAL (SELECT candled.bar_hash(b.ts, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count)) AS h (hash)
  WHERE t.ticker = session_hash.ticker AND t.valid @> session_hash.session_date AND s.timeframe = session_hash.timeframe
    AND candled.check_asked(session_hash.ticker, session_hash.timeframe)
  GROUP BY s.series_id
$function$;
COMMENT ON FUNCTION candled.session_hash(text, text, date) IS
  'The hash of a session computed anew from its bars, of the series that session_completeness.is_shown is true for: equal to session_completeness.hash, or a bar was changed behind candled''s back. NULL: no such series. An unknown ticker or timeframe is an error.';

-- One SELECT, STABLE and not STRICT: the planner puts it into the query that calls it.
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
  JOIN candled.series s ON s.instrument_id = t.instrument_id AND (s.is_primary OR s.shown_until IS NOT NULL)
  CROSS JOIN LATERAL (
    SELECT (SELECT range_agg(l.during) FROM candled.coverage_log l
            WHERE l.series_ids @> ARRAY[s.series_id] AND l.covered_at <= bars_asof.at)
           - CASE WHEN s.is_primary THEN '{}' ELSE coalesce((
               SELECT range_agg(l.during) FROM candled.series n
               JOIN candled.coverage_log l ON l.series_ids @> ARRAY[n.series_id] AND l.covered_at <= bars_asof.at
               WHERE n.instrument_id = s.instrument_id AND n.timeframe = s.timeframe
                 AND (n.is_primary OR (n.shown_until, n.series_id) > (s.shown_until, s.series_id))), '{}') END AS covered
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
