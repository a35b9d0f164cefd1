-- What is traded, and the names it had.
CREATE TABLE candled.instrument (
  instrument_id int4        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  registered_at timestamptz NOT NULL DEFAULT now(),
  identifier    text        UNIQUE CHECK (identifier <> '')
);
COMMENT ON TABLE  candled.instrument               IS 'The things traded. An instrument keeps its identity when its ticker is renamed.';
COMMENT ON COLUMN candled.instrument.instrument_id IS 'identity of the instrument, made here';
COMMENT ON COLUMN candled.instrument.registered_at IS 'when candled first heard of it, UTC';
COMMENT ON COLUMN candled.instrument.identifier    IS 'what it is called wherever tickers change: its FIGI, or the name that `candled instruments import` was given; NULL: nobody has said';

-- A range of one ticker has the equality that GiST needs beside the overlap of dates, without the extension
-- btree_gist, which not every server has. Ticker order never matters, so the cheapest collation is right.
CREATE TYPE candled.ticker_range AS RANGE (SUBTYPE = text, COLLATION = "C");
COMMENT ON TYPE candled.ticker_range IS 'Lets instrument_ticker_no_overlap compare tickers in a GiST index; of no other use.';

CREATE TABLE candled.instrument_ticker (
  ticker        text      NOT NULL CHECK (ticker <> ''),
  instrument_id int4      NOT NULL REFERENCES candled.instrument,
  valid         daterange NOT NULL DEFAULT '(,)' CHECK (NOT isempty(valid)),
  exchange      text      CHECK (exchange <> ''),
  PRIMARY KEY (ticker, valid),
  CONSTRAINT instrument_ticker_no_overlap
    EXCLUDE USING gist (candled.ticker_range(ticker, ticker, '[]') WITH =, valid WITH &&)
);
CREATE INDEX instrument_ticker_by_instrument ON candled.instrument_ticker (instrument_id);
COMMENT ON TABLE  candled.instrument_ticker               IS 'Which instrument a ticker named, and when: a reused ticker never joins the wrong history.';
COMMENT ON COLUMN candled.instrument_ticker.ticker        IS 'the name, as providers spell it; case matters';
COMMENT ON COLUMN candled.instrument_ticker.instrument_id IS 'the instrument it named';
COMMENT ON COLUMN candled.instrument_ticker.valid         IS 'the dates on which it did, in the zone of the calendar of its bars; no two ranges of one ticker overlap';
COMMENT ON COLUMN candled.instrument_ticker.exchange      IS 'where it was traded then, as the source of the name spells it; NULL: not said';

CREATE FUNCTION candled.instrument_at(ticker text, on_date date) RETURNS int4
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT t.instrument_id FROM candled.instrument_ticker t
  WHERE t.ticker = instrument_at.ticker AND t.valid @> instrument_at.on_date
$function$;
COMMENT ON FUNCTION candled.instrument_at(text, date) IS 'The instrument that a ticker named on that day. NULL: none that candled knows of.';
