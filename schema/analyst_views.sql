-- More of what users read: the questions of docs/sql.md.

-- One SELECT, STABLE and not STRICT: the planner puts it into the query that calls it, with its limits. The relation
-- of the same name gives its rows their columns.
CREATE FUNCTION candled.bars(ticker text, timeframe text, from_ts timestamptz DEFAULT '-infinity',
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
CREATE VIEW candled.first_bars AS
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

CREATE VIEW candled.bar_changes AS
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
-- Rows come in the order of seen_at, so a few bytes a page find them; and unlike a B-tree it never tempts the planner to
-- walk through time where bars_asof() has a key.
CREATE INDEX bar_revision_by_time ON candled.bar_revision USING brin (seen_at) WITH (pages_per_range = 32, autosummarize);
COMMENT ON VIEW   candled.bar_changes             IS 'What bars were before the provider changed them, one row for each change; what they are now is in bars. Ask WHERE seen_at >= ….';
COMMENT ON COLUMN candled.bar_changes.ticker      IS 'the name that the instrument had on the bar''s day';
COMMENT ON COLUMN candled.bar_changes.timeframe   IS 'length of the bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.bar_changes.provider    IS 'where the bar comes from';
COMMENT ON COLUMN candled.bar_changes.ts          IS 'start of the bar''s window, UTC';
COMMENT ON COLUMN candled.bar_changes.seen_at     IS 'when candled saw the change, UTC; until then the bar had these values';
COMMENT ON COLUMN candled.bar_changes.existed     IS 'false: there was no such bar before, although its time was covered; its values are NULL';
COMMENT ON COLUMN candled.bar_changes.open        IS 'first price before the change, in the instrument''s currency';
COMMENT ON COLUMN candled.bar_changes.high        IS 'highest price before the change, in the instrument''s currency';
COMMENT ON COLUMN candled.bar_changes.low         IS 'lowest price before the change, in the instrument''s currency';
COMMENT ON COLUMN candled.bar_changes.close       IS 'last price before the change, in the instrument''s currency';
COMMENT ON COLUMN candled.bar_changes.volume      IS 'units traded before the change';
COMMENT ON COLUMN candled.bar_changes.vwap        IS 'volume-weighted average price before the change, in the instrument''s currency; NULL: none given';
COMMENT ON COLUMN candled.bar_changes.trade_count IS 'number of trades before the change; NULL: none given';

CREATE VIEW candled.rejected_bars AS
SELECT t.ticker, s.timeframe, s.provider, nullif(r.ts, 'infinity') AS ts, r.reason, r.open, r.high, r.low, r.close,
       r.volume, nullif(r.vwap, 'NaN') AS vwap, nullif(r.trade_count, -1) AS trade_count, r.first_seen, r.last_seen,
       r.times
FROM candled.rejected_bar r
JOIN candled.series s USING (series_id)
CROSS JOIN LATERAL candled.name_on(s.instrument_id, (r.last_seen AT TIME ZONE candled.calendar_zone(s.calendar))::date) t;
COMMENT ON VIEW   candled.rejected_bars             IS 'Bars that a provider served and that cannot be true or be read; they are not in bars.';
COMMENT ON COLUMN candled.rejected_bars.ticker      IS 'the name that the instrument had when it was last served';
COMMENT ON COLUMN candled.rejected_bars.timeframe   IS 'length of the bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.rejected_bars.provider    IS 'who served it';
COMMENT ON COLUMN candled.rejected_bars.ts          IS 'start of the bar''s window as served, UTC; NULL: beyond what a calendar holds; of one whose time cannot be read, the first that it may have';
COMMENT ON COLUMN candled.rejected_bars.reason      IS 'what is wrong with it: the name of the check it failed, "unreadable: key is value", or "database: SQLSTATE message"';
COMMENT ON COLUMN candled.rejected_bars.open        IS 'first price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.high        IS 'highest price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.low         IS 'lowest price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.close       IS 'last price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.volume      IS 'units traded as served; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.vwap        IS 'volume-weighted average price as served, in the instrument''s currency; NULL: none given';
COMMENT ON COLUMN candled.rejected_bars.trade_count IS 'number of trades as served; NULL: none given';
COMMENT ON COLUMN candled.rejected_bars.first_seen  IS 'when it was first served, UTC';
COMMENT ON COLUMN candled.rejected_bars.last_seen   IS 'when it was last served, UTC';
COMMENT ON COLUMN candled.rejected_bars.times       IS 'number of times that exactly this bar was served';

CREATE VIEW candled.ingest_runs AS
SELECT r.run_id, r.command, r.version, r.started_at, r.ended_at, r.exit_code, b.batches, b.requests, b.retries,
       b.rate_limited, b.bars, b.inserted, b.changed, b.unchanged, b.rejected, b.bytes, b.failed_batches, b.last_batch_at
FROM candled.ingest_run r
CROSS JOIN LATERAL (
  SELECT count(*) AS batches, coalesce(sum(i.requests), 0)::int8 AS requests,
         coalesce(sum(i.retries), 0)::int8 AS retries, coalesce(sum(i.rate_limited), 0)::int8 AS rate_limited,
         coalesce(sum(i.bars), 0)::int8 AS bars, coalesce(sum(i.inserted), 0)::int8 AS inserted,
         coalesce(sum(i.changed), 0)::int8 AS changed, coalesce(sum(i.unchanged), 0)::int8 AS unchanged,
         coalesce(sum(i.rejected), 0)::int8 AS rejected, coalesce(sum(i.bytes), 0)::int8 AS bytes,
         count(*) FILTER (WHERE i.outcome IN ('partial', 'failed')) AS failed_batches,
         max(i.started_at) AS last_batch_at
  FROM candled.ingest_batch i WHERE i.run_id = r.run_id
) b;
COMMENT ON VIEW   candled.ingest_runs                IS 'What each start of candled did, summed over its batches.';
COMMENT ON COLUMN candled.ingest_runs.run_id         IS 'identity of the run';
COMMENT ON COLUMN candled.ingest_runs.command        IS 'run, once or backfill';
COMMENT ON COLUMN candled.ingest_runs.version        IS 'candled''s version';
COMMENT ON COLUMN candled.ingest_runs.started_at     IS 'when it started, UTC';
COMMENT ON COLUMN candled.ingest_runs.ended_at       IS 'when it ended, UTC; NULL: it runs, or was killed';
COMMENT ON COLUMN candled.ingest_runs.exit_code      IS 'its exit code; NULL: it runs, or was killed';
COMMENT ON COLUMN candled.ingest_runs.batches        IS 'number of batches';
COMMENT ON COLUMN candled.ingest_runs.requests       IS 'number of requests sent, retries included';
COMMENT ON COLUMN candled.ingest_runs.retries        IS 'number of requests that repeated a failed one';
COMMENT ON COLUMN candled.ingest_runs.rate_limited   IS 'number of answers that said 429';
COMMENT ON COLUMN candled.ingest_runs.bars           IS 'number of good bars received';
COMMENT ON COLUMN candled.ingest_runs.inserted       IS 'number of bars that were new';
COMMENT ON COLUMN candled.ingest_runs.changed        IS 'number of bars whose values the provider changed';
COMMENT ON COLUMN candled.ingest_runs.unchanged      IS 'number of bars that we had already';
COMMENT ON COLUMN candled.ingest_runs.rejected       IS 'number of bars that cannot be true';
COMMENT ON COLUMN candled.ingest_runs.bytes          IS 'bytes of the answers'' bodies on the wire';
COMMENT ON COLUMN candled.ingest_runs.failed_batches IS 'number of batches of which some or all windows failed';
COMMENT ON COLUMN candled.ingest_runs.last_batch_at  IS 'when its last batch started, UTC; NULL: it has had none';
