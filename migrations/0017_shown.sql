-- A series knows until when a job wanted it, and until when readers saw it; providers are known again by kind and host;
-- and readers see the bars of the job that is configured, and what only those before it have.

CREATE TABLE candled.provider (
  name       text PRIMARY KEY CHECK (name <> ''),
  kind       text NOT NULL CHECK (kind <> ''),
  host       text NOT NULL CHECK (host <> ''),
  renamed_to text CHECK (renamed_to <> name)
);
COMMENT ON TABLE  candled.provider            IS 'Providers that a configuration has, or had: by kind and host one is known again under another name.';
COMMENT ON COLUMN candled.provider.name       IS 'the name that the configuration gave it';
COMMENT ON COLUMN candled.provider.kind       IS 'its interface, as the configuration calls it';
COMMENT ON COLUMN candled.provider.host       IS 'its server, with the port where there is one';
COMMENT ON COLUMN candled.provider.renamed_to IS 'the name that it has now (formerly: in the configuration), under which its series are; NULL: this one';

CREATE FUNCTION candled.provider_now(name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT coalesce((SELECT p.renamed_to FROM candled.provider p WHERE p.name = provider_now.name), provider_now.name)
$function$;
COMMENT ON FUNCTION candled.provider_now(text) IS 'The name that a provider has now, by one that it has or had.';

ALTER TABLE candled.series ADD COLUMN wanted_until timestamptz, ADD COLUMN shown_until timestamptz,
  ADD CONSTRAINT series_is_shown_once CHECK (NOT is_primary OR shown_until IS NULL);
CREATE INDEX series_shown ON candled.series (instrument_id, timeframe) WHERE is_primary OR shown_until IS NOT NULL;
COMMENT ON COLUMN candled.series.is_primary    IS 'true for the one series of an instrument and timeframe whose bars the view bars shows wherever it is covered: that of the first job of the configuration that collects it';
COMMENT ON COLUMN candled.series.wanted_until IS 'when it was taken out of the configuration, UTC: since then nothing of it is missing; NULL: a job collects it';
COMMENT ON COLUMN candled.series.shown_until IS 'when another series took its place in the view bars, UTC: what only this one has is still shown, of several the one that was shown last; NULL: it is the primary one, or never was';

-- With a setting of its own it is not put into the query that calls it, and that query's plan does not count on many
-- rows: most series never took another one's place.
CREATE FUNCTION candled.former_ranges(series int4) RETURNS TABLE (from_ts timestamptz, until_ts timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp AS $function$
  SELECT lower(r), upper(r)
  FROM candled.series s
  CROSS JOIN LATERAL unnest(s.covered - coalesce((
    SELECT range_agg(n.covered) FROM candled.series n
    WHERE n.instrument_id = s.instrument_id AND n.timeframe = s.timeframe
      AND (n.is_primary OR (n.shown_until, n.series_id) > (s.shown_until, s.series_id))), '{}')) AS r
  WHERE s.series_id = former_ranges.series AND s.shown_until IS NOT NULL
$function$;
COMMENT ON FUNCTION candled.former_ranges(int4) IS
  'Where a series whose place another one has taken is still shown: what it covers, and none that was shown later.';

CREATE VIEW candled.shown_series AS
SELECT s.series_id, s.instrument_id, s.timeframe, s.provider, s.calendar, s.is_primary, r.from_ts, r.until_ts
FROM candled.series s
CROSS JOIN LATERAL (
  SELECT '-infinity'::timestamptz, 'infinity'::timestamptz WHERE s.is_primary
  UNION ALL
  SELECT f.from_ts, f.until_ts FROM candled.former_ranges(s.series_id) f WHERE s.shown_until IS NOT NULL
) AS r (from_ts, until_ts)
WHERE s.is_primary OR s.shown_until IS NOT NULL;
COMMENT ON VIEW   candled.shown_series               IS 'Whose bars readers see, and when: of each instrument and timeframe the primary series, and before it was collected those whose place it took.';
COMMENT ON COLUMN candled.shown_series.series_id     IS 'identity of the series whose bars are shown';
COMMENT ON COLUMN candled.shown_series.instrument_id IS 'which instrument is traded';
COMMENT ON COLUMN candled.shown_series.timeframe     IS 'length of a bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.shown_series.provider      IS 'where the bars come from';
COMMENT ON COLUMN candled.shown_series.calendar      IS 'when its market trades: see market_session';
COMMENT ON COLUMN candled.shown_series.is_primary    IS 'true for the series of the job that is configured';
COMMENT ON COLUMN candled.shown_series.from_ts       IS 'its bars are shown that start then or later, UTC';
COMMENT ON COLUMN candled.shown_series.until_ts      IS 'and before this, UTC';

CREATE FUNCTION candled.shown_covered(instrument_id int4, timeframe text) RETURNS tstzmultirange
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $function$
  SELECT coalesce(range_agg(s.covered), '{}') FROM candled.series s
  WHERE s.instrument_id = shown_covered.instrument_id AND s.timeframe = shown_covered.timeframe
    AND (s.is_primary OR s.shown_until IS NOT NULL)
$function$;
COMMENT ON FUNCTION candled.shown_covered(int4, text) IS 'What is covered of the bars that readers see, by whichever series.';

CREATE OR REPLACE VIEW candled.bars AS
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

CREATE OR REPLACE VIEW candled.latest_bars AS
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

CREATE OR REPLACE VIEW candled.coverage_report AS
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

CREATE OR REPLACE VIEW candled.session_completeness AS
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

CREATE OR REPLACE FUNCTION candled.is_complete(ticker text, timeframe text, session_date date) RETURNS boolean
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

CREATE OR REPLACE FUNCTION candled.session_hash(ticker text, timeframe text, session_date date) RETURNS text
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

CREATE OR REPLACE FUNCTION candled.bars_asof(at timestamptz)
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

CREATE OR REPLACE VIEW candled.first_bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count,
       candled.session_date(b.ts, s.timeframe, s.calendar) AS session_date
FROM candled.series s
CROSS JOIN LATERAL (
  SELECT b.* FROM candled.shown_series r
  CROSS JOIN LATERAL (SELECT * FROM candled.bar
                      WHERE bar.series_id = r.series_id AND bar.ts >= r.from_ts AND bar.ts < r.until_ts
                      ORDER BY bar.ts LIMIT 1) b
  WHERE r.instrument_id = s.instrument_id AND r.timeframe = s.timeframe
  ORDER BY b.ts LIMIT 1
) b
CROSS JOIN LATERAL candled.name_on(s.instrument_id, candled.today(s.calendar)) t
WHERE s.is_primary;
COMMENT ON VIEW   candled.first_bars             IS 'The first bar of each instrument and timeframe.';
COMMENT ON COLUMN candled.first_bars.ticker      IS 'the name that the instrument has today, or had last, as in coverage_report';
COMMENT ON COLUMN candled.first_bars.timeframe   IS 'length of the bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.first_bars.ts          IS 'start of the bar''s window, UTC';
COMMENT ON COLUMN candled.first_bars.open        IS 'first price, in the instrument''s currency';
COMMENT ON COLUMN candled.first_bars.high        IS 'highest price, in the instrument''s currency';
COMMENT ON COLUMN candled.first_bars.low         IS 'lowest price, in the instrument''s currency';
COMMENT ON COLUMN candled.first_bars.close       IS 'last price, in the instrument''s currency';
COMMENT ON COLUMN candled.first_bars.volume      IS 'units of the instrument traded; fractions are possible';
COMMENT ON COLUMN candled.first_bars.vwap        IS 'volume-weighted average price, in the instrument''s currency; NULL: the provider gave none';
COMMENT ON COLUMN candled.first_bars.trade_count IS 'number of trades; NULL: the provider gave none';
COMMENT ON COLUMN candled.first_bars.session_date IS 'the trading day, as in bars';

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

CREATE OR REPLACE FUNCTION candled.adjustment_steps(instrument int4, series int4, adjust candled.adjustment, as_of timestamptz)
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

CREATE OR REPLACE FUNCTION candled.adjusted_from_days(instrument int4, timeframe text, first_days date[], adjust candled.adjustment,
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

CREATE OR REPLACE FUNCTION candled.bars_adjusted(ticker text, timeframe text, from_ts timestamptz, to_ts timestamptz,
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

DROP FUNCTION candled.rolled_bars(int4, text, text, text, timestamptz, timestamptz);
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
    least(bars_rollup.to_ts, candled.named_until(t.valid, s.calendar, bars_rollup.timeframe)), true) r
  WHERE t.ticker = bars_rollup.ticker
    AND candled.check_rollup(bars_rollup.ticker, bars_rollup.timeframe, bars_rollup.source_timeframe)
$function$;
COMMENT ON FUNCTION candled.bars_rollup(text, text, timestamptz, timestamptz, text) IS
  'Bars of 5m 15m 30m 1h 1d or 1w that start in [from_ts, to_ts), UTC, computed now from the bars that readers see of a finer timeframe; the newest holds what there is so far. Prices of 1d and 1w are those of regular trading, or of the whole day where nothing traded in it; volume, vwap and trade_count count all hours, as in the provider''s daily bars. vwap is weighted by volume: NULL when nothing was traded, or a bar with volume has none; trade_count is NULL when a bar has none. An unknown ticker, and a timeframe that cannot be made or not of that one, is an error. In no order: add ORDER BY ts.';

SELECT candled.give_rights();
