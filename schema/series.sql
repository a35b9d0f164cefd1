-- What is collected, and how far: one row for each instrument, timeframe and provider.
CREATE TABLE candled.series (
  series_id     int4          PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  instrument_id int4          NOT NULL REFERENCES candled.instrument,
  timeframe     text          NOT NULL CHECK (timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d', '1w', '1mo')),
  provider      text          NOT NULL CHECK (provider <> ''),
  is_primary    boolean       NOT NULL DEFAULT false,
  wanted_from   timestamptz   NOT NULL,
  covered       tstzmultirange NOT NULL DEFAULT '{}'
    CHECK (NOT lower_inf(covered) AND NOT upper_inf(covered)),
  registered_at timestamptz   NOT NULL DEFAULT now(),
  calendar      text          NOT NULL DEFAULT 'XNYS' CHECK (calendar IN ('XNYS', '24x7')),
  kept_from     timestamptz,
  rolled_from   int4          REFERENCES candled.series,
  wanted_until  timestamptz,
  shown_until   timestamptz,
  CONSTRAINT series_is_shown_once CHECK (NOT is_primary OR shown_until IS NULL),
  UNIQUE (instrument_id, timeframe, provider)
);
CREATE UNIQUE INDEX series_one_primary ON candled.series (instrument_id, timeframe) WHERE is_primary;
CREATE INDEX series_by_source ON candled.series (rolled_from) WHERE rolled_from IS NOT NULL;
CREATE INDEX series_shown ON candled.series (instrument_id, timeframe) WHERE is_primary OR shown_until IS NOT NULL;
COMMENT ON TABLE  candled.series               IS 'One row for each instrument, timeframe and provider. Whoever holds its row lock is the only writer of its bars.';
COMMENT ON COLUMN candled.series.series_id     IS 'identity of the series, made here; the key of its bars';
COMMENT ON COLUMN candled.series.instrument_id IS 'which instrument is traded';
COMMENT ON COLUMN candled.series.timeframe     IS 'length of a bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.series.provider      IS 'where the bars come from: the name that the configuration gives the provider; with " from " and a timeframe: computed from its finer bars';
COMMENT ON COLUMN candled.series.is_primary    IS 'true for the one series of an instrument and timeframe whose bars the view bars shows wherever it is covered: that of the first job of the configuration that collects it';
COMMENT ON COLUMN candled.series.wanted_from   IS 'how far back coverage is wanted, UTC';
COMMENT ON COLUMN candled.series.covered       IS 'the ranges asked, answered and committed, UTC; a bar missing in here is one that the provider does not have';
COMMENT ON COLUMN candled.series.registered_at IS 'when candled was first told to collect it, UTC';
COMMENT ON COLUMN candled.series.calendar IS 'when its market trades: see market_session; taken from the job that collects it';
COMMENT ON COLUMN candled.series.kept_from IS 'older bars may be dropped, UTC; NULL: all are kept. From the retention of the job that collects it';
COMMENT ON COLUMN candled.series.rolled_from IS 'identity of the finer series whose bars make these; NULL: they come from the provider';
COMMENT ON COLUMN candled.series.wanted_until IS 'when it was taken out of the configuration, UTC: since then nothing of it is missing; NULL: a job collects it';
COMMENT ON COLUMN candled.series.shown_until IS 'when another series took its place in the view bars, UTC: what only this one has is still shown, of several the one that was shown last; NULL: it is the primary one, or never was';

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
