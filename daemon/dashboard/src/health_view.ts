// "Health": each part, what it means and what to do; what is missing by reason; what went wrong last.
import { get } from './api.js';
import { trouble } from './dialogs.js';
import { el, Keyed, show, table, text } from './dom.js';
import { count, duration, relative, utc } from './format.js';
import type { Batch, Component, Gap, Live, Page } from './types.js';
import { Repeated, type View } from './view.js';
import { gap_reasons, reason_state } from './words.js';

interface Shown {
  component: Component;
  now: number;
}

export const state_mark: Record<string, string> = { ok: '✓ ok', degraded: '▲ degraded', down: '✕ down' };
export const state_class: Record<string, string> = { ok: 'good', degraded: 'warn', down: 'bad' };

function create_component({ component: first }: Shown): { element: HTMLElement; update: (shown: Shown) => void } {
  const pill = el('span', { class: 'pill' });
  const [reason, means, todo, times] = [el('span', { class: 'quiet' }), el('td'), el('td'), el('td', { class: 'quiet' })];
  const element = el('tr', {}, el('th', { scope: 'row' }, first.name), el('td', {}, pill, ' ', reason), means, todo, times);
  const update = ({ component, now }: Shown): void => {
    pill.className = `pill ${state_class[component.state] ?? ''}`;
    text(pill, state_mark[component.state] ?? component.state);
    text(reason, component.reason === 'ok' ? '' : component.reason.replaceAll('_', ' '));
    text(means, component.means);
    text(todo, component.do);
    const since = `for ${duration((now - Date.parse(component.since)) / 1_000)}`;
    const next = component.next_try ? `; next try ${relative(component.next_try, now)}` : '';
    const last = component.state !== 'ok' && component.last_ok ? `; last ok ${utc(component.last_ok)}` : '';
    text(times, since + next + last);
  };
  return { element, update };
}

export class HealthView implements View {
  readonly element: HTMLElement;
  private readonly components = el('tbody');
  private readonly keyed = new Keyed<Shown>(this.components, (shown) => shown.component.name, create_component);
  private readonly about = el('p', { class: 'quiet' });
  private readonly missing = el('tbody');
  private readonly missing_table: HTMLElement;
  private readonly missing_none = el('p', { class: 'empty' }, '✓ Nothing that is wanted is missing.');
  private readonly batches = el('tbody');
  private readonly batches_table: HTMLElement;
  private readonly batches_none = el('p', { class: 'empty' }, '✓ No batch failed.');
  private readonly trouble = trouble();
  private readonly refresh = new Repeated(() => this.load(), 30_000);

  constructor() {
    this.missing_table = table('What is missing', ['Reason', '#Gaps', 'Means', 'Do', 'One of them'], this.missing);
    this.batches_table = table('Batches that failed', ['Started', 'Job', 'Outcome', '#Symbols', '#Requests', '#Bars'], this.batches);
    this.element = el(
      'div',
      { class: 'view' },
      el('section', { 'aria-labelledby': 'health-parts' }, el('h2', { id: 'health-parts' }, 'Parts'), this.about,
        table('Parts of the daemon', ['Part', 'State', 'Means', 'Do', 'Since'], this.components)),
      this.trouble.element,
      el('section', { 'aria-labelledby': 'health-missing' }, el('h2', { id: 'health-missing' }, 'What is missing'),
        this.missing_none, this.missing_table),
      el('section', { 'aria-labelledby': 'health-batches' }, el('h2', { id: 'health-batches' }, 'Batches that went wrong last'),
        this.batches_none, this.batches_table),
    );
    for (const hidden of [this.missing_none, this.missing_table, this.batches_none, this.batches_table]) show(hidden, false);
  }

  shown(): void {
    this.refresh.start();
  }

  hidden(): void {
    this.refresh.stop();
  }

  live(live: Live): void {
    const now = Date.parse(live.at);
    text(this.about, `candled ${live.version}, started ${relative(live.started_at, now)} (${utc(live.started_at)}).`);
    this.keyed.show(live.health.components.map((component) => ({ component, now })));
  }

  private async load(): Promise<void> {
    try {
      // One after the other: the daemon asks its database so, too.
      const found: { reason: string; total: number; gap: Gap }[] = [];
      for (const reason of gap_reasons) {
        const page = await get<Page<Gap>>('gaps', { reason, limit: 1 });
        if (page.items[0]) found.push({ reason, total: page.total, gap: page.items[0] });
      }
      const bad: Batch[] = [];
      for (const outcome of ['failed', 'partial'])
        bad.push(...(await get<Page<Batch>>('batches', { outcome, limit: 8 })).items);
      bad.sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
      this.trouble.clear();
      this.fill(found, bad.slice(0, 8));
    } catch (error) {
      this.trouble.show(error);
    }
  }

  private fill(found: { reason: string; total: number; gap: Gap }[], bad: Batch[]): void {
    this.missing.replaceChildren(
      ...found.map(({ reason, total, gap }) => {
        const words = reason_state(reason);
        const detail = gap.detail ? `: ${gap.detail}` : '';
        return el('tr', {}, el('th', { scope: 'row' }, words.name), el('td', { class: 'number' }, count(total)),
          el('td', {}, words.means), el('td', {}, words.do),
          el('td', { class: 'quiet' }, `${gap.ticker} ${gap.timeframe}, ${utc(gap.from)} to ${utc(gap.until)}${detail}`));
      }),
    );
    show(this.missing_table, found.length > 0);
    show(this.missing_none, found.length === 0);
    this.batches.replaceChildren(
      ...bad.map((batch) => el('tr', {}, el('td', {}, utc(batch.started_at)), el('td', {}, batch.job),
        el('td', { class: 'bad' }, batch.outcome), el('td', { class: 'number' }, count(batch.symbols)),
        el('td', { class: 'number' }, count(batch.requests)), el('td', { class: 'number' }, count(batch.bars)))),
    );
    show(this.batches_table, bad.length > 0);
    show(this.batches_none, bad.length === 0);
  }
}
