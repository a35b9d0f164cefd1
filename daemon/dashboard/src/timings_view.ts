// "Timings": where the time of the batches went, stacked over time, and the last batches.
import uPlot from 'uplot';

import { get } from './api.js';
import { trouble } from './dialogs.js';
import { cells, el, show, table, text } from './dom.js';
import { count, counted, duration, milliseconds, utc } from './format.js';
import { stacked, sum_phases, type PhaseSums } from './phase_sums.js';
import { colour, on_theme } from './theme.js';
import { phases, type Batch, type Live, type Page } from './types.js';
import { Repeated, type View } from './view.js';
import { phase_words } from './words.js';

const height = 300;

export class TimingsView implements View {
  readonly element: HTMLElement;
  private readonly job = el('select', { id: 'timings-job' }, el('option', { value: '' }, 'all jobs'));
  private readonly trouble = trouble();
  private readonly figure = el('div', { class: 'plot', role: 'img', 'aria-label': 'busy time by phase over time' });
  private readonly readout = el('p', { class: 'readout quiet' });
  private readonly phase_rows = el('tbody');
  private readonly batch_rows = el('tbody');
  private readonly empty = el('p', { class: 'empty' }, 'No batch has ended yet.');
  private readonly content: HTMLElement;
  private readonly refresh = new Repeated(() => this.load(), 10_000);
  private plot: uPlot | null = null;
  private sums: PhaseSums = sum_phases([], 1);

  constructor() {
    this.content = el(
      'div',
      {},
      this.figure,
      this.readout,
      table('Busy time by phase', ['Phase', 'Is', '#Busy time', '#Share'], this.phase_rows),
      el('h3', {}, 'The last batches'),
      table('The last batches', ['Started', 'Job', 'Outcome', '#Took', '#Requests', '#Bars', '#New', '#Changed', '#Rejected'], this.batch_rows),
    );
    this.element = el(
      'div',
      { class: 'view' },
      el('section', { 'aria-labelledby': 'timings-title' },
        el('div', { class: 'row between' }, el('h2', { id: 'timings-title' }, 'Where the time goes'),
          el('div', { class: 'row' }, el('label', { for: 'timings-job' }, 'Job'), this.job)),
        this.trouble.element, this.empty, this.content),
    );
    this.job.addEventListener('change', () => this.refresh.now());
    new ResizeObserver(() => this.plot?.setSize({ width: this.figure.clientWidth || 300, height })).observe(this.figure);
    on_theme(() => this.draw());
  }

  shown(): void {
    this.refresh.start();
  }

  hidden(): void {
    this.refresh.stop();
  }

  live(live: Live): void {
    const names = live.jobs.map((job) => job.name);
    const known = [...this.job.options].slice(1).map((option) => option.value);
    if (names.join('\n') === known.join('\n')) return;
    const chosen = this.job.value;
    this.job.replaceChildren(this.job.options[0]!, ...names.map((name) => el('option', { value: name }, name)));
    this.job.value = names.includes(chosen) ? chosen : '';
  }

  private async load(): Promise<void> {
    try {
      const page = await get<Page<Batch>>('batches', { limit: 1_000, job: this.job.value });
      this.trouble.clear();
      show(this.empty, page.items.length === 0);
      show(this.content, page.items.length > 0);
      this.sums = sum_phases(page.items, 80);
      this.draw();
      this.fill(page.items);
    } catch (error) {
      this.trouble.show(error);
    }
  }

  private fill(batches: Batch[]): void {
    const totals = phases.map((phase) => this.sums.sums[phase].reduce((a, b) => a + b, 0));
    const all = totals.reduce((a, b) => a + b, 0);
    this.phase_rows.replaceChildren(
      ...phases.map((phase, index) => {
        const share = all > 0 ? (100 * totals[index]!) / all : 0;
        return el('tr', {},
          el('th', { scope: 'row' }, el('span', { class: `swatch phase-${phase}`, 'aria-hidden': 'true' }), phase),
          el('td', { class: 'quiet' }, phase_words[phase]),
          el('td', { class: 'number' }, milliseconds(totals[index]! * 1_000)),
          el('td', { class: 'number' }, `${share.toFixed(1)} %`));
      }),
    );
    const [first] = this.sums.starts;
    const longest = totals.indexOf(Math.max(...totals));
    text(this.readout, first === undefined ? '' :
      `Busy time of ${counted(batches.length, 'batch', 'batches')} since ${utc(new Date(first * 1_000).toISOString())}, summed over ` +
      `requests and loads; a bar is ${duration(this.sums.span_seconds)}. Most of it is ${phase_words[phases[longest]!]}.`);
    this.figure.setAttribute('aria-label', `busy time by phase over time; the table below has the numbers. ${this.readout.textContent}`);
    this.batch_rows.replaceChildren(
      ...batches.slice(0, 15).map((batch) => {
        const row = cells(utc(batch.started_at), `${batch.job}`, batch.outcome, milliseconds(batch.milliseconds), count(batch.requests),
          count(batch.bars), count(batch.inserted), count(batch.changed), count(batch.rejected));
        for (const cell of [...row.cells].slice(3)) cell.className = 'number';
        if (batch.outcome === 'failed' || batch.outcome === 'partial') row.cells[2]!.className = 'bad';
        return row;
      }),
    );
  }

  private draw(): void {
    this.plot?.destroy();
    this.plot = null;
    const { starts, span_seconds } = this.sums;
    const width = this.figure.clientWidth;
    if (starts.length === 0 || width === 0) return;
    // The highest stack first, so that those below are drawn over it.
    const stacks = stacked(this.sums).reverse();
    const names = [...phases].reverse();
    const axis = {
      stroke: colour('--ink-quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false },
      font: '12px system-ui, sans-serif',
    };
    const bars = uPlot.paths.bars!({ size: [0.85, 40], align: 1 });
    this.plot = new uPlot(
      {
        width,
        height,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'UTC'),
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: () => [starts[0]!, starts[starts.length - 1]! + span_seconds] },
          y: { range: (_, __, max) => [0, Math.max(0.001, max * 1.05)] },
        },
        axes: [{ ...axis, space: 90, values: (_, values) => x_words(values) }, { ...axis, size: 64, values: (_, values) => values.map((value) => (value === 0 ? '0' : milliseconds(value * 1_000))) }],
        series: [{}, ...names.map((phase) => ({ fill: colour(`--phase-${phase}`), width: 0, paths: bars, points: { show: false } }))],
      },
      [starts, ...stacks] as uPlot.AlignedData,
      this.figure,
    );
  }
}

// Clock times, with seconds where minutes do not tell them apart, and the day where it begins or first is seen. UTC.
function x_words(seconds: readonly number[]): string[] {
  const length = seconds.some((value) => value % 60 !== 0) ? 19 : 16;
  return seconds.map((value, index) => {
    const text = new Date(value * 1_000).toISOString();
    const before = seconds[index - 1];
    const same_day = before !== undefined && new Date(before * 1_000).toISOString().slice(0, 10) === text.slice(0, 10);
    const clock = text.slice(11, length);
    if (same_day) return clock;
    return clock === '00:00' ? text.slice(0, 10) : `${clock}\n${text.slice(0, 10)}`;
  });
}
