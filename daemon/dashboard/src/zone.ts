// Calendars' zones: which day a time belongs to, and clock times for the chart. Pure.

export const zone_of = (calendar: string): string => (calendar === 'XNYS' ? 'America/New_York' : 'UTC');
export const zone_words = (calendar: string): string => (calendar === 'XNYS' ? 'New York time' : 'UTC');

const formats = new Map<string, Intl.DateTimeFormat>();
function format_of(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
}

// Seconds that the zone's clock is ahead of UTC at that time (milliseconds since 1970). Asked once an hour of time:
// no zone changes its clock within an hour.
const offsets = new Map<string, number>();
export function offset_seconds(zone: string, millis: number): number {
  if (zone === 'UTC') return 0;
  const hour = Math.floor(millis / 3_600_000);
  const key = `${zone}/${hour}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const part: Record<string, string> = {};
  for (const { type, value } of format_of(zone).formatToParts(hour * 3_600_000)) part[type] = value;
  const local = Date.UTC(+part.year!, +part.month! - 1, +part.day!, +part.hour!, +part.minute!, +part.second!);
  const offset = (local - hour * 3_600_000) / 1_000;
  if (offsets.size > 50_000) offsets.clear();
  offsets.set(key, offset);
  return offset;
}

// The zone's clock as if it were UTC's, in seconds: what lightweight-charts draws.
export const clock_seconds = (zone: string, time: string): number => {
  const millis = Date.parse(time);
  return Math.floor(millis / 1_000) + offset_seconds(zone, millis);
};

export const date_in = (zone: string, time: string): string =>
  new Date(clock_seconds(zone, time) * 1_000).toISOString().slice(0, 10);

// Whether [from, until) touches that day of the zone.
export function touches_day(zone: string, from: string, until: string, date: string): boolean {
  const last = new Date(Date.parse(until) - 1).toISOString();
  return date_in(zone, from) <= date && date_in(zone, last) >= date;
}
