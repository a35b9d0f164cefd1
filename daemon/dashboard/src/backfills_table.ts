// What people have asked for: how far it is; cancel and once more.
import { cancel, get, retry } from './api.js';
import { change_button, trouble } from './dialogs.js';
import { attribute, el, Keyed, show, table, text } from './dom.js';
import { count, counted, eta_words, percent, relative, utc } from './format.js';
import type { Backfill, Live, Page, Progress } from './types.js';
import { Repeated } from './view.js';
import { stage_words } from './words.js';

const shown_max = 12;
// Under which name the daemon tells what a running request does.
const progress_name = (request: Backfill): string => `request ${request.request_id}`;
const is_open = (request: Backfill): boolean => request.state === 'queued' || request.state === 'running';

const state_words: Record<Backfill['state'], string> = {
  queued: '○ queued', running: '▶ running', done: '✓ done', failed: '▲ failed', cancelled: '■ cancelled',
};

function symbols_words(symbols: string[]): string {
  if (symbols.length === 0) return 'all symbols';
  const first = symbols.slice(0, 3).join(', ');
  return symbols.length > 3 ? `${first} and ${count(symbols.length - 3)} more` : first;
}

interface Row {
  request: Backfill;
  doing: Progress | undefined; // while it runs: newer than what the database knows
  now: number;
}

function create_row({ request: first }: Row, changed: () => void): { element: HTMLElement; update: (row: Row) => void } {
  const id = first.request_id;
  const state = el('td');
  const bar = el('progress', { max: 100, 'aria-label': `request ${id}` });
  const done = el('span', { class: 'nowrap' });
  const eta = el('td');
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
      el('div', { class: 'quiet nowrap' }, `${utc(first.from)} to ${utc(first.until)}`)),
    state,
    el('td', {}, el('div', { class: 'row progress' }, bar, done)),
    eta, bars, asked,
    el('td', { class: 'actions' }, stop, again),
  );
  const update = ({ request, doing, now }: Row): void => {
    const words = doing && request.state === 'running' ? `▶ ${stage_words[doing.stage] ?? doing.stage}` : state_words[request.state];
    const detail = doing?.detail || request.detail;
    text(state, `${request.cancel_asked && is_open(request) ? '■ being cancelled' : words}${detail ? `: ${detail}` : ''}`);
    attribute(element, 'data-state', request.state);
    const windows = Math.max(request.windows, doing?.windows ?? 0);
    const windows_done = Math.max(request.windows_done, doing?.windows_done ?? 0);
    show(bar, windows > 0);
    bar.value = percent(windows_done, windows);
    attribute(bar, 'aria-valuetext', `${count(windows_done)} of ${counted(windows, 'window')}`);
    text(done, windows > 0 ? `${count(windows_done)} of ${count(windows)}` : '');
    attribute(done, 'data-windows-done', String(windows_done));
    text(eta, doing && is_open(request) ? eta_words(doing.eta_from, doing.eta_until, now) : '');
    text(bars, count(Math.max(request.bars, doing?.bars ?? 0)));
    text(asked, relative(request.requested_at, now));
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
  private readonly keyed: Keyed<Row>;
  private requests: Backfill[] = [];
  private doing = new Map<string, Progress>();
  private now_is = Date.now();
  private readonly refresh = new Repeated(() => this.load(), 15_000);

  constructor() {
    this.keyed = new Keyed<Row>(this.body, (row) => String(row.request.request_id), (row) => create_row(row, () => this.refresh.now()));
    this.rows = table('Requests of people', ['Request', 'What', 'State', 'Windows done', 'Ready', '#Bars', 'Asked for', '#Action'], this.body);
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

  live(live: Live, now: number): void {
    this.doing = new Map(live.progress.map((lane) => [lane.job, lane]));
    this.now_is = now;
    this.fill();
  }

  private fill(): void {
    this.keyed.show(this.requests.map((request) => ({ request, doing: this.doing.get(progress_name(request)), now: this.now_is })));
  }

  private async load(): Promise<void> {
    try {
      const page = await get<Page<Backfill>>('backfills', { limit: shown_max });
      this.trouble.clear();
      this.requests = page.items;
      this.fill();
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
