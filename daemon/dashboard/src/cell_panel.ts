// One session of one series: what its state means, why bars are missing, what to do, and to have it repaired.
import { ask_for, get } from './api.js';
import { change_button, trouble } from './dialogs.js';
import { el, text } from './dom.js';
import { counted, day, relative, shift_date, utc } from './format.js';
import type { Backfill, Gap, Job, Page, SessionRow } from './types.js';
import { reason_state, state_of, type StateWords } from './words.js';
import { touches_day, zone_of } from './zone.js';

export interface Chosen {
  row: SessionRow;
  date: string;
  job: Job | undefined;
}

// A repair asks for gaps only: what nobody has asked for yet, or not for all of it, is none.
export const repair_kind = (letter: string): Backfill['kind'] => ('np'.includes(letter) ? 'backfill' : 'repair');

export const repair_command = ({ row, date }: Chosen, letter: string): string =>
  `candled ${repair_kind(letter)} --job ${row.job} --symbols '${row.ticker.replaceAll("'", "'\\''")}' --from ${date} --to ${date}`;

export function next_try_words(gap: Gap, now: number): string {
  if (gap.next_try_at === null) return 'with the next run';
  if (gap.next_try_at === 'infinity') return 'when a person asks for it';
  return `${relative(gap.next_try_at, now)} (${utc(gap.next_try_at)})`;
}

export class CellPanel {
  readonly element: HTMLElement;
  private readonly title = el('h3', { tabindex: -1, id: 'cell-title' });
  private readonly pill = el('p');
  private readonly means = el('p');
  private readonly todo = el('p');
  private readonly reasons = el('div');
  private readonly trouble = trouble();
  private readonly going_on = el('p', { class: 'note', hidden: true });
  private readonly chart = el('a', { class: 'button' }, 'Show its bars');
  private readonly repair: HTMLButtonElement;
  private chosen: Chosen | null = null;
  private letter = '';
  private gaps_for = '';
  private watching = 0; // the request that repairs it

  constructor(
    private readonly on_close: () => void,
    private readonly on_progress: () => void,
  ) {
    this.repair = change_button(
      'Repair now',
      'Repair this session now',
      () => this.ask(),
      () => (this.chosen ? repair_command(this.chosen, this.letter) : ''),
      (request) => `Repair is asked for: request ${request.request_id}.`,
    );
    this.repair.classList.add('primary');
    const close = el('button', { type: 'button', class: 'ghost', 'aria-label': 'Close details', onclick: () => this.close() }, '✕');
    this.element = el(
      'aside',
      { class: 'panel', 'aria-labelledby': 'cell-title', hidden: true },
      el('div', { class: 'row between' }, this.title, close),
      this.pill, this.means, this.todo, this.reasons, this.trouble.element, this.going_on,
      el('div', { class: 'row' }, this.repair, this.chart),
    );
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  show(chosen: Chosen, letter: string): void {
    const is_other = this.key(chosen) !== (this.chosen ? this.key(this.chosen) : '');
    if (is_other) this.forget();
    this.chosen = chosen;
    this.element.hidden = false;
    const { row, date } = chosen;
    text(this.title, `${row.ticker} ${row.timeframe}, ${day(date)}`);
    const query = new URLSearchParams({ ticker: row.ticker, timeframe: row.timeframe,
      from: shift_date(date, -4), to: shift_date(date, 1) });
    this.chart.href = `#/chart?${query.toString()}`;
    this.update(letter);
  }

  // Its state as it is now: while a repair goes on, too.
  update(letter: string): void {
    const state = state_of(letter);
    const is_new = letter !== this.letter;
    this.letter = letter;
    this.pill.replaceChildren(this.pill_of(state));
    text(this.means, state.means);
    text(this.todo, `To do: ${state.do}`);
    if (!state.hole && document.activeElement === this.repair) this.title.focus();
    this.repair.hidden = !state.hole;
    if (!state.hole) this.reasons.replaceChildren();
    else if (is_new && this.chosen) void this.load_gaps(this.chosen);
  }

  focus(): void {
    this.title.focus();
  }

  close(): void {
    this.element.hidden = true;
    this.forget();
    this.chosen = null;
    this.on_close();
  }

  private key = ({ row, date }: Chosen): string => `${row.job}/${row.ticker}/${date}`;

  private forget(): void {
    this.letter = '';
    this.gaps_for = '';
    this.watching = 0;
    this.going_on.hidden = true;
    this.reasons.replaceChildren();
    this.trouble.clear();
  }

  private pill_of(state: StateWords): HTMLElement {
    const name = state.letter === '-' ? 'none' : state.letter;
    return el('span', { class: 'state' }, el('span', { class: `swatch state-${name}`, 'aria-hidden': 'true' }, state.mark), state.name);
  }

  private async load_gaps(chosen: Chosen): Promise<void> {
    const { row, date } = chosen;
    const key = (this.gaps_for = `${this.key(chosen)}/${this.letter}`);
    await new Promise((resolve) => setTimeout(resolve, 150)); // a cursor that runs over cells asks for the last one only
    if (key !== this.gaps_for) return;
    try {
      const page = await get<Page<Gap>>('gaps', { ticker: row.ticker, timeframe: row.timeframe, provider: row.provider, limit: 1_000 });
      if (key !== this.gaps_for) return;
      const zone = zone_of(chosen.job?.calendar ?? 'XNYS');
      this.trouble.clear();
      this.reasons.replaceChildren(
        ...page.items.filter((gap) => touches_day(zone, gap.from, gap.until, date)).slice(0, 5).map((gap) => this.gap_of(gap)));
    } catch (error) {
      if (key === this.gaps_for) this.trouble.show(error);
    }
  }

  private gap_of(gap: Gap): HTMLElement {
    const rows: [string, string][] = [
      ['Why', gap.detail ? `${reason_state(gap.reason).name}: ${gap.detail}` : reason_state(gap.reason).name],
      ['Missing', `${utc(gap.from)} to ${utc(gap.until)}`],
      ['Tried', gap.attempts === 0 ? 'never' : `${counted(gap.attempts, 'time')}, last ${utc(gap.last_tried)}`],
      ['Next try', next_try_words(gap, Date.now())],
    ];
    if (gap.first_seen) rows.push(['Known since', utc(gap.first_seen)]);
    return el('dl', { class: 'facts' }, ...rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
  }

  private async ask(): Promise<Backfill> {
    const { row, date } = this.chosen!;
    const request = await ask_for({ kind: repair_kind(this.letter), job: row.job, symbols: [row.ticker], from: date, to: date });
    this.watching = request.request_id;
    this.going_on.hidden = false;
    void this.watch(request);
    return request;
  }

  // Tells how the repair goes until it has ended.
  private async watch(request: Backfill): Promise<void> {
    let now_is: Backfill | undefined = request;
    for (;;) {
      if (this.watching !== request.request_id || !now_is) return;
      const of_all = now_is.windows > 0 ? `, ${now_is.windows_done} of ${counted(now_is.windows, 'window')} done` : '';
      text(this.going_on, `Request ${request.request_id}: ${now_is.state}${of_all}${now_is.detail ? `: ${now_is.detail}` : ''}.`);
      this.on_progress();
      if (now_is.state !== 'queued' && now_is.state !== 'running') return;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      try {
        const page = await get<Page<Backfill>>('backfills', { job: request.job, kind: request.kind, limit: 100 });
        now_is = page.items.find((item) => item.request_id === request.request_id);
      } catch {
        // the next question tells
      }
    }
  }
}
