// "Coverage": which sessions of which series are there, and what is the matter with the others.
import { get } from './api.js';
import { CellPanel } from './cell_panel.js';
import { CoverageList } from './coverage_list.js';
import { trouble } from './dialogs.js';
import { el, show, text } from './dom.js';
import { count, counted, day, shift_date } from './format.js';
import type { Cell } from './heat_geometry.js';
import { HeatGrid } from './heat_grid.js';
import type { Job, Live, Page } from './types.js';
import type { View } from './view.js';
import { state_of, states } from './words.js';

const refresh_ms = 3_000; // at most so often while the job works
const spans = [20, 60, 120, 250, 400];

export class CoverageView implements View {
  readonly element: HTMLElement;
  private readonly job = el('select', { id: 'coverage-job' });
  private readonly ticker = el('input', { id: 'coverage-ticker', type: 'search', size: 8, autocomplete: 'off', spellcheck: 'false' });
  private readonly holes = el('input', { id: 'coverage-holes', type: 'checkbox' });
  private readonly span = el('select', { id: 'coverage-span' },
    ...spans.map((value) => el('option', { value, selected: value === 60 }, `${value} sessions`)));
  private readonly until = el('input', { id: 'coverage-until', type: 'date' });
  private readonly summary = el('p', { class: 'quiet', role: 'status' });
  private readonly readout = el('p', { class: 'readout' });
  private readonly trouble = trouble();
  private readonly empty = el('p', { class: 'empty', hidden: true });
  private readonly list = new CoverageList(() => this.changed(), (error) => this.trouble.show(error));
  private readonly panel = new CellPanel(() => this.grid.element.focus(), () => this.list.grow_old());
  private readonly grid: HeatGrid;
  private jobs: Job[] = [];
  private is_shown = false;
  private activity = '';
  private refreshed = 0;
  private typing = 0;
  private asked_job = '';
  private placed = false; // whether the cursor has been put to the newest session

  constructor() {
    this.grid = new HeatGrid({
      extent: () => ({ rows: this.list.total, columns: this.columns().length }),
      sessions: () => this.columns(),
      row: (index) => this.row(index),
      words: (cell) => this.words(cell),
      column_words: (column) => day(this.columns()[column] ?? ''),
      seen: (first, last) => this.list.look_at(first, last),
      moved: (cell) => this.moved(cell),
      opened: (cell) => this.open(cell),
      hovered: (cell) => text(this.readout, this.words(cell ?? this.grid.cell)),
    });
    this.element = el('div', { class: 'view' },
      el('section', { 'aria-labelledby': 'coverage-title' },
        el('h2', { id: 'coverage-title' }, 'Coverage'),
        this.filters(), this.trouble.element, this.summary, this.empty,
        el('div', { class: 'split' }, el('div', { class: 'grow' }, this.grid.element, this.readout), this.panel.element),
        this.legend()));
  }

  shown(query: URLSearchParams): void {
    this.is_shown = true;
    this.asked_job = query.get('job') ?? '';
    if (query.has('ticker')) this.ticker.value = query.get('ticker')!;
    if (query.has('to')) this.until.value = query.get('to')!;
    if (query.has('holes')) this.holes.checked = query.get('holes') === 'true';
    void this.load_jobs();
  }

  hidden(): void {
    this.is_shown = false;
  }

  live(live: Live): void {
    const job = this.job.value;
    // Requests of people have names of their own, so all that goes on is looked at.
    const lanes = live.progress.map((lane) => `${lane.job}/${lane.stage === 'idle'}/${lane.windows_done}`);
    const activity = `${lanes.join()} ${live.jobs.find((item) => item.name === job)?.bars_written ?? 0}`;
    const now = Date.now();
    if (!this.is_shown) return;
    if (activity === this.activity && now - this.refreshed < 60_000) return;
    if (now - this.refreshed < refresh_ms) return;
    this.activity = activity;
    this.refreshed = now;
    this.list.grow_old();
  }

  private filters(): HTMLElement {
    const again = (): void => this.ask();
    for (const input of [this.job, this.holes, this.span, this.until]) input.addEventListener('change', again);
    this.ticker.addEventListener('input', () => {
      clearTimeout(this.typing);
      this.typing = window.setTimeout(again, 250);
    });
    const zoom = (words: string, label: string, by: number): HTMLElement =>
      el('button', { type: 'button', 'aria-label': label, onclick: () => (this.grid.zoom += by) }, words);
    const labelled = (label: string, input: HTMLElement): HTMLElement =>
      el('div', { class: 'field' }, el('label', { for: input.id }, label), input);
    return el('form', { class: 'filters', onsubmit: (event: Event) => event.preventDefault() },
      labelled('Job', this.job), labelled('Ticker begins with', this.ticker), labelled('Show', this.span),
      labelled('Until', this.until),
      el('div', { class: 'field check' }, this.holes, el('label', { for: 'coverage-holes' }, 'Only series with holes')),
      el('div', { class: 'field buttons', role: 'group', 'aria-label': 'Size of the cells' },
        zoom('−', 'Smaller cells', -1), zoom('+', 'Larger cells', 1)));
  }

  private legend(): HTMLElement {
    return el('div', { class: 'legend-box' },
      el('ul', { class: 'legend', 'aria-label': 'What the cells mean' },
        ...states.map((state) => el('li', { title: state.means },
          el('span', { class: `swatch state-${state.letter === '-' ? 'none' : state.letter}`, 'aria-hidden': 'true' }, state.mark),
          state.name))),
      el('p', { id: 'heat-keys', class: 'quiet' },
        'Keys in the map: arrows, Page Up and Down, Home and End move; Enter opens the details; + and − change the size.'));
  }

  private async load_jobs(): Promise<void> {
    try {
      this.jobs = (await get<Page<Job>>('jobs', { limit: 1_000 })).items;
      this.trouble.clear();
    } catch (error) {
      this.trouble.show(error);
      if (this.is_shown) setTimeout(() => void this.load_jobs(), 3_000);
      return;
    }
    const before = this.job.value;
    this.job.replaceChildren(...this.jobs.map((job) => el('option', { value: job.name }, `${job.name} (${job.timeframe})`)));
    const wanted = this.asked_job || before;
    if (this.jobs.some((job) => job.name === wanted)) this.job.value = wanted;
    this.asked_job = '';
    this.ask();
  }

  private ask(): void {
    if (!this.job.value) return;
    const to = this.until.value;
    const today = new Date().toISOString().slice(0, 10);
    const query = new URLSearchParams({ job: this.job.value });
    if (this.ticker.value) query.set('ticker', this.ticker.value);
    if (to) query.set('to', to);
    if (this.holes.checked) query.set('holes', 'true');
    history.replaceState(null, '', `#/coverage?${query.toString()}`);
    this.list.show({
      job: this.job.value, ticker: this.ticker.value.trim(), holes: this.holes.checked, to,
      // Enough days for so many sessions; what is too many is not shown.
      from: shift_date(to || today, -Math.ceil(Number(this.span.value) * 1.5 + 7)),
    });
    if (this.panel.open) this.panel.close();
  }

  // The last sessions of those that the daemon named.
  private columns(): readonly string[] {
    return this.list.sessions.slice(-Number(this.span.value));
  }

  private row(index: number): { ticker: string; states: string } | undefined {
    const row = this.list.row(index);
    return row && { ticker: row.ticker, states: row.states.slice(-this.columns().length) };
  }

  private words({ row, column }: Cell): string {
    const series = this.list.row(row);
    const date = this.columns()[column];
    if (date === undefined) return '';
    if (!series) return `${day(date)}: loading`;
    return `${series.ticker} ${series.timeframe}, ${day(date)}: ${state_of(this.row(row)!.states[column]).name}`;
  }

  private changed(): void {
    if (this.list.answered) this.trouble.clear();
    const columns = this.columns();
    const some = this.list.total > 0;
    show(this.grid.element, some || !this.list.answered);
    show(this.empty, this.list.answered && !some);
    text(this.empty, this.holes.checked ? '✓ No series here has a hole.' : this.ticker.value
      ? 'No series begins so.' : 'This job has no series yet: they come with its first run.');
    const first = columns[0];
    text(this.summary, !this.list.answered ? 'Asking …' : some && first
      ? `${counted(this.list.total, 'series', 'series')}, ${count(columns.length)} sessions from ${first} to ${columns[columns.length - 1]}` : '');
    this.grid.changed();
    if (some && !this.placed) this.grid.to_newest();
    this.placed = some;
    text(this.readout, this.words(this.grid.cell));
    this.update_panel(this.grid.cell);
  }

  private moved(cell: Cell): void {
    text(this.readout, this.words(cell));
    if (this.panel.open) this.show_panel(cell);
  }

  private open(cell: Cell): void {
    this.show_panel(cell);
    this.panel.focus();
  }

  private show_panel({ row, column }: Cell): void {
    const series = this.list.row(row);
    const date = this.columns()[column];
    if (!series || date === undefined) return;
    this.panel.show({ row: series, date, job: this.jobs.find((job) => job.name === series.job) }, this.row(row)!.states[column] ?? '?');
  }

  private update_panel({ row, column }: Cell): void {
    const states_now = this.row(row)?.states;
    if (this.panel.open && states_now) this.panel.update(states_now[column] ?? '?');
  }
}
