// Questions to the daemon that served this page.
import { token } from './token.js';
import type { Backfill, BackfillWish, Live, Problem } from './types.js';

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: no answer
    readonly code: string,
    detail: string,
    readonly request_id = '',
  ) {
    super(detail);
  }
}

export const needs_token = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

export const error_words = (error: unknown): string =>
  error instanceof Error ? error.message : 'something went wrong in this page';

async function problem_of(answer: Response): Promise<ApiError> {
  try {
    const problem = (await answer.json()) as Partial<Problem>;
    return new ApiError(answer.status, problem.code ?? '', problem.detail ?? answer.statusText, problem.request_id ?? '');
  } catch {
    return new ApiError(answer.status, '', `the answer was ${answer.status} ${answer.statusText}`);
  }
}

async function ask<T>(path: string, init: RequestInit, signal?: AbortSignal): Promise<T> {
  const headers = new Headers({ Accept: 'application/json' });
  const known = token();
  if (known) headers.set('Authorization', `Bearer ${known}`);
  if (init.body !== undefined) headers.set('Content-Type', 'application/json');
  const all = [AbortSignal.timeout(30_000), ...(signal ? [signal] : [])];
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, headers, signal: AbortSignal.any(all), cache: 'no-store', credentials: 'omit' });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'no_answer', 'the daemon does not answer');
  }
  if (!answer.ok) throw await problem_of(answer);
  return (await answer.json()) as T;
}

export type Query = Record<string, string | number | boolean | undefined>;

export function path_of(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  const text = parameters.toString();
  return `/api/v1/${path}${text ? `?${text}` : ''}`;
}

export const get = <T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> =>
  ask<T>(path_of(path, query), { method: 'GET' }, signal);

const post = <T = Backfill>(path: string, body?: BackfillWish): Promise<T> =>
  ask<T>(`/api/v1/${path}`, body === undefined ? { method: 'POST' } : { method: 'POST', body: JSON.stringify(body) });

export const ask_for = (wish: BackfillWish): Promise<Backfill> => post('backfills', wish);
export const cancel = (request_id: number): Promise<Backfill> => post(`backfills/${request_id}/cancel`);
export const retry = (request_id: number): Promise<Backfill> => post(`backfills/${request_id}/retry`);
export const trigger = (job: string): Promise<Backfill> => post(`jobs/${encodeURIComponent(job)}/trigger`);
export const reset_counters = (): Promise<Live> => post<Live>('counters/reset');
