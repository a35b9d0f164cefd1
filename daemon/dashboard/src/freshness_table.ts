// How fresh the bars of each job are, in words.
import { get } from './api.js';
import { trouble } from './dialogs.js';
import { el, Keyed, table, text } from './dom.js';
import { count, counted, lag_words, utc } from './format.js';
import type { Freshness } from './types.js';
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
    text(expected, item.expected_through ? utc(item.expected_through) : 'nothing yet');
    text(covered, item.covered_through ? utc(item.covered_through) : 'nothing yet');
  };
  return { element, update };
}

export class FreshnessTable {
  readonly element: HTMLElement;
  private readonly body = el('tbody');
  private readonly trouble = trouble();
  private readonly keyed = new Keyed<Freshness>(this.body, (item) => item.job, create_row);
  private readonly refresh = new Repeated(() => this.load(), 15_000);

  constructor() {
    this.element = el('div', {}, this.trouble.element,
      table('Freshness by job', ['Job', 'State', 'Behind', 'Should be there through', 'Is there through'], this.body));
  }

  start(): void {
    this.refresh.start();
  }

  stop(): void {
    this.refresh.stop();
  }

  private async load(): Promise<void> {
    try {
      this.keyed.show((await get<{ items: Freshness[] }>('freshness')).items);
      this.trouble.clear();
    } catch (error) {
      this.trouble.show(error);
    }
  }
}
