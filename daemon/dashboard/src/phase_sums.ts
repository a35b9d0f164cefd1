// Batches' phase times summed over spans of time, for stacked bars. Pure.
import { phases, type Batch, type Phase } from './types.js';

export interface PhaseSums {
  starts: number[]; // of the spans, seconds since 1970, the oldest first, evenly apart
  span_seconds: number;
  sums: Record<Phase, number[]>; // seconds of busy time
  batches: number[];
}

const spans = [10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 21_600, 86_400, 604_800];

export function sum_phases(batches: readonly Batch[], bars_max: number): PhaseSums {
  const sums = Object.fromEntries(phases.map((phase) => [phase, [] as number[]])) as Record<Phase, number[]>;
  if (batches.length === 0) return { starts: [], span_seconds: spans[0]!, sums, batches: [] };
  const times = batches.map((batch) => Date.parse(batch.started_at) / 1_000);
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  const span = spans.find((size) => (last - first) / size < bars_max - 1) ?? Math.ceil((last - first) / (bars_max - 1));
  const begin = Math.floor(first / span) * span;
  const length = Math.floor((last - begin) / span) + 1;
  const starts = Array.from({ length }, (_, index) => begin + index * span);
  const counts = new Array<number>(length).fill(0);
  for (const phase of phases) sums[phase] = new Array<number>(length).fill(0);
  batches.forEach((batch, index) => {
    const at = Math.floor((times[index]! - begin) / span);
    counts[at]! += 1;
    for (const phase of phases) sums[phase][at]! += (batch.phases[phase]) / 1_000;
  });
  return { starts, span_seconds: span, sums, batches: counts };
}

// Each phase on top of those before it.
export function stacked(sums: PhaseSums): number[][] {
  const below = new Array<number>(sums.starts.length).fill(0);
  return phases.map((phase) => sums.sums[phase].map((value, index) => (below[index]! += value)));
}
