// Numbers and times as people read them. Pure: what depends on now takes it.

const grouped = new Intl.NumberFormat('en-US');
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (value: number): string => grouped.format(value);
export const short_count = (value: number): string => (Math.abs(value) < 10_000 ? count(value) : compact.format(value));

// "1 window", "2 windows".
export const counted = (value: number, noun: string, plural = `${noun}s`): string =>
  `${count(value)} ${value === 1 ? noun : plural}`;

export const percent = (part: number, whole: number): number =>
  whole <= 0 ? 0 : Math.max(0, Math.min(100, Math.floor((100 * part) / whole)));

// Seconds as the two largest units: "45 s", "3 min 20 s", "2 h 5 min", "3 d 4 h".
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const units: [number, string][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const first = units.findIndex(([size]) => all >= size);
  if (first < 0) return '0 s';
  const [size, name] = units[first]!;
  const rest = all % size;
  const next = units[first + 1];
  const parts = [`${Math.floor(all / size)} ${name}`];
  if (next && Math.floor(rest / next[0]) > 0) parts.push(`${Math.floor(rest / next[0])} ${next[1]}`);
  return parts.join(' ');
}

export function milliseconds(value: number): string {
  if (value < 1_000) return `${Math.round(value)} ms`;
  if (value < 60_000) return `${(value / 1_000).toFixed(1)} s`;
  return duration(value / 1_000);
}

export const millis_of = (time: string): number => Date.parse(time);

// "in 3 min 20 s", "2 h 5 min ago", "now" within two seconds.
export function relative(time: string, now: number): string {
  const seconds = (millis_of(time) - now) / 1_000;
  if (Number.isNaN(seconds)) return '';
  if (Math.abs(seconds) < 2) return 'now';
  return seconds > 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`;
}

// An ETA is a span: "in about 3 min", "in 3 min to 5 min 10 s", "any moment now".
export function eta_words(from: string | null, until: string | null, now: number): string {
  if (from === null && until === null) return '';
  const first = Math.max(0, (millis_of(from ?? until!) - now) / 1_000);
  const last = Math.max(first, (millis_of(until ?? from!) - now) / 1_000);
  if (last < 2) return 'any moment now';
  if (last - first <= Math.max(5, last * 0.15)) return `in about ${duration(last)}`;
  return `in ${duration(first)} to ${duration(last)}`;
}

// 2024-03-04 14:31:05 UTC; without seconds where they are zero.
export function utc(time: string | null): string {
  if (time === null) return 'never';
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const text = at.toISOString();
  const seconds = text.slice(17, 19);
  return `${text.slice(0, 10)} ${text.slice(11, 16)}${seconds === '00' ? '' : `:${seconds}`} UTC`;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// 0: Sunday. A date is of no zone.
export const weekday = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay();
// "Mon 2024-03-04"
export const day = (date: string): string => `${weekdays[weekday(date)] ?? ''} ${date}`;
export const month = (date: string): string => `${months[Number(date.slice(5, 7)) - 1] ?? ''} ${date.slice(0, 4)}`;

export function shift_date(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

export const price = (value: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: value < 1 ? 6 : 4 });

// How long ago, in words for a table of freshness: "up to date", "2 min behind".
export const lag_words = (seconds: number): string => (seconds < 1 ? 'up to date' : `${duration(seconds)} behind`);
