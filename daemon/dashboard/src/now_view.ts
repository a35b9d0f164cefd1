// "Now": what runs, the budget, what people asked for, how fresh it all is.
import { reset_counters } from './api.js';
import { BackfillsTable } from './backfills_table.js';
import { change_button } from './dialogs.js';
import { el } from './dom.js';
import { FreshnessTable } from './freshness_table.js';
import { JobsTable } from './jobs_table.js';
import { ProviderCards } from './providers_cards.js';
import type { Live } from './types.js';
import type { View } from './view.js';

const section = (id: string, title: string, ...content: Node[]): HTMLElement =>
  el('section', { 'aria-labelledby': id }, el('h2', { id }, title), ...content);

export class NowView implements View {
  readonly element: HTMLElement;
  private readonly jobs = new JobsTable(() => this.backfills.now());
  private readonly providers = new ProviderCards();
  private readonly backfills = new BackfillsTable();
  private readonly freshness = new FreshnessTable();
  private readonly reset = change_button('Count from zero', 'Count the requests from zero', reset_counters,
    () => 'systemctl restart candled', () => 'Requests are counted from zero. Prometheus\' counters go on.');
  private lanes = '';

  constructor() {
    this.element = el(
      'div',
      { class: 'view' },
      section('now-jobs', 'Jobs', this.jobs.element),
      section('now-requests', 'Asked for by people', this.backfills.element),
      section('now-providers', 'Providers', this.providers.element, el('p', { class: 'row quiet' },
        'Requests are counted since the daemon\'s start, or since this:', this.reset)),
      section('now-freshness', 'Freshness', this.freshness.element),
    );
  }

  shown(): void {
    this.backfills.start();
    this.freshness.start();
  }

  hidden(): void {
    this.backfills.stop();
    this.freshness.stop();
  }

  live(live: Live): void {
    const now = Date.parse(live.at);
    this.jobs.show(live, now);
    this.providers.show(live, now);
    this.backfills.live(live, now);
    // A lane that has begun or ended something: a request may have, too.
    const lanes = live.progress.map((lane) => `${lane.job}/${lane.lane}/${lane.stage === 'idle'}`).join();
    if (lanes !== this.lanes && !this.element.hidden) this.backfills.now();
    this.lanes = lanes;
  }
}
