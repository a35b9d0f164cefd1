-- The bars, what they were before a provider changed them, and those that cannot be true.

-- Columns stand in alignment order (93 bytes a bar), and a value that was not given is NaN or -1: a NULL would cost
-- 8 bytes a bar. No foreign key, no second index: coverage names the series, and its key answers every question.
CREATE TABLE candled.bar (
  ts          timestamptz NOT NULL,
  open        float8      NOT NULL,
  high        float8      NOT NULL,
  low         float8      NOT NULL,
  close       float8      NOT NULL,
  volume      float8      NOT NULL,
  vwap        float8      NOT NULL,
  series_id   int4        NOT NULL,
  trade_count int4        NOT NULL,
  PRIMARY KEY (series_id, ts),
  -- NaN sorts above every number, Infinity included: each price is bounded from above by something finite. Only indices
  -- may be zero or negative: who loads bars knows the ticker, and checks that.
  CONSTRAINT bar_prices_possible CHECK (
    low > '-Infinity' AND low <= open AND low <= close AND open <= high AND close <= high AND high < 'Infinity'),
  CONSTRAINT bar_volume_possible CHECK (volume >= 0 AND volume < 'Infinity'),
  CONSTRAINT bar_vwap_possible CHECK (vwap > '-Infinity' AND vwap <> 'Infinity'),
  CONSTRAINT bar_trade_count_possible CHECK (trade_count >= -1)
) PARTITION BY RANGE (ts);
COMMENT ON TABLE  candled.bar             IS 'One OHLCV bar a row, raw: neither splits nor dividends change it. Read the view bars instead.';
COMMENT ON COLUMN candled.bar.ts          IS 'start of the bar''s window, UTC';
COMMENT ON COLUMN candled.bar.open        IS 'first price, in the instrument''s currency';
COMMENT ON COLUMN candled.bar.high        IS 'highest price, in the instrument''s currency';
COMMENT ON COLUMN candled.bar.low         IS 'lowest price, in the instrument''s currency';
COMMENT ON COLUMN candled.bar.close       IS 'last price, in the instrument''s currency';
COMMENT ON COLUMN candled.bar.volume      IS 'units of the instrument traded; fractions are possible';
COMMENT ON COLUMN candled.bar.vwap        IS 'volume-weighted average price, in the instrument''s currency; NaN: the provider gave none';
COMMENT ON COLUMN candled.bar.series_id   IS 'which series it belongs to';
COMMENT ON COLUMN candled.bar.trade_count IS 'number of trades; -1: the provider gave none';

-- The table of a year is made beside `bar` and attached when it is whole: ATTACH lets running readers and writers
-- of other years go on, where CREATE TABLE … PARTITION OF would stop them. Callers at the same time wait for each
-- other. SECURITY DEFINER: whoever writes bars needs no other right to make tables.
CREATE FUNCTION candled.ensure_bar_partitions(from_ts timestamptz, to_ts timestamptz) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  first_year constant int4 := extract(year FROM from_ts AT TIME ZONE 'UTC');
  last_year  constant int4 := extract(year FROM to_ts AT TIME ZONE 'UTC');
  partition  text;
  existing   regclass;
  made       int4 := 0;
BEGIN
  IF first_year < 1900 OR last_year > 2199 OR first_year > last_year THEN
    RAISE EXCEPTION 'no bars are kept from % to %', from_ts, to_ts
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Bars lie between the years 1900 and 2199.';
  END IF;
  FOR year IN first_year .. last_year LOOP
    partition := format('bar_%s', year);
    existing := to_regclass(format('candled.%I', partition));
    IF existing IS NOT NULL THEN
      -- Without this its bars would look like bars that cannot be true.
      IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = existing AND inhparent = 'candled.bar'::regclass
                       AND NOT inhdetachpending) THEN
        RAISE EXCEPTION 'the table candled.% is there, but is no partition of candled.bar: attach it, or rename it',
                        partition
          USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = format('ALTER TABLE candled.bar ATTACH PARTITION candled.%I FOR VALUES FROM (%L) TO (%L)',
                              partition, make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC'),
                              make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC'));
      END IF;
      CONTINUE;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('candled.ensure_bar_partitions', 0));
    -- Whoever held the lock may have made it. Read from the catalog: to_regclass still remembers that it was not there.
    CONTINUE WHEN EXISTS (
      SELECT FROM pg_class WHERE relname = partition AND relnamespace = 'candled'::regnamespace);
    EXECUTE format('CREATE TABLE candled.%I (LIKE candled.bar INCLUDING ALL)', partition);
    EXECUTE format('ALTER TABLE candled.bar ATTACH PARTITION candled.%I FOR VALUES FROM (%L) TO (%L)', partition,
                   make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC'), make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC'));
    made := made + 1;
  END LOOP;
  RETURN made;
END
$function$;
COMMENT ON FUNCTION candled.ensure_bar_partitions(timestamptz, timestamptz) IS
  'Makes the partitions of bar for the years (UTC) of both times and all between, where they are missing; returns how many it made.';
REVOKE ALL ON FUNCTION candled.ensure_bar_partitions(timestamptz, timestamptz) FROM PUBLIC;

CREATE TABLE candled.bar_revision (
  seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  ts          timestamptz NOT NULL,
  open        float8      NOT NULL,
  high        float8      NOT NULL,
  low         float8      NOT NULL,
  close       float8      NOT NULL,
  volume      float8      NOT NULL,
  vwap        float8      NOT NULL,
  series_id   int4        NOT NULL,
  trade_count int4        NOT NULL,
  existed     boolean     NOT NULL DEFAULT true,
  PRIMARY KEY (series_id, ts, seen_at)
);
COMMENT ON TABLE  candled.bar_revision             IS 'What a bar was before the provider changed it, once for each change.';
COMMENT ON COLUMN candled.bar_revision.seen_at     IS 'when candled saw the change, UTC; until then the bar had these values';
COMMENT ON COLUMN candled.bar_revision.ts          IS 'start of the bar''s window, UTC';
COMMENT ON COLUMN candled.bar_revision.open        IS 'first price before the change, in the instrument''s currency';
COMMENT ON COLUMN candled.bar_revision.high        IS 'highest price before the change, in the instrument''s currency';
COMMENT ON COLUMN candled.bar_revision.low         IS 'lowest price before the change, in the instrument''s currency';
COMMENT ON COLUMN candled.bar_revision.close       IS 'last price before the change, in the instrument''s currency';
COMMENT ON COLUMN candled.bar_revision.volume      IS 'units traded before the change';
COMMENT ON COLUMN candled.bar_revision.vwap        IS 'volume-weighted average price before the change, in the instrument''s currency; NaN: none given';
COMMENT ON COLUMN candled.bar_revision.series_id   IS 'which series the bar belongs to';
COMMENT ON COLUMN candled.bar_revision.trade_count IS 'number of trades before the change; -1: none given';
COMMENT ON COLUMN candled.bar_revision.existed     IS 'false: there was no such bar before, although its time was covered; the values mean nothing then';

-- Anything can be in here, so nothing is checked. GENERATED would read better than a key of all values, but the
-- same impossible bar is served again and again, and must stay one row.
CREATE TABLE candled.rejected_bar (
  series_id   int4        NOT NULL REFERENCES candled.series,
  ts          timestamptz NOT NULL,
  open        float8      NOT NULL,
  high        float8      NOT NULL,
  low         float8      NOT NULL,
  close       float8      NOT NULL,
  volume      float8      NOT NULL,
  vwap        float8      NOT NULL,
  trade_count int4        NOT NULL,
  reason      text        NOT NULL,
  first_seen  timestamptz NOT NULL DEFAULT now(),
  last_seen   timestamptz NOT NULL DEFAULT now(),
  times       int8        NOT NULL DEFAULT 1,
  PRIMARY KEY (series_id, ts, open, high, low, close, volume, vwap, trade_count, reason)
);
COMMENT ON TABLE  candled.rejected_bar             IS 'Bars that a provider served and that cannot be true or be read, kept for people to see; they are not in bar.';
COMMENT ON COLUMN candled.rejected_bar.series_id   IS 'which series it would belong to';
COMMENT ON COLUMN candled.rejected_bar.ts          IS 'start of the bar''s window as served, UTC; infinity: beyond what a calendar holds; of one whose time cannot be read, the first that it may have';
COMMENT ON COLUMN candled.rejected_bar.open        IS 'first price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.high        IS 'highest price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.low         IS 'lowest price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.close       IS 'last price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.volume      IS 'units traded as served; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.vwap        IS 'volume-weighted average price as served, in the instrument''s currency; NaN: none given';
COMMENT ON COLUMN candled.rejected_bar.trade_count IS 'number of trades as served; -1: none given';
COMMENT ON COLUMN candled.rejected_bar.reason      IS 'what is wrong with it: the name of the check it failed, "unreadable: key is value", or "database: SQLSTATE message"';
COMMENT ON COLUMN candled.rejected_bar.first_seen  IS 'when it was first served, UTC';
COMMENT ON COLUMN candled.rejected_bar.last_seen   IS 'when it was last served, UTC';
COMMENT ON COLUMN candled.rejected_bar.times       IS 'how often exactly this bar was served';
