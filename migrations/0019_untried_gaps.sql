-- A gap may be set aside without a request, where the provider has refused the same to other symbols: that is no attempt.

ALTER TABLE candled.gap DROP CONSTRAINT gap_attempts_check,
  ADD CONSTRAINT gap_attempts_check CHECK (attempts >= 0);
COMMENT ON COLUMN candled.gap.last_tried IS 'when it failed last, UTC; with 0 attempts: when it was set aside without a try';
COMMENT ON COLUMN candled.gap.attempts IS 'how often it was asked for in vain; 0: never, for the provider had refused the same to other symbols';
