// What people have asked for: how far it is; cancel and once more.
import { cancel, get, retry } from './api.js';
import { change_button, trouble } from './dialogs.js';
import { attribute, el, Keyed, show, table, text } from './dom.js';
import { count, counted, percent, relative, utc } from './format.js';
import type { Backfill, Page } from './types.js';
import { Repeated } from './view.js';

const shown_max = 12;
const is_open = (request: Backfill): boolean => request.state === 'queued' || request.state === 'running';

const state_words: Record<Backfill['state'], string> = {
  queued: '○ queued', running: '▶ running', done: '✓ done', failed: '▲ failed', cancelled: '■ cancelled',
};

function symbols_words(symbols: string[]): string {
  if (symbols.length === 0) return 'all symbols';
  const first = symbols.slice(0, 3).join(', ');
  return symbols.length > 3 ? `${first} and ${count(symbols.length - 3)} more` : first;
}

function create_row(first: Backfill, changed: () => void): { element: HTMLElement; update: (request: Backfill) => void } {
  const id = first.request_id;
  const state = el('td');
  const bar = el('progress', { max: 100, 'aria-label': `request ${id}` });
  const done = el('span', { class: 'nowrap' });
  const bars = el('td', { class: 'number' });
  const asked = el('td');
  const stop = change_button('Cancel', `Cancel request ${id}`, () => cancel(id), () => `candled cancel ${id}`,
    () => `Request ${id} is cancelled. What is committed stays.`, changed);
  const again = change_button('Once more', `Do request ${id} once more`, () => retry(id), () => `candled retry ${id}`,
    () => `Request ${id} is asked for once more.`, changed);
  const element = el(
    'tr',
    { 'data-request': id },
    el('th', { scope: 'row' }, `${id}`),
    el('td', {}, `${first.kind} ${first.job}: ${symbols_words(first.symbols)}`,
      el('div', { class: 'quiet' }, `${utc(first.from)} to ${utc(first.until)}`)),
    state,
    el('td', {}, el('div', { class: 'row progress' }, bar, done)),
    bars, asked,
    el('td', { class: 'actions' }, stop, again),
  );
  const update = (request: Backfill): void => {
    const detail = request.detail ? `: ${request.detail}` : '';
    text(state, `${request.cancel_asked && is_open(request) ? '■ being cancelled' : state_words[request.state]}${detail}`);
    attribute(element, 'data-state', request.state);
    show(bar, request.windows > 0);
    bar.value = percent(request.windows_done, request.windows);
    attribute(bar, 'aria-valuetext', `${count(request.windows_done)} of ${counted(request.windows, 'window')}`);
    text(done, request.windows > 0 ? `${count(request.windows_done)} of ${count(request.windows)}` : '');
    text(bars, count(request.bars));
    text(asked, relative(request.requested_at, Date.now()));
    show(stop, is_open(request) && !request.cancel_asked);
    show(again, request.state === 'failed' || request.state === 'cancelled');
  };
  return { element, update };
}

export class BackfillsTable {
  readonly element: HTMLElement;
  private readonly body = el('tbody');
  private readonly trouble = trouble();
  private readonly empty = el('p', { class: 'empty' },
    'Nothing has been asked for. Coverage offers to repair holes; “candled backfill --detach” asks for a range.');
  private readonly rows: HTMLElement;
  private readonly more = el('p', { class: 'quiet' });
  private readonly keyed: Keyed<Backfill>;
  private readonly refresh = new Repeated(() => this.load(), 15_000);

  constructor() {
    this.keyed = new Keyed<Backfill>(this.body, (request) => String(request.request_id),
      (request) => create_row(request, () => this.refresh.now()));
    this.rows = table('Requests of people', ['Request', 'What', 'State', 'Windows done', '#Bars', 'Asked for', '#Action'], this.body);
    this.element = el('div', {}, this.trouble.element, this.empty, this.rows, this.more);
    show(this.rows, false);
  }

  start(): void {
    this.refresh.start();
  }

  stop(): void {
    this.refresh.stop();
  }

  now(): void {
    this.refresh.now();
  }

  private async load(): Promise<void> {
    try {
      const page = await get<Page<Backfill>>('backfills', { limit: shown_max });
      this.trouble.clear();
      this.keyed.show(page.items);
      show(this.empty, page.items.length === 0);
      show(this.rows, page.items.length > 0);
      text(this.more, page.total > shown_max ? `The newest ${shown_max} of ${count(page.total)}.` : '');
      this.refresh.pace(page.items.some(is_open) ? 1_500 : 15_000);
    } catch (error) {
      this.trouble.show(error);
      this.refresh.pace(5_000);
    }
  }
}
