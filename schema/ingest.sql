-- What candled did: one row a start, one row a batch.
CREATE TABLE candled.ingest_run (
  run_id     int8        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  run_key    uuid        NOT NULL UNIQUE,
  command    text        NOT NULL,
  version    text        NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at   timestamptz,
  exit_code  int4,
  config_loaded_at timestamptz,
  config_error     text NOT NULL DEFAULT ''
);
COMMENT ON TABLE  candled.ingest_run            IS 'One row for each start of candled that wrote bars.';
COMMENT ON COLUMN candled.ingest_run.run_id     IS 'identity of the run, made here';
COMMENT ON COLUMN candled.ingest_run.run_key    IS 'identity that candled made before it told us, so that telling us twice makes one row';
COMMENT ON COLUMN candled.ingest_run.command    IS 'run, once or backfill';
COMMENT ON COLUMN candled.ingest_run.version    IS 'candled''s version';
COMMENT ON COLUMN candled.ingest_run.started_at IS 'when it started, UTC';
COMMENT ON COLUMN candled.ingest_run.ended_at   IS 'when it ended, UTC; NULL: it runs, or was killed';
COMMENT ON COLUMN candled.ingest_run.config_loaded_at IS 'when the configuration in use was loaded, UTC; NULL: with the start';
COMMENT ON COLUMN candled.ingest_run.config_error IS 'why the last reload changed nothing: the problems with file:line:column; empty: it worked, or there was none';
COMMENT ON COLUMN candled.ingest_run.exit_code  IS 'its exit code; NULL: it runs, or was killed';

CREATE TABLE candled.ingest_batch (
  batch_id     int8        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  run_id       int8        NOT NULL REFERENCES candled.ingest_run,
  started_at   timestamptz NOT NULL,
  job          text        NOT NULL,
  provider     text        NOT NULL,
  timeframe    text        NOT NULL,
  symbols      int8        NOT NULL,
  requests     int8        NOT NULL,
  retries      int8        NOT NULL,
  rate_limited int8        NOT NULL,
  bars         int8        NOT NULL,
  inserted     int8        NOT NULL,
  changed      int8        NOT NULL,
  unchanged    int8        NOT NULL,
  rejected     int8        NOT NULL,
  bytes        int8        NOT NULL,
  plan_ms      int8        NOT NULL,
  wait_ms      int8        NOT NULL,
  fetch_ms     int8        NOT NULL,
  parse_ms     int8        NOT NULL,
  validate_ms  int8        NOT NULL,
  copy_ms      int8        NOT NULL,
  merge_ms     int8        NOT NULL,
  commit_ms    int8        NOT NULL,
  total_ms     int8        NOT NULL,
  outcome      text        NOT NULL CHECK (outcome IN ('ok', 'partial', 'failed', 'stopped')),
  -- A report whose reply was lost is told again: the same batch is one row.
  CONSTRAINT ingest_batch_told_once UNIQUE (run_id, started_at, job, timeframe, symbols, requests, bytes, total_ms)
);
CREATE INDEX ingest_batch_by_time ON candled.ingest_batch (started_at);
COMMENT ON TABLE  candled.ingest_batch              IS 'One row for each batch: what it did and where its time went. timings.csv has the same rows.';
COMMENT ON COLUMN candled.ingest_batch.batch_id     IS 'identity of the batch, made here';
COMMENT ON COLUMN candled.ingest_batch.run_id       IS 'the run that did it';
COMMENT ON COLUMN candled.ingest_batch.started_at   IS 'when it started, UTC';
COMMENT ON COLUMN candled.ingest_batch.job          IS 'name of the job in the configuration';
COMMENT ON COLUMN candled.ingest_batch.provider     IS 'name of the provider in the configuration';
COMMENT ON COLUMN candled.ingest_batch.timeframe    IS 'length of its bars';
COMMENT ON COLUMN candled.ingest_batch.symbols      IS 'number of symbols';
COMMENT ON COLUMN candled.ingest_batch.requests     IS 'number of requests sent, retries included';
COMMENT ON COLUMN candled.ingest_batch.retries      IS 'number of requests that repeated a failed one';
COMMENT ON COLUMN candled.ingest_batch.rate_limited IS 'number of answers that said 429';
COMMENT ON COLUMN candled.ingest_batch.bars         IS 'number of good bars received';
COMMENT ON COLUMN candled.ingest_batch.inserted     IS 'number of bars that were new';
COMMENT ON COLUMN candled.ingest_batch.changed      IS 'number of bars whose values the provider changed';
COMMENT ON COLUMN candled.ingest_batch.unchanged    IS 'number of bars that we had already';
COMMENT ON COLUMN candled.ingest_batch.rejected     IS 'number of bars that cannot be true';
COMMENT ON COLUMN candled.ingest_batch.bytes        IS 'bytes of the answers'' bodies on the wire';
COMMENT ON COLUMN candled.ingest_batch.plan_ms      IS 'time to decide what to ask, milliseconds';
COMMENT ON COLUMN candled.ingest_batch.wait_ms      IS 'time waited for the budget, summed over requests, milliseconds';
COMMENT ON COLUMN candled.ingest_batch.fetch_ms     IS 'time from request to answer, summed over requests, milliseconds';
COMMENT ON COLUMN candled.ingest_batch.parse_ms     IS 'time to parse answers, summed, milliseconds';
COMMENT ON COLUMN candled.ingest_batch.validate_ms  IS 'time to check bars, summed, milliseconds';
COMMENT ON COLUMN candled.ingest_batch.copy_ms      IS 'time to write bars, summed over loads, milliseconds';
COMMENT ON COLUMN candled.ingest_batch.merge_ms     IS 'time to read and compare stored bars, summed over loads, milliseconds';
COMMENT ON COLUMN candled.ingest_batch.commit_ms    IS 'time to extend coverage and commit, summed over loads, milliseconds';
COMMENT ON COLUMN candled.ingest_batch.total_ms     IS 'time from start to end on the wall, milliseconds';
COMMENT ON COLUMN candled.ingest_batch.outcome      IS 'ok; partial: some windows failed; failed: all did; stopped: by a shutdown';
