-- What several starts of candled, and people at other terminals, share: the budget, requests, progress.

CREATE TABLE candled.budget (
  budget           text        PRIMARY KEY CHECK (budget <> ''),
  requests         int4        NOT NULL CHECK (requests > 0),
  per              interval    NOT NULL CHECK (per > '0'),
  learned_requests int4        CHECK (learned_requests > 0),
  learned_at       timestamptz
);
COMMENT ON TABLE  candled.budget                  IS 'One row for each credential: what its plan allows, over all processes.';
COMMENT ON COLUMN candled.budget.budget           IS 'the provider''s address and a fingerprint of the key, which does not tell the key';
COMMENT ON COLUMN candled.budget.requests         IS 'requests that the configuration allows in any window of `per`';
COMMENT ON COLUMN candled.budget.per              IS 'length of that window';
COMMENT ON COLUMN candled.budget.learned_requests IS 'the lower number of requests that the provider''s 429s have taught; NULL: none';
COMMENT ON COLUMN candled.budget.learned_at       IS 'when that limit changed last, UTC';

CREATE TABLE candled.budget_place (
  budget     text        NOT NULL REFERENCES candled.budget,
  holder     uuid        NOT NULL,
  held_until timestamptz NOT NULL,
  places     int4        NOT NULL CHECK (places > 0),
  PRIMARY KEY (budget, holder, held_until)
);
COMMENT ON TABLE  candled.budget_place            IS 'Places of a budget that are taken: by requests of the last window, and reserved for the next ones. Written before a request goes, so that a crash forgets none.';
COMMENT ON COLUMN candled.budget_place.budget     IS 'which budget';
COMMENT ON COLUMN candled.budget_place.holder     IS 'which start of candled took them';
COMMENT ON COLUMN candled.budget_place.held_until IS 'free again from then on, UTC';
COMMENT ON COLUMN candled.budget_place.places     IS 'number of places';

CREATE TABLE candled.backfill_request (
  request_id   int8        PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  job          text        NOT NULL,
  symbols      text[]      NOT NULL DEFAULT '{}',
  from_ts      timestamptz NOT NULL,
  to_ts        timestamptz NOT NULL,
  kind         text        NOT NULL DEFAULT 'backfill' CHECK (kind IN ('backfill', 'repair')),
  state        text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  cancel_asked boolean     NOT NULL DEFAULT false,
  requested_at timestamptz NOT NULL DEFAULT now(),
  started_at   timestamptz,
  ended_at     timestamptz,
  windows      int8        NOT NULL DEFAULT 0,
  windows_done int8        NOT NULL DEFAULT 0,
  bars         int8        NOT NULL DEFAULT 0,
  detail       text        NOT NULL DEFAULT '',
  CHECK (from_ts < to_ts)
);
CREATE INDEX backfill_request_open ON candled.backfill_request (request_id) WHERE state IN ('queued', 'running');
COMMENT ON TABLE  candled.backfill_request              IS 'What people asked the daemon to fetch: candled backfill --detach, status, cancel, retry. The daemon works on one at a time, oldest first.';
COMMENT ON COLUMN candled.backfill_request.request_id   IS 'identity of the request, made here';
COMMENT ON COLUMN candled.backfill_request.job          IS 'name of the job in the configuration';
COMMENT ON COLUMN candled.backfill_request.symbols      IS 'which of its symbols; empty: all';
COMMENT ON COLUMN candled.backfill_request.from_ts      IS 'start of the range, UTC';
COMMENT ON COLUMN candled.backfill_request.to_ts        IS 'end of the range, UTC, exclusive';
COMMENT ON COLUMN candled.backfill_request.kind         IS 'backfill: what is not covered, parked ranges too; repair: gaps only';
COMMENT ON COLUMN candled.backfill_request.state        IS 'queued, running, done (all covered), failed (some of it is not; retry works on the rest) or cancelled';
COMMENT ON COLUMN candled.backfill_request.cancel_asked IS 'whether somebody wants it to end; the daemon sees it within two seconds';
COMMENT ON COLUMN candled.backfill_request.requested_at IS 'when it was asked, UTC';
COMMENT ON COLUMN candled.backfill_request.started_at   IS 'when the daemon last began with it, UTC';
COMMENT ON COLUMN candled.backfill_request.ended_at     IS 'when it ended, UTC';
COMMENT ON COLUMN candled.backfill_request.windows      IS 'number of windows that it takes, as planned last';
COMMENT ON COLUMN candled.backfill_request.windows_done IS 'number of these that are done';
COMMENT ON COLUMN candled.backfill_request.bars         IS 'number of good bars received';
COMMENT ON COLUMN candled.backfill_request.detail       IS 'why it failed, one line for people';

CREATE TABLE candled.job_progress (
  job          text        NOT NULL,
  lane         text        NOT NULL CHECK (lane IN ('live', 'repair', 'settle', 'backfill')),
  stage        text        NOT NULL,
  detail       text        NOT NULL,
  windows      int8        NOT NULL,
  windows_done int8        NOT NULL,
  requests     int8        NOT NULL,
  bars         int8        NOT NULL,
  eta_from     timestamptz,
  eta_until    timestamptz,
  parked_until timestamptz,
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job, lane)
) WITH (fillfactor = 50);
COMMENT ON TABLE  candled.job_progress              IS 'What the daemon is doing now: one row for each lane of each job, renewed every few seconds while something moves.';
COMMENT ON COLUMN candled.job_progress.job          IS 'name of the job in the configuration';
COMMENT ON COLUMN candled.job_progress.lane         IS 'live, repair, settle or backfill, in the order in which they get the budget';
COMMENT ON COLUMN candled.job_progress.stage        IS 'idle, planning, fetching, loading, waiting (for the database) or parked';
COMMENT ON COLUMN candled.job_progress.detail       IS 'what it works on, or what it waits for, one line for people';
COMMENT ON COLUMN candled.job_progress.windows      IS 'number of windows of the work at hand';
COMMENT ON COLUMN candled.job_progress.windows_done IS 'number of these that are done';
COMMENT ON COLUMN candled.job_progress.requests     IS 'number of requests sent for it';
COMMENT ON COLUMN candled.job_progress.bars         IS 'number of good bars received for it';
COMMENT ON COLUMN candled.job_progress.eta_from     IS 'the work ends at the earliest then, UTC; NULL: nothing to end';
COMMENT ON COLUMN candled.job_progress.eta_until    IS 'the work ends at the latest then if the provider goes on as it did, UTC';
COMMENT ON COLUMN candled.job_progress.parked_until IS 'no request before then, UTC: a quota, or a provider that fails; NULL: not parked';
COMMENT ON COLUMN candled.job_progress.updated_at   IS 'when this was true, UTC';
