-- What is complete, by proof; since when we know it; what is to be read again.

CREATE TABLE candled.series_session (
  series_id    int4        NOT NULL REFERENCES candled.series,
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
