-- Indices may be zero or negative: rates and spreads are. What bars of anything else can be is checked before they are
-- stored, by who knows the ticker; a table of all series cannot. Both constraints grow weaker, so that every stored bar
-- passes; PostgreSQL reads them all once to see it, and nothing is loaded meanwhile: seconds for a million bars, minutes
-- for a billion bytes of them.
ALTER TABLE candled.bar
  DROP CONSTRAINT bar_prices_possible,
  DROP CONSTRAINT bar_vwap_possible,
  -- NaN sorts above every number, Infinity included: each price is bounded from above by something finite.
  ADD CONSTRAINT bar_prices_possible CHECK (
    low > '-Infinity' AND low <= open AND low <= close AND open <= high AND close <= high AND high < 'Infinity'),
  ADD CONSTRAINT bar_vwap_possible CHECK (vwap > '-Infinity' AND vwap <> 'Infinity');

-- A bar that cannot be read is rejected, too.
COMMENT ON TABLE  candled.rejected_bar             IS 'Bars that a provider served and that cannot be true or be read, kept for people to see; they are not in bar.';
COMMENT ON COLUMN candled.rejected_bar.ts          IS 'start of the bar''s window as served, UTC; infinity: beyond what a calendar holds; of one whose time cannot be read, the first that it may have';
COMMENT ON COLUMN candled.rejected_bar.open        IS 'first price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.high        IS 'highest price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.low         IS 'lowest price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.close       IS 'last price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.volume      IS 'units traded as served; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bar.reason      IS 'what is wrong with it: the name of the check it failed, "unreadable: key is value", or "database: SQLSTATE message"';
COMMENT ON VIEW   candled.rejected_bars             IS 'Bars that a provider served and that cannot be true or be read; they are not in bars.';
COMMENT ON COLUMN candled.rejected_bars.ts          IS 'start of the bar''s window as served, UTC; NULL: beyond what a calendar holds; of one whose time cannot be read, the first that it may have';
COMMENT ON COLUMN candled.rejected_bars.open        IS 'first price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.high        IS 'highest price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.low         IS 'lowest price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.close       IS 'last price as served, in the instrument''s currency; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.volume      IS 'units traded as served; NaN: it cannot be read';
COMMENT ON COLUMN candled.rejected_bars.reason      IS 'what is wrong with it: the name of the check it failed, "unreadable: key is value", or "database: SQLSTATE message"';

-- Currencies do not trade on Saturdays: these gaps were never any.
UPDATE candled.gap g SET closed_at = now()
FROM candled.series s
WHERE g.series_id = s.series_id AND g.closed_at IS NULL AND g.reason = 'provider_empty' AND s.calendar = '24x7'
  AND EXISTS (SELECT FROM candled.instrument_ticker t WHERE t.instrument_id = s.instrument_id AND t.ticker LIKE 'C:%')
  AND extract(isodow FROM lower(g.during) AT TIME ZONE 'UTC') = 6
  AND upper(g.during) <= lower(g.during) + interval '1 day';
