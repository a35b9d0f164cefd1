// What the daemon's short words mean, for people: states of a session, stages, lanes. Pure.
import type { GapReason, Phase, Progress } from './types.js';

export interface StateWords {
  letter: string; // as /api/v1/sessions has it
  mark: string; // drawn into the cell where there is room; '' where colour and emptiness say it
  name: string;
  means: string;
  do: string;
  hole: boolean; // a repair may help
}

export const states: readonly StateWords[] = [
  { letter: 'c', mark: '', name: 'complete', means: 'All of it was asked for and answered.', do: 'Nothing.', hole: false },
  { letter: 'p', mark: '◐', name: 'partly there', means: 'Some of it is there; the rest is under way or not final yet.',
    do: 'Nothing: it goes on by itself.', hole: true },
  { letter: 'w', mark: '·', name: 'waiting', means: 'The session is not final yet, so it is not asked for.',
    do: 'Nothing: it is asked for when it is final.', hole: false },
  { letter: 'n', mark: 'N', name: 'never asked', means: 'It is wanted, and nobody has asked the provider for it yet.',
    do: 'Wait for the next run, or repair it now.', hole: true },
  { letter: 'e', mark: 'E', name: 'provider empty', means: 'The provider was asked, and has no bars of this session.',
    do: 'Often right (no trade, or not listed yet). If it is not, repair it when the provider has it.', hole: true },
  { letter: 'f', mark: 'F', name: 'fetch failed', means: 'The provider was asked, and gave no usable answer.',
    do: 'It is tried again by itself, later and later. Repair tries it now.', hole: true },
  { letter: 't', mark: 'T', name: 'not entitled', means: 'The plan of this key does not include it.',
    do: 'Change the plan at the provider or take it out of the job; then repair it.', hole: true },
  { letter: 'r', mark: 'R', name: 'rejected', means: 'The provider sent bars that cannot be true; they were not stored.',
    do: 'Look at candled.rejected_bars, tell the provider, repair it when it is mended.', hole: true },
  { letter: 'h', mark: 'H', name: 'beyond the horizon', means: 'It is older than the provider serves with this plan.',
    do: 'Load it from day files, or let the job\'s history begin later.', hole: true },
  { letter: '-', mark: '', name: 'not wanted', means: 'It lies before the job\'s history or before the listing.', do: 'Nothing.',
    hole: false },
];

const unknown: StateWords = { letter: '?', mark: '?', name: 'unknown', means: 'This page does not know that state.',
  do: 'Reload the page: the daemon may be newer.', hole: false };
const loading: StateWords = { letter: ' ', mark: '', name: 'loading', means: 'It is being asked for.', do: 'Wait.', hole: false };
const by_letter = new Map([...states, loading].map((state) => [state.letter, state]));
export const state_of = (letter: string | undefined): StateWords => by_letter.get(letter ?? ' ') ?? unknown;

const by_reason: Record<GapReason, string> = {
  never_asked: 'n', provider_empty: 'e', fetch_failed: 'f', not_entitled: 't', rejected: 'r', horizon: 'h',
};
export const gap_reasons = Object.keys(by_reason) as GapReason[];
export const reason_state = (reason: string): StateWords => state_of(by_reason[reason as GapReason] ?? '?');

export const lane_words: Record<Progress['lane'], string> = {
  live: 'new bars',
  repair: 'holes',
  settle: 'corrections',
  backfill: 'asked for by people',
};

export const stage_words: Record<Progress['stage'], string> = {
  idle: 'idle',
  planning: 'looking what is due',
  fetching: 'fetching',
  loading: 'writing to the database',
  waiting: 'waiting for its turn',
  parked: 'waiting for the provider',
};

export const phase_words: Record<Phase, string> = {
  plan: 'finding what is due',
  wait: 'waiting for the budget',
  fetch: 'waiting for the provider\'s answers',
  parse: 'reading the answers',
  validate: 'checking the bars',
  merge: 'comparing with what is there',
  copy: 'writing',
  commit: 'committing',
};

export const outcome_words: Record<string, string> = {
  ok: 'all well',
  partial: '▲ a part failed',
  failed: '▲ failed',
  stopped: 'stopped',
};
