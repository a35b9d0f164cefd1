-- What should be covered and could not be.
CREATE TABLE candled.gap (
  gap_id      int8        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  series_id   int4        NOT NULL REFERENCES candled.series,
  during      tstzrange   NOT NULL CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
  reason      text        NOT NULL CHECK (reason IN ('provider_empty', 'fetch_failed', 'not_entitled', 'rejected', 'horizon')),
  detail      text        NOT NULL,
  first_seen  timestamptz NOT NULL,
  last_tried  timestamptz NOT NULL,
  attempts    int4        NOT NULL DEFAULT 1 CHECK (attempts >= 0),
  next_try_at timestamptz NOT NULL,
  closed_at   timestamptz
);
CREATE INDEX gap_open ON candled.gap (series_id) WHERE closed_at IS NULL;
COMMENT ON TABLE  candled.gap             IS 'Ranges that could not be filled, with the reason. Open ones of a series do not overlap.';
COMMENT ON COLUMN candled.gap.gap_id      IS 'identity of the gap, made here';
COMMENT ON COLUMN candled.gap.series_id   IS 'which series lacks it';
COMMENT ON COLUMN candled.gap.during      IS 'what of it is still missing, UTC; once closed: what was missing last';
COMMENT ON COLUMN candled.gap.reason      IS 'provider_empty: sessions that were asked and answered without a single bar; fetch_failed: no good answer; not_entitled: the plan does not include it; rejected: a bar that cannot be true; horizon: older than the plan goes back';
COMMENT ON COLUMN candled.gap.detail      IS 'the last failure, one line for people';
COMMENT ON COLUMN candled.gap.first_seen  IS 'when it failed first, UTC';
COMMENT ON COLUMN candled.gap.last_tried  IS 'when it failed last, UTC; with 0 attempts: when it was set aside without a try';
COMMENT ON COLUMN candled.gap.attempts    IS 'how often it was asked for in vain; 0: never, for the provider had refused the same to other symbols';
COMMENT ON COLUMN candled.gap.next_try_at IS 'not tried again before, UTC; infinity: not before a person asks (candled repair)';
COMMENT ON COLUMN candled.gap.closed_at   IS 'when the last of it was filled, or it was merged into an older gap, UTC; NULL: open';
