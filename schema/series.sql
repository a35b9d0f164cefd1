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
  UNIQUE (instrument_id, timeframe, provider)
);
CREATE UNIQUE INDEX series_one_primary ON candled.series (instrument_id, timeframe) WHERE is_primary;
CREATE INDEX series_by_source ON candled.series (rolled_from) WHERE rolled_from IS NOT NULL;
COMMENT ON TABLE  candled.series               IS 'One row for each instrument, timeframe and provider. Whoever holds its row lock is the only writer of its bars.';
COMMENT ON COLUMN candled.series.series_id     IS 'identity of the series, made here; the key of its bars';
COMMENT ON COLUMN candled.series.instrument_id IS 'which instrument is traded';
COMMENT ON COLUMN candled.series.timeframe     IS 'length of a bar: 1m 5m 15m 30m 1h 4h 1d 1w 1mo';
COMMENT ON COLUMN candled.series.provider      IS 'where the bars come from: the name that the configuration gives the provider; with " from " and a timeframe: computed from its finer bars';
COMMENT ON COLUMN candled.series.is_primary    IS 'true for the one series of an instrument and timeframe that the view bars shows';
COMMENT ON COLUMN candled.series.wanted_from   IS 'how far back coverage is wanted, UTC';
COMMENT ON COLUMN candled.series.covered       IS 'the ranges asked, answered and committed, UTC; a bar missing in here is one that the provider does not have';
COMMENT ON COLUMN candled.series.registered_at IS 'when candled was first told to collect it, UTC';
COMMENT ON COLUMN candled.series.calendar IS 'when its market trades: see market_session; taken from the job that collects it';
COMMENT ON COLUMN candled.series.kept_from IS 'older bars may be dropped, UTC; NULL: all are kept. From the retention of the job that collects it';
COMMENT ON COLUMN candled.series.rolled_from IS 'identity of the finer series whose bars make these; NULL: they come from the provider';
