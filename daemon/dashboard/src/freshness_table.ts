// How fresh the bars of each job are, in words.
import { get } from './api.js';
import { trouble } from './dialogs.js';
import { el, Keyed, show, table, text } from './dom.js';
import { count, counted, lag_words, utc } from './format.js';
import type { Freshness, Page } from './types.js';
import { Repeated } from './view.js';

function words_of(item: Freshness): string {
  if (item.series === 0) return 'no series yet';
  if (item.late_series === 0) return '✓ all series are fresh';
  if (item.late_series === item.series) return `▲ all ${counted(item.series, 'series', 'series')} are late`;
  return `▲ ${counted(item.late_series, 'series', 'series')} of ${count(item.series)} ${item.late_series === 1 ? 'is' : 'are'} late`;
}

function create_row(first: Freshness): { element: HTMLElement; update: (item: Freshness) => void } {
  const [state, lag, expected, covered] = [el('td'), el('td'), el('td'), el('td')];
  const element = el('tr', {}, el('th', { scope: 'row' }, first.job), state, lag, expected, covered);
  const update = (item: Freshness): void => {
    text(state, words_of(item));
    state.className = item.late_series > 0 ? 'bad' : '';
    text(lag, item.series === 0 ? '' : lag_words(item.lag_seconds));
    text(expected, utc(item.expected_through));
    text(covered, utc(item.covered_through));
  };
  return { element, update };
}

export class FreshnessTable {
  readonly element: HTMLElement;
  private readonly rows: HTMLElement;
  private readonly empty = el('p', { class: 'empty' }, 'No job has a schedule and series yet: nothing is expected.');
  private readonly body = el('tbody');
  private readonly trouble = trouble();
  private readonly keyed = new Keyed<Freshness>(this.body, (item) => item.job, create_row);
  private readonly refresh = new Repeated(() => this.load(), 15_000);

  constructor() {
    this.rows = table('Freshness by job', ['Job', 'State', 'Behind', 'Should be there through', 'All of it is there through'], this.body);
    this.element = el('div', {}, this.trouble.element, this.empty, this.rows);
    show(this.rows, false);
    show(this.empty, false);
  }

  start(): void {
    this.refresh.start();
  }

  stop(): void {
    this.refresh.stop();
  }

  private async load(): Promise<void> {
    try {
      const { items } = await get<Page<Freshness>>('freshness', { limit: 1_000 });
      this.keyed.show(items);
      show(this.rows, items.length > 0);
      show(this.empty, items.length === 0);
      this.trouble.clear();
    } catch (error) {
      this.trouble.show(error);
    }
  }
}
