-- The schema, what is traded, and what is collected.

-- Which migrations this database has had.
CREATE SCHEMA candled;
COMMENT ON SCHEMA candled IS
  'OHLCV bars kept complete by candled. Read the views bars, latest_bars, coverage_report, gaps and ingest_phases; tables may change from version to version.';

CREATE TABLE candled.schema_migration (
  version    int4        PRIMARY KEY CHECK (version > 0),
  name       text        NOT NULL,
  sha256     text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE  candled.schema_migration            IS 'The migrations that this database has had, by `candled migrate`.';
COMMENT ON COLUMN candled.schema_migration.version    IS 'number of the migration, from 1 without holes';
COMMENT ON COLUMN candled.schema_migration.name       IS 'file name of the migration';
COMMENT ON COLUMN candled.schema_migration.sha256     IS 'SHA-256 of the file as it was applied, hexadecimal: an applied migration is never edited';
COMMENT ON COLUMN candled.schema_migration.applied_at IS 'when it was applied, UTC';

-- What is traded, and the names it had.
CREATE TABLE candled.instrument (
  instrument_id int4        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  registered_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE  candled.instrument               IS 'The things traded. An instrument keeps its identity when its ticker is renamed.';
COMMENT ON COLUMN candled.instrument.instrument_id IS 'identity of the instrument, made here';
COMMENT ON COLUMN candled.instrument.registered_at IS 'when candled first heard of it, UTC';

-- A range of one ticker has the equality that GiST needs beside the overlap of dates, without the extension
-- btree_gist, which not every server has. Ticker order never matters, so the cheapest collation is right.
CREATE TYPE candled.ticker_range AS RANGE (SUBTYPE = text, COLLATION = "C");
COMMENT ON TYPE candled.ticker_range IS 'Lets instrument_ticker_no_overlap compare tickers in a GiST index; of no other use.';

CREATE TABLE candled.instrument_ticker (
  ticker        text      NOT NULL CHECK (ticker <> ''),
  instrument_id int4      NOT NULL REFERENCES candled.instrument,
  valid         daterange NOT NULL DEFAULT '(,)' CHECK (NOT isempty(valid)),
  PRIMARY KEY (ticker, valid),
  CONSTRAINT instrument_ticker_no_overlap
    EXCLUDE USING gist (candled.ticker_range(ticker, ticker, '[]') WITH =, valid WITH &&)
);
CREATE INDEX instrument_ticker_by_instrument ON candled.instrument_ticker (instrument_id);
COMMENT ON TABLE  candled.instrument_ticker               IS 'Which instrument a ticker named, and when: a reused ticker never joins the wrong history.';
COMMENT ON COLUMN candled.instrument_ticker.ticker        IS 'the name, as providers spell it; case matters';
COMMENT ON COLUMN candled.instrument_ticker.instrument_id IS 'the instrument it named';
COMMENT ON COLUMN candled.instrument_ticker.valid         IS 'the dates (UTC) on which it did; no two ranges of one ticker overlap';

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
  UNIQUE (instrument_id, timeframe, provider)
);
CREATE UNIQUE INDEX series_one_primary ON candled.series (instrument_id, timeframe) WHERE is_primary;
COMMENT ON TABLE  candled.series               IS 'One row for each instrument, timeframe and provider. Whoever holds its row lock is the only writer of its bars.';
COMMENT ON COLUMN candled.series.series_id     IS 'identity of the series, made here; the key of its bars';
COMMENT ON COLUMN candled.series.instrument_id IS 'what is traded';
COMMENT ON COLUMN candled.series.timeframe     IS 'length of a bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.series.provider      IS 'where the bars come from: the name that the configuration gives the provider';
COMMENT ON COLUMN candled.series.is_primary    IS 'true for the one series of an instrument and timeframe that the view bars shows';
COMMENT ON COLUMN candled.series.wanted_from   IS 'how far back coverage is wanted, UTC';
COMMENT ON COLUMN candled.series.covered       IS 'the ranges asked, answered and committed, UTC; a bar missing in here is one that the provider does not have';
COMMENT ON COLUMN candled.series.registered_at IS 'when candled was first told to collect it, UTC';
