-- What users read.

CREATE VIEW candled.bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count
FROM candled.instrument_ticker t
JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.is_primary
JOIN candled.bar b ON b.series_id = s.series_id AND t.valid @> (b.ts AT TIME ZONE 'UTC')::date;
COMMENT ON VIEW   candled.bars             IS 'All bars, raw, of the primary provider of each instrument and timeframe. Ask WHERE ticker = … AND timeframe = … AND ts >= ….';
COMMENT ON COLUMN candled.bars.ticker      IS 'the name that the instrument had on the bar''s date (UTC)';
COMMENT ON COLUMN candled.bars.timeframe   IS 'length of the bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.bars.ts          IS 'start of the bar''s window, UTC';
COMMENT ON COLUMN candled.bars.open        IS 'first price, in the instrument''s currency';
COMMENT ON COLUMN candled.bars.high        IS 'highest price, in the instrument''s currency';
COMMENT ON COLUMN candled.bars.low         IS 'lowest price, in the instrument''s currency';
COMMENT ON COLUMN candled.bars.close       IS 'last price, in the instrument''s currency';
COMMENT ON COLUMN candled.bars.volume      IS 'units of the instrument traded; fractions are possible';
COMMENT ON COLUMN candled.bars.vwap        IS 'volume-weighted average price, in the instrument''s currency; NULL: the provider gave none';
COMMENT ON COLUMN candled.bars.trade_count IS 'number of trades; NULL: the provider gave none';

-- One look at the end of each series' index. DISTINCT ON would read every bar there is.
CREATE VIEW candled.latest_bars AS
SELECT t.ticker, s.timeframe, b.ts, b.open, b.high, b.low, b.close, b.volume,
       nullif(b.vwap, 'NaN') AS vwap, nullif(b.trade_count, -1) AS trade_count
FROM candled.series s
CROSS JOIN LATERAL (SELECT * FROM candled.bar WHERE bar.series_id = s.series_id ORDER BY bar.ts DESC LIMIT 1) b
JOIN candled.instrument_ticker t
  ON t.instrument_id = s.instrument_id AND t.valid @> (b.ts AT TIME ZONE 'UTC')::date
WHERE s.is_primary;
COMMENT ON VIEW   candled.latest_bars             IS 'The last bar of each ticker and timeframe.';
COMMENT ON COLUMN candled.latest_bars.ticker      IS 'the name that the instrument had on the bar''s date (UTC)';
COMMENT ON COLUMN candled.latest_bars.timeframe   IS 'length of the bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.latest_bars.ts          IS 'start of the bar''s window, UTC';
COMMENT ON COLUMN candled.latest_bars.open        IS 'first price, in the instrument''s currency';
COMMENT ON COLUMN candled.latest_bars.high        IS 'highest price, in the instrument''s currency';
COMMENT ON COLUMN candled.latest_bars.low         IS 'lowest price, in the instrument''s currency';
COMMENT ON COLUMN candled.latest_bars.close       IS 'last price, in the instrument''s currency';
COMMENT ON COLUMN candled.latest_bars.volume      IS 'units of the instrument traded; fractions are possible';
COMMENT ON COLUMN candled.latest_bars.vwap        IS 'volume-weighted average price, in the instrument''s currency; NULL: the provider gave none';
COMMENT ON COLUMN candled.latest_bars.trade_count IS 'number of trades; NULL: the provider gave none';

-- Holes by reason. A gap says why; a hole that no gap explains was never asked. Gaps are trimmed where they have
-- been filled since, except those of ranges that are covered already and could not be read again.
CREATE VIEW candled.gaps AS
SELECT t.ticker, s.timeframe, s.provider, h.gap_from, h.gap_until, h.reason, h.detail, h.first_seen, h.last_tried,
       h.attempts, h.next_try_at
FROM candled.series s
JOIN candled.instrument_ticker t ON t.instrument_id = s.instrument_id
CROSS JOIN LATERAL (
  SELECT lower(g.during) AS gap_from, upper(g.during) AS gap_until, g.reason, g.detail, g.first_seen, g.last_tried,
         g.attempts, g.next_try_at
  FROM candled.gap g
  WHERE g.series_id = s.series_id AND g.closed_at IS NULL
  UNION ALL
  SELECT lower(hole), upper(hole), 'never_asked', 'not asked yet', NULL, NULL, 0, NULL
  FROM unnest(
    CASE WHEN s.wanted_from < coalesce(upper(s.covered), now())
         THEN tstzmultirange(tstzrange(s.wanted_from, coalesce(upper(s.covered), now())))
         ELSE '{}' END
    - s.covered
    - coalesce((SELECT range_agg(o.during) FROM candled.gap o
                WHERE o.series_id = s.series_id AND o.closed_at IS NULL), '{}')) AS hole
) h
WHERE t.valid && daterange((h.gap_from AT TIME ZONE 'UTC')::date, (h.gap_until AT TIME ZONE 'UTC')::date, '[]');
COMMENT ON VIEW   candled.gaps             IS 'What is missing and why: failed ranges, and holes between wanted_from and the end of coverage that were never asked.';
COMMENT ON COLUMN candled.gaps.ticker      IS 'a name that the instrument had in the gap';
COMMENT ON COLUMN candled.gaps.timeframe   IS 'length of the bars that are missing';
COMMENT ON COLUMN candled.gaps.provider    IS 'the provider whose bars are missing';
COMMENT ON COLUMN candled.gaps.gap_from    IS 'start of the gap, UTC';
COMMENT ON COLUMN candled.gaps.gap_until   IS 'end of the gap, not included, UTC';
COMMENT ON COLUMN candled.gaps.reason      IS 'fetch_failed, refused, malformed, rejected (see table gap), or never_asked';
COMMENT ON COLUMN candled.gaps.detail      IS 'the last failure, one line for people';
COMMENT ON COLUMN candled.gaps.first_seen  IS 'when it failed first, UTC; NULL: never asked';
COMMENT ON COLUMN candled.gaps.last_tried  IS 'when it failed last, UTC; NULL: never asked';
COMMENT ON COLUMN candled.gaps.attempts    IS 'how often it failed';
COMMENT ON COLUMN candled.gaps.next_try_at IS 'not tried again before, UTC; NULL: as soon as a job is due';

CREATE VIEW candled.coverage_report AS
SELECT t.ticker, s.timeframe, s.provider, s.is_primary, s.wanted_from,
       lower(s.covered) AS covered_from, upper(s.covered) AS covered_until,
       (SELECT count(*) FROM unnest(
          CASE WHEN s.wanted_from < upper(s.covered) THEN tstzmultirange(tstzrange(s.wanted_from, upper(s.covered)))
               ELSE '{}' END - s.covered)) AS holes,
       (SELECT count(*) FROM candled.gap g WHERE g.series_id = s.series_id AND g.closed_at IS NULL) AS open_gaps,
       (SELECT b.ts FROM candled.bar b WHERE b.series_id = s.series_id ORDER BY b.ts DESC LIMIT 1) AS last_bar_at
FROM candled.series s
JOIN candled.instrument_ticker t ON t.instrument_id = s.instrument_id;
COMMENT ON VIEW   candled.coverage_report               IS 'How far each series is collected. Counts no bars, so it is quick at any size.';
COMMENT ON COLUMN candled.coverage_report.ticker        IS 'a name of the instrument';
COMMENT ON COLUMN candled.coverage_report.timeframe     IS 'length of a bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.coverage_report.provider      IS 'where the bars come from';
COMMENT ON COLUMN candled.coverage_report.is_primary    IS 'true when the view bars shows this series';
COMMENT ON COLUMN candled.coverage_report.wanted_from   IS 'how far back coverage is wanted, UTC';
COMMENT ON COLUMN candled.coverage_report.covered_from  IS 'start of the oldest range that is covered, UTC; NULL: nothing is';
COMMENT ON COLUMN candled.coverage_report.covered_until IS 'end of the newest range that is covered, not included, UTC; NULL: nothing is';
COMMENT ON COLUMN candled.coverage_report.holes         IS 'number of ranges between wanted_from and covered_until that are not covered';
COMMENT ON COLUMN candled.coverage_report.open_gaps     IS 'number of ranges that failed and wait to be tried again';
COMMENT ON COLUMN candled.coverage_report.last_bar_at   IS 'start of the newest bar, UTC; NULL: none';

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
