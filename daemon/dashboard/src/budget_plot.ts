// How much of the budget was taken, over the last quarter of an hour that this page has seen.
import uPlot from 'uplot';

import { el } from './dom.js';
import { colour, on_theme } from './theme.js';

const seconds_max = 15 * 60;

export class BudgetPlot {
  readonly element: HTMLElement;
  private readonly at: number[] = [];
  private readonly taken: number[] = [];
  private readonly limit: number[] = [];
  private plot: uPlot | null = null;
  private drawn = 0;

  constructor(name: string) {
    this.element = el('div', { class: 'plot small', role: 'img', 'aria-label': `budget of ${name} taken, over time` });
    new ResizeObserver(() => this.fit()).observe(this.element);
    on_theme(() => this.renew());
  }

  add(now: number, taken: number, limit: number): void {
    const seconds = now / 1_000;
    if (seconds - (this.at[this.at.length - 1] ?? 0) < 0.5) return;
    this.at.push(seconds);
    this.taken.push(taken);
    this.limit.push(limit);
    while (this.at.length > 0 && seconds - this.at[0]! > seconds_max) {
      this.at.shift();
      this.taken.shift();
      this.limit.shift();
    }
    const most = Math.max(...this.taken);
    this.element.setAttribute('aria-label', `budget taken over time: now ${taken}, at most ${most} of ${limit}`);
    if (seconds - this.drawn < 0.9 || this.element.clientWidth === 0) return;
    this.drawn = seconds;
    if (this.plot) this.plot.setData(this.data());
    else this.renew();
  }

  private data(): uPlot.AlignedData {
    return [this.at, this.taken, this.limit];
  }

  private fit(): void {
    const width = this.element.clientWidth;
    if (width > 0 && this.plot) this.plot.setSize({ width, height: 72 });
    else if (width > 0 && this.at.length > 0) this.renew();
  }

  private renew(): void {
    this.plot?.destroy();
    this.plot = null;
    const width = this.element.clientWidth;
    if (width === 0) return;
    const axis = { stroke: colour('--ink-quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
    const font = '11px system-ui, sans-serif';
    this.plot = new uPlot(
      {
        width,
        height: 72,
        legend: { show: false },
        cursor: { show: false },
        padding: [6, 4, 0, 0],
        scales: { x: { range: (_, min, max) => [Math.min(min, max - 120), max] }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
        axes: [
          { ...axis, font, size: 20, values: (_, values) => values.map((value) => clock(value)), space: 60 },
          { ...axis, font, size: 36, space: 24 },
        ],
        series: [
          {},
          { stroke: colour('--accent'), width: 1.5, fill: colour('--accent-soft'), points: { show: false } },
          { stroke: colour('--ink-quiet'), width: 1, dash: [4, 3], points: { show: false } },
        ],
      },
      this.data(),
      this.element,
    );
  }
}

const clock = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(11, 16);
