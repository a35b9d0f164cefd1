// The parts of the page that need no browser: CANDLED_DASHBOARD_LOGIC is the folder that they were compiled into.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const load = (name) => import(`${process.env.CANDLED_DASHBOARD_LOGIC}/${name}.js`);
const { backoff_ms } = await load('backoff');
const format = await load('format');
const heat = await load('heat_geometry');
const { PageCache } = await load('page_cache');
const { stacked, sum_phases } = await load('phase_sums');
const { reason_state, state_of, states } = await load('words');
const zone = await load('zone');

const noon = Date.parse('2026-11-23T12:00:00Z');

test('a duration is told by its two largest units', () => {
  assert.equal(format.duration(0), '0 s');
  assert.equal(format.duration(45.4), '45 s');
  assert.equal(format.duration(200), '3 min 20 s');
  assert.equal(format.duration(7_200), '2 h');
  assert.equal(format.duration(7_230), '2 h');
  assert.equal(format.duration(277_300), '3 d 5 h');
  assert.equal(format.duration(-5), '0 s');
});

test('a time is told from now', () => {
  assert.equal(format.relative('2026-11-23T12:03:20Z', noon), 'in 3 min 20 s');
  assert.equal(format.relative('2026-11-23T10:00:00Z', noon), '2 h ago');
  assert.equal(format.relative('2026-11-23T12:00:01Z', noon), 'now');
  assert.equal(format.relative('infinity', noon), '');
});

test('an ETA is a span, or one time where both ends are near', () => {
  assert.equal(format.eta_words(null, null, noon), '');
  assert.equal(format.eta_words('2026-11-23T12:03:00Z', '2026-11-23T12:05:10Z', noon), 'in 3 min to 5 min 10 s');
  assert.equal(format.eta_words('2026-11-23T12:59:00Z', '2026-11-23T13:00:00Z', noon), 'in about 1 h');
  assert.equal(format.eta_words('2026-11-23T11:59:00Z', '2026-11-23T11:59:30Z', noon), 'any moment now');
  assert.equal(format.eta_words(null, '2026-11-23T12:02:00Z', noon), 'in about 2 min');
});

test('numbers are grouped and shares are never more than all', () => {
  assert.equal(format.count(1234567), '1,234,567');
  assert.equal(format.counted(1, 'window'), '1 window');
  assert.equal(format.counted(1_000, 'batch', 'batches'), '1,000 batches');
  assert.equal(format.percent(3, 4), 75);
  assert.equal(format.percent(5, 4), 100);
  assert.equal(format.percent(0, 0), 0);
  assert.equal(format.percent(999, 1_000), 99);
});

test('times are UTC and days have their weekday', () => {
  assert.equal(format.utc('2024-03-04T14:31:05.123Z'), '2024-03-04 14:31:05 UTC');
  assert.equal(format.utc('2024-03-04T14:31:00Z'), '2024-03-04 14:31 UTC');
  assert.equal(format.utc(null), 'never');
  assert.equal(format.utc('infinity'), 'infinity');
  assert.equal(format.day('2024-03-04'), 'Mon 2024-03-04');
  assert.equal(format.month('2024-03-04'), 'Mar 2024');
  assert.equal(format.shift_date('2024-02-28', 2), '2024-03-01');
});

test('a lost connection is tried again soon, then rarely, never in step', () => {
  assert.equal(backoff_ms(0, 1), 500);
  assert.equal(backoff_ms(0, 0), 250);
  assert.equal(backoff_ms(3, 1), 4_000);
  assert.equal(backoff_ms(5, 1), 15_000);
  assert.equal(backoff_ms(10_000, 1), 15_000);
  assert.equal(backoff_ms(10_000, 0), 7_500);
});

test('a page that is missing comes before one that is old, and none is asked for twice', () => {
  const cache = new PageCache(10);
  assert.deepEqual(cache.wanted(0, 25), [0, 1, 2]);
  cache.ask(0);
  assert.deepEqual(cache.wanted(0, 25), [1, 2]);
  cache.put(0, ['a', 'b'], 12);
  assert.equal(cache.at(1), 'b');
  assert.equal(cache.at(10), undefined);
  assert.deepEqual(cache.wanted(0, 25), [1], 'there are only twelve');
  cache.grow_old();
  assert.deepEqual(cache.wanted(0, 25), [1, 0]);
  assert.equal(cache.at(1), 'b', 'what is old is shown until it is new');
});

test('the pages that were looked at last are kept', () => {
  const cache = new PageCache(1, 2);
  cache.put(0, ['zero'], 5);
  cache.put(1, ['one'], 5);
  cache.wanted(0, 0);
  cache.put(2, ['two'], 5);
  assert.equal(cache.at(0), 'zero');
  assert.equal(cache.at(1), undefined);
  assert.equal(cache.at(2), 'two');
});

test('a page that could not be had is asked for again', () => {
  const cache = new PageCache(10);
  cache.ask(0);
  assert.deepEqual(cache.wanted(0, 5), []);
  cache.fail(0);
  assert.deepEqual(cache.wanted(0, 5), [0]);
});

test('a point of the heat map is a cell, a label, or nothing', () => {
  const size = { width: 10, height: 20 };
  const extent = { rows: 3, columns: 4 };
  const [left, top] = [heat.label_width, heat.head_height];
  assert.deepEqual(heat.cell_at(size, extent, left, top, 0, 0), { row: 0, column: 0 });
  assert.deepEqual(heat.cell_at(size, extent, left + 15, top + 25, 0, 0), { row: 1, column: 1 });
  assert.deepEqual(heat.cell_at(size, extent, left + 15, top + 5, 20, 40), { row: 2, column: 3 });
  assert.equal(heat.cell_at(size, extent, left - 1, top + 5, 0, 0), null);
  assert.equal(heat.cell_at(size, extent, left + 5, top - 1, 0, 0), null);
  assert.equal(heat.cell_at(size, extent, left + 40, top + 5, 0, 0), null);
});

test('keys move the cursor and stop at the edges', () => {
  const extent = { rows: 10_000, columns: 60 };
  const at = { row: 5, column: 59 };
  assert.deepEqual(heat.moved('ArrowRight', false, at, extent, 20), { row: 5, column: 59 });
  assert.deepEqual(heat.moved('ArrowLeft', false, at, extent, 20), { row: 5, column: 58 });
  assert.deepEqual(heat.moved('PageUp', false, at, extent, 20), { row: 0, column: 59 });
  assert.deepEqual(heat.moved('PageDown', false, at, extent, 20), { row: 25, column: 59 });
  assert.deepEqual(heat.moved('Home', false, at, extent, 20), { row: 5, column: 0 });
  assert.deepEqual(heat.moved('End', true, at, extent, 20), { row: 9_999, column: 59 });
  assert.equal(heat.moved('a', false, at, extent, 20), null);
});

test('only rows that are seen are drawn, and the cursor is scrolled to', () => {
  assert.deepEqual(heat.seen(0, 100, 20, 10_000), [0, 4]);
  assert.deepEqual(heat.seen(50, 100, 20, 10_000), [2, 7]);
  assert.deepEqual(heat.seen(0, 100, 20, 0), [0, 0]);
  assert.equal(heat.scrolled_to(0, 20, 50, 100), 0);
  assert.equal(heat.scrolled_to(20, 20, 50, 100), 320);
  assert.equal(heat.scrolled_to(4, 20, 50, 100), 50);
});

test('phases are summed over spans of time and stacked', () => {
  const phases = (wait, fetch) => ({ plan: 0, wait, fetch, parse: 0, validate: 0, merge: 0, copy: 0, commit: 0 });
  const batch = (started_at, wait, fetch) => ({ started_at, phases: phases(wait, fetch) });
  const sums = sum_phases([batch('2026-11-23T12:00:14Z', 1_000, 2_000), batch('2026-11-23T12:00:01Z', 500, 0),
    batch('2026-11-23T12:00:02Z', 500, 250)], 10);
  assert.equal(sums.span_seconds, 10);
  assert.deepEqual(sums.starts, [noon / 1_000, noon / 1_000 + 10]);
  assert.deepEqual(sums.sums.wait, [1, 1]);
  assert.deepEqual(sums.sums.fetch, [0.25, 2]);
  assert.deepEqual(sums.batches, [2, 1]);
  assert.deepEqual(stacked(sums).slice(0, 3), [[0, 0], [1, 1], [1.25, 3]]);
  assert.deepEqual(sum_phases([], 10).starts, []);
});

test('a year of batches is few bars', () => {
  const batch = (started_at) => ({ started_at, phases: {} });
  const sums = sum_phases([batch('2025-11-23T12:00:00Z'), batch('2026-11-23T12:00:00Z')], 80);
  assert.ok(sums.starts.length <= 80, `${sums.starts.length} bars`);
});

test('each state has words, a mark where it is a hole, and an own letter', () => {
  assert.equal(new Set(states.map((state) => state.letter)).size, states.length);
  for (const state of states) {
    assert.ok(state.name && state.means && state.do, state.letter);
    if (state.hole) assert.ok(state.mark, `${state.name} is told by its colour alone`);
  }
  assert.equal(state_of('f').name, 'fetch failed');
  assert.equal(state_of('Q').name, 'unknown');
  assert.equal(state_of(undefined).name, 'loading');
  assert.equal(reason_state('horizon').letter, 'h');
});

test('a gap touches days of the calendar\'s zone', () => {
  const new_york = zone.zone_of('XNYS');
  const gap = ['2024-03-04T09:00:00Z', '2024-03-05T01:00:00Z']; // Monday 04:00 to 20:00 there
  assert.equal(zone.touches_day(new_york, ...gap, '2024-03-04'), true);
  assert.equal(zone.touches_day(new_york, ...gap, '2024-03-05'), false);
  assert.equal(zone.touches_day('UTC', ...gap, '2024-03-05'), true);
  assert.equal(zone.touches_day(new_york, '2024-03-04T05:00:00Z', '2024-03-05T05:00:00Z', '2024-03-05'), false);
  assert.equal(zone.date_in(new_york, '2024-07-05T03:30:00Z'), '2024-07-04', 'summer time');
});
