// When to try a lost connection again. Pure: the random number is given.

const first_ms = 500;
const most_ms = 15_000;

// The wait before try number `tries` (from 0): doubling from half a second to 15 s, between half and all of it, so
// that many pages do not come back in step.
export function backoff_ms(tries: number, random: number): number {
  const full = Math.min(most_ms, first_ms * 2 ** Math.min(tries, 20));
  return Math.round(full * (0.5 + 0.5 * random));
}
