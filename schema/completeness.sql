-- What is complete, by proof; since when we know it; what is to be read again.

-- No foreign key, as with bar: coverage names the series, and checking it would take as long as a row does.
CREATE TABLE candled.series_session (
  series_id    int4        NOT NULL,
  session_date date        NOT NULL,
  bars         int4        NOT NULL DEFAULT 0 CHECK (bars >= 0),
  hash         bytea       NOT NULL DEFAULT '\x00000000000000000000000000000000' CHECK (length(hash) = 16),
  complete_at  timestamptz,
  PRIMARY KEY (series_id, session_date)
) WITH (fillfactor = 80);
COMMENT ON TABLE  candled.series_session              IS 'What the loads have put into one session of one series. Read the view session_completeness instead.';
COMMENT ON COLUMN candled.series_session.series_id    IS 'which series';
COMMENT ON COLUMN candled.series_session.session_date IS 'the day on which the bars start, in the zone of the series'' calendar';
COMMENT ON COLUMN candled.series_session.bars         IS 'number of bars present';
COMMENT ON COLUMN candled.series_session.hash         IS 'sum over the bars of the first 16 bytes of SHA-256 of each, as two big-endian 64-bit numbers that wrap around: the order of loading does not matter';
COMMENT ON COLUMN candled.series_session.complete_at  IS 'when coverage first held the whole session, UTC; NULL: not yet';

CREATE TABLE candled.settled (
  series_id int4           NOT NULL REFERENCES candled.series,
  after     interval       NOT NULL CHECK (after > '0'),
  since     timestamptz    NOT NULL,
  during    tstzmultirange NOT NULL DEFAULT '{}',
  PRIMARY KEY (series_id, after)
);
COMMENT ON TABLE  candled.settled           IS 'What has been read again so long after its session''s close: a row for each settle time of each series.';
COMMENT ON COLUMN candled.settled.series_id IS 'which series';
COMMENT ON COLUMN candled.settled.after     IS 'the settle time: how long after the session''s close it is read again';
COMMENT ON COLUMN candled.settled.since     IS 'what is older, UTC, had closed that long ago when this settle time was first asked for, and is not read again for it';
COMMENT ON COLUMN candled.settled.during    IS 'what was read so long after its close, UTC';

-- One row a load, not one a bar or a series: what it covered first, for all series that share it.
CREATE TABLE candled.coverage_log (
  covered_at timestamptz    NOT NULL,
  during     tstzmultirange NOT NULL,
  series_ids int4[]         NOT NULL
);
CREATE INDEX coverage_log_by_series ON candled.coverage_log USING gin (series_ids);
COMMENT ON TABLE  candled.coverage_log            IS 'When which range became covered, once for all series that a load covered alike: what bars_asof goes by.';
COMMENT ON COLUMN candled.coverage_log.covered_at IS 'when, UTC';
COMMENT ON COLUMN candled.coverage_log.during     IS 'what was not covered before, UTC';
COMMENT ON COLUMN candled.coverage_log.series_ids IS 'of which series';

-- What follows computes in SQL what the loads compute, so that anybody can verify it.

CREATE FUNCTION candled.timeframe_length(timeframe text) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE timeframe WHEN '1m' THEN interval '1 minute' WHEN '5m' THEN interval '5 minutes'
                        WHEN '15m' THEN interval '15 minutes' WHEN '30m' THEN interval '30 minutes'
                        WHEN '1h' THEN interval '1 hour' WHEN '4h' THEN interval '4 hours'
                        WHEN '1d' THEN interval '1 day' WHEN '1w' THEN interval '7 days'
                        WHEN '1mo' THEN interval '1 month' END
$function$;
COMMENT ON FUNCTION candled.timeframe_length(text) IS 'The length of a bar.';

CREATE FUNCTION candled.calendar_zone(calendar text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE calendar WHEN '24x7' THEN 'UTC' ELSE 'America/New_York' END
$function$;
COMMENT ON FUNCTION candled.calendar_zone(text) IS 'The zone in which a calendar''s days begin.';

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

CREATE FUNCTION candled.session_range(session candled.market_session, timeframe text) RETURNS tstzrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN timeframe = '1d'
    THEN tstzrange((session).session_date::timestamp AT TIME ZONE candled.calendar_zone((session).calendar),
                   ((session).session_date + 1)::timestamp AT TIME ZONE candled.calendar_zone((session).calendar))
    ELSE tstzrange((session).extended_opens_at, (session).extended_closes_at) END
$function$;
COMMENT ON FUNCTION candled.session_range(candled.market_session, text) IS
  'What must be covered for a session to be complete: its extended hours, or for 1d the whole day of the calendar''s zone.';

-- The same number has one form here: NaN has many in memory, and zero has two.
CREATE FUNCTION candled.bar_hash(ts timestamptz, open float8, high float8, low float8, close float8, volume float8,
                                 vwap float8, trade_count int4) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT substring(sha256(timestamptz_send(ts) || float8send(open) || float8send(high) || float8send(low)
                          || float8send(close) || float8send(volume + 0)
                          || float8send(CASE WHEN vwap = 'NaN' THEN 'NaN' ELSE vwap END) || int4send(trade_count))
                   FROM 1 FOR 16)
$function$;
COMMENT ON FUNCTION candled.bar_hash(timestamptz, float8, float8, float8, float8, float8, float8, int4) IS
  'The first 16 bytes of SHA-256 over a bar''s start (microseconds since 2000-01-01 UTC) and values, each big-endian.';

CREATE FUNCTION candled.hash_lane(hash bytea, lane int4) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT ('x' || encode(substring(hash FROM 8 * lane - 7 FOR 8), 'hex'))::bit(64)::int8
$function$;
COMMENT ON FUNCTION candled.hash_lane(bytea, int4) IS 'The first or second (1, 2) big-endian 64-bit number of a hash.';

CREATE FUNCTION candled.wrap_64(total numeric) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT int8send((mod(mod(total + 9223372036854775808, 18446744073709551616) + 18446744073709551616,
                       18446744073709551616) - 9223372036854775808)::int8)
$function$;
COMMENT ON FUNCTION candled.wrap_64(numeric) IS 'A sum modulo 2^64, as 8 bytes, big-endian.';

CREATE FUNCTION candled.add_hashes(a bytea, b bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT candled.wrap_64(coalesce(candled.hash_lane(a, 1), 0)::numeric + coalesce(candled.hash_lane(b, 1), 0))
      || candled.wrap_64(coalesce(candled.hash_lane(a, 2), 0)::numeric + coalesce(candled.hash_lane(b, 2), 0))
$function$;
COMMENT ON FUNCTION candled.add_hashes(bytea, bytea) IS 'The sum of two hashes, each of whose two numbers wraps around; NULL counts as nothing.';

-- For bars that came before there were sessions to count them in, and when a series moves to another calendar.
CREATE FUNCTION candled.recount_sessions(ids int4[]) RETURNS void
LANGUAGE sql AS $function$
  DELETE FROM candled.series_session WHERE series_id = ANY (ids);
  INSERT INTO candled.series_session (series_id, session_date, bars, hash, complete_at)
  SELECT series_id, session_date, coalesce(p.bars, 0), candled.add_hashes(p.hash, NULL), c.complete_at
  FROM (
    SELECT s.series_id, (b.ts AT TIME ZONE candled.calendar_zone(s.calendar))::date AS session_date, count(*) AS bars,
           candled.wrap_64(sum(candled.hash_lane(h.hash, 1))) || candled.wrap_64(sum(candled.hash_lane(h.hash, 2))) AS hash
    FROM candled.series s
    JOIN candled.bar b ON b.series_id = s.series_id
    CROSS JOIN LATERAL (SELECT candled.bar_hash(b.ts, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count)) AS h (hash)
    WHERE s.series_id = ANY (ids) AND s.timeframe NOT IN ('1w', '1mo')
    GROUP BY 1, 2
  ) p FULL JOIN (
    SELECT s.series_id, m.session_date, clock_timestamp() AS complete_at
    FROM candled.series s
    JOIN candled.market_session m ON m.calendar = s.calendar
      AND m.extended_opens_at > lower(s.covered) - interval '1 day' AND m.extended_opens_at < upper(s.covered)
    WHERE s.series_id = ANY (ids) AND s.timeframe NOT IN ('1w', '1mo')
      AND s.covered @> candled.session_range(m, s.timeframe)
  ) c USING (series_id, session_date)
$function$;
COMMENT ON FUNCTION candled.recount_sessions(int4[]) IS
  'Makes the rows of series_session anew from bar, coverage and calendar. Nobody may load these series meanwhile: hold their row locks.';
