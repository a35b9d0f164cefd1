// What the daemon answers: docs/openapi.json, by hand. Times are RFC 3339, UTC.

export type Timeframe = '1m' | '5m' | '15m' | '30m' | '1h' | '4h' | '1d' | '1w' | '1mo';
export const timeframes: readonly Timeframe[] = ['1m', '5m', '15m', '30m', '1h', '4h', '1d', '1w', '1mo'];

export interface Page<T> {
  items: T[];
  total: number;
  limit: number;
  offset: number;
}

export interface Component {
  name: string;
  state: 'ok' | 'degraded' | 'down';
  reason: string;
  since: string;
  last_ok: string | null;
  next_try: string | null;
  means: string;
  do: string;
}

export interface Health {
  state: 'ok' | 'degraded' | 'down';
  since: string;
  version: string;
  started_at: string;
  now: string;
  components: Component[];
}

export interface Progress {
  job: string;
  lane: 'live' | 'repair' | 'settle' | 'backfill';
  stage: 'idle' | 'planning' | 'fetching' | 'loading' | 'waiting' | 'parked';
  detail: string;
  windows: number;
  windows_done: number;
  requests: number;
  bars: number;
  eta_from: string | null;
  eta_until: string | null;
  parked_until: string | null;
  updated_at: string;
}

export interface Provider {
  name: string;
  budget: { requests: number; window_seconds: number; taken: number; learned: number | null };
  breaker: 'closed' | 'open';
  retry_at: string | null;
  waits_for: string | null; // why nothing goes now, for people
  in_flight: number;
  requests: { ok: number; rate_limited: number; refused: number; failed: number; unreachable: number };
}

export interface LiveJob {
  name: string;
  provider: string;
  timeframe: Timeframe;
  session_open: boolean;
  last_ok_at: string | null;
  last_outcome: string | null;
  bars_written: number;
}

export interface Live {
  at: string;
  version: string;
  started_at: string;
  changes_allowed: boolean;
  health: Health;
  progress: Progress[];
  providers: Provider[];
  jobs: LiveJob[];
}

export interface Job {
  name: string;
  provider: string;
  timeframe: Timeframe;
  calendar: 'XNYS' | '24x7';
  history: string;
  symbols: string[];
  next_run_at: string | null;
}

export const phases = ['plan', 'wait', 'fetch', 'parse', 'validate', 'merge', 'copy', 'commit'] as const;
export type Phase = (typeof phases)[number];

export interface Batch {
  batch_id: number;
  started_at: string;
  job: string;
  provider: string;
  timeframe: Timeframe;
  symbols: number;
  requests: number;
  bars: number;
  inserted: number;
  changed: number;
  rejected: number;
  milliseconds: number;
  outcome: 'ok' | 'partial' | 'failed' | 'stopped';
  phases: Record<Phase, number>;
}

export type GapReason = 'never_asked' | 'provider_empty' | 'fetch_failed' | 'not_entitled' | 'rejected' | 'horizon';

export interface Gap {
  ticker: string;
  timeframe: Timeframe;
  provider: string;
  from: string;
  until: string;
  reason: GapReason;
  detail: string;
  attempts: number;
  first_seen: string | null;
  last_tried: string | null;
  next_try_at: string | null; // "infinity": when a person asks; null: with the next run
}

export interface Backfill {
  request_id: number;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  kind: 'backfill' | 'repair';
  job: string;
  symbols: string[];
  from: string;
  until: string;
  cancel_asked: boolean;
  requested_at: string;
  windows: number;
  windows_done: number;
  bars: number;
  detail: string;
}

export interface BackfillWish {
  kind: 'backfill' | 'repair';
  job: string;
  symbols?: string[];
  from?: string;
  to?: string;
}

// A letter a session: see state_words in words.ts.
export interface SessionRow {
  job: string;
  provider: string;
  timeframe: Timeframe;
  ticker: string;
  states: string;
}

export interface SessionPage extends Page<SessionRow> {
  sessions: string[];
}

export interface Freshness {
  job: string;
  expected_through: string;
  covered_through: string; // of every series
  lag_seconds: number;
  series: number;
  late_series: number;
}

export interface Bar {
  ts: string;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  vwap: number | null;
  transactions: number | null;
  revised: boolean;
}

export interface Bars {
  ticker: string;
  timeframe: Timeframe;
  items: Bar[];
}

// What a bar was before it was changed; before: null: there was none.
export interface Revision {
  ts: string;
  seen_at: string;
  before: Omit<Bar, 'ts' | 'revised'> | null;
}

export interface Problem {
  status: number;
  code: string;
  detail: string;
  request_id: string;
}
