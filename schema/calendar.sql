-- When markets trade, as a table to join.
CREATE TABLE candled.market_session (
  calendar           text        NOT NULL CHECK (calendar IN ('XNYS', '24x7')),
  session_date       date        NOT NULL,
  opens_at           timestamptz NOT NULL,
  closes_at          timestamptz NOT NULL,
  extended_opens_at  timestamptz NOT NULL,
  extended_closes_at timestamptz NOT NULL,
  early_close        boolean     NOT NULL,
  PRIMARY KEY (calendar, session_date),
  CHECK (extended_opens_at <= opens_at AND opens_at < closes_at AND closes_at <= extended_closes_at)
);
CREATE UNIQUE INDEX market_session_by_time ON candled.market_session (calendar, extended_opens_at);
COMMENT ON TABLE  candled.market_session                    IS 'One trading day of a calendar a row, from 1990 to 2035: made by candled from rules and from the overrides that the operator adds. Days without a row do not trade.';
COMMENT ON COLUMN candled.market_session.calendar           IS 'XNYS (New York Stock Exchange) or 24x7';
COMMENT ON COLUMN candled.market_session.session_date       IS 'the trading day, in the calendar''s zone (XNYS: America/New_York; 24x7: UTC)';
COMMENT ON COLUMN candled.market_session.opens_at           IS 'start of regular trading, UTC';
COMMENT ON COLUMN candled.market_session.closes_at          IS 'end of regular trading, UTC';
COMMENT ON COLUMN candled.market_session.extended_opens_at  IS 'start of pre-market trading, UTC: the first time for which minute bars exist';
COMMENT ON COLUMN candled.market_session.extended_closes_at IS 'end of after-market trading, UTC: no minute bar starts at or after it';
COMMENT ON COLUMN candled.market_session.early_close        IS 'whether regular trading ends before its usual time';
