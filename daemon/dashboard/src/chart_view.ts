// "Chart": the bars of any series, those marked that the provider changed later.
import { get } from './api.js';
import { Candles } from './candles.js';
import { trouble } from './dialogs.js';
import { el, show, table, text } from './dom.js';
import { count, counted, price, shift_date, utc } from './format.js';
import { timeframes, type Bar, type Bars, type Job, type Live, type Page, type Revision, type SessionPage } from './types.js';
import { Repeated, type View } from './view.js';
import { clock_seconds, offset_seconds, zone_of, zone_words } from './zone.js';

const bars_max = 5_000;
const ranges: [string, number][] = [['1 day', 1], ['5 days', 5], ['1 month', 31], ['3 months', 92], ['1 year', 366], ['all there is', 0]];

export class ChartView implements View {
  readonly element: HTMLElement;
  private readonly ticker = el('input', { id: 'chart-ticker', required: true, size: 10, list: 'chart-tickers', autocomplete: 'off', spellcheck: 'false' });
  private readonly tickers = el('datalist', { id: 'chart-tickers' });
  private readonly timeframe = el('select', { id: 'chart-timeframe' }, ...timeframes.map((value) => el('option', { value }, value)));
  private readonly range = el('select', { id: 'chart-range' }, el('option', { value: '' }, 'from – to'),
    ...ranges.map(([words, days]) => el('option', { value: days }, words)));
  private readonly from = el('input', { id: 'chart-from', type: 'date' });
  private readonly to = el('input', { id: 'chart-to', type: 'date' });
  private readonly trouble = trouble();
  private readonly empty = el('p', { class: 'empty' });
  private readonly content: HTMLElement;
  private readonly figure = el('div', { class: 'candles', role: 'img' });
  private readonly readout = el('p', { class: 'readout' });
  private readonly last_rows = el('tbody');
  private readonly revision_rows = el('tbody');
  private readonly revisions: HTMLElement;
  private readonly refresh = new Repeated(() => this.load(), 15_000);
  private candles: Candles | null = null;
  private jobs: Job[] = [];
  private shown_key = '';
  private newest: Bar | null = null;

  constructor() {
    const heads = ['Time', '#Open', '#High', '#Low', '#Close', '#Volume'];
    this.revisions = el('div', {}, el('h3', {}, 'What changed later'),
      el('p', { class: 'quiet' }, 'What a bar was before the provider changed it; R marks it in the chart.'),
      table('What bars were before', ['Bar', 'Changed', ...heads.slice(1)], this.revision_rows));
    this.content = el('div', {}, this.readout, this.figure,
      el('p', { class: 'quiet notice' }, 'Hollow candles rose, filled ones fell. Drawn by TradingView Lightweight Charts™, © 2025 TradingView, Inc. ',
        el('a', { href: 'https://www.tradingview.com/', rel: 'noopener noreferrer', target: '_blank' }, 'https://www.tradingview.com/')),
      el('details', {}, el('summary', {}, 'The last bars as a table'), table('The last bars', heads, this.last_rows)),
      this.revisions);
    this.element = el('div', { class: 'view' }, el('section', { 'aria-labelledby': 'chart-title' },
      el('h2', { id: 'chart-title' }, 'Chart'), this.form(), this.trouble.element, this.empty, this.content));
    show(this.content, false);
    text(this.empty, 'Type a ticker, or come here from a cell of Coverage.');
  }

  shown(query: URLSearchParams): void {
    for (const [name, input] of [['ticker', this.ticker], ['timeframe', this.timeframe], ['from', this.from], ['to', this.to]] as const)
      if (query.has(name)) input.value = query.get(name)!;
    if (query.has('from') || query.has('to')) this.range.value = '';
    else if (!this.from.value) this.choose_range('5');
    void this.load_jobs();
  }

  hidden(): void {
    this.refresh.stop();
  }

  live(_live: Live): void {}

  private form(): HTMLElement {
    const labelled = (label: string, input: HTMLElement): HTMLElement =>
      el('div', { class: 'field' }, el('label', { for: input.id }, label), input);
    const again = (): void => this.ask();
    this.range.addEventListener('change', () => {
      this.choose_range(this.range.value);
      this.ask();
    });
    for (const input of [this.from, this.to])
      input.addEventListener('change', () => {
        this.range.value = '';
        this.ask();
      });
    for (const input of [this.ticker, this.timeframe]) input.addEventListener('change', again);
    this.ticker.addEventListener('input', () => void this.suggest());
    return el('form', { class: 'filters', onsubmit: (event: Event) => (event.preventDefault(), this.ask()) },
      labelled('Ticker', this.ticker), this.tickers, labelled('Timeframe', this.timeframe), labelled('Range', this.range),
      labelled('From', this.from), labelled('To', this.to),
      el('div', { class: 'field' }, el('button', { type: 'submit' }, 'Show')));
  }

  private choose_range(days: string): void {
    if (days === '') return;
    this.range.value = days;
    const today = new Date().toISOString().slice(0, 10);
    this.from.value = days === '0' ? '' : shift_date(today, -Number(days));
    this.to.value = '';
  }

  private async load_jobs(): Promise<void> {
    try {
      this.jobs = (await get<Page<Job>>('jobs', { limit: 1_000 })).items;
    } catch (error) {
      this.trouble.show(error);
      return;
    }
    const [first] = this.jobs;
    if (!this.ticker.value && first) {
      this.timeframe.value = first.timeframe;
      this.ticker.value = first.symbols[0] ?? '';
    }
    this.ask();
  }

  private async suggest(): Promise<void> {
    const job = this.jobs.find((item) => item.timeframe === this.timeframe.value) ?? this.jobs[0];
    if (!job || !this.ticker.value) return;
    try {
      const page = await get<SessionPage>('sessions', { job: job.name, ticker: this.ticker.value, limit: 20 });
      this.tickers.replaceChildren(...page.items.map((item) => el('option', { value: item.ticker })));
    } catch {
      // only a suggestion
    }
  }

  private ask(): void {
    if (!this.ticker.value) return;
    const query = new URLSearchParams({ ticker: this.ticker.value, timeframe: this.timeframe.value });
    if (this.range.value === '') {
      if (this.from.value) query.set('from', this.from.value);
      if (this.to.value) query.set('to', this.to.value);
    }
    history.replaceState(null, '', `#/chart?${query.toString()}`);
    this.refresh.stop();
    this.refresh.start();
  }

  private calendar(): string {
    const job = this.jobs.find((item) => item.symbols.includes(this.ticker.value)) ?? this.jobs[0];
    return job?.calendar ?? 'XNYS';
  }

  private async load(): Promise<void> {
    const zone = zone_of(this.calendar());
    const midnight = (date: string): string | undefined => {
      if (!date) return undefined;
      const utc = Date.parse(`${date}T00:00:00Z`);
      return new Date(utc - offset_seconds(zone, utc) * 1_000).toISOString().replace('.000Z', 'Z');
    };
    const series = { ticker: this.ticker.value.trim(), timeframe: this.timeframe.value };
    const span = { from: midnight(this.from.value), to: this.to.value ? midnight(shift_date(this.to.value, 1)) : undefined };
    const key = JSON.stringify({ ...series, ...span });
    try {
      const bars = await get<Bars>('bars', { ...series, ...span, limit: bars_max });
      const changes = bars.items.some((bar) => bar.revised)
        ? (await get<Page<Revision>>('revisions', { ...series, ...span, limit: 50 })).items : [];
      this.trouble.clear();
      this.fill(series, bars.items, changes, zone, key !== this.shown_key);
      this.shown_key = key;
    } catch (error) {
      this.trouble.show(error);
      show(this.empty, false);
    }
  }

  private fill(series: { ticker: string; timeframe: string }, bars: Bar[], changes: Revision[], zone: string, is_new: boolean): void {
    show(this.content, bars.length > 0);
    show(this.empty, bars.length === 0);
    text(this.empty, `No bars of ${series.ticker} ${series.timeframe} are stored in this range.`);
    if (bars.length === 0) return;
    const has_clock = !['1d', '1w', '1mo'].includes(series.timeframe);
    const time = (at: string): string => new Date(clock_seconds(zone, at) * 1_000).toISOString().slice(0, has_clock ? 16 : 10).replace('T', ' ');
    this.candles ??= new Candles(this.figure, (bar) => this.read(bar ?? this.newest, time));
    this.newest = bars[bars.length - 1]!;
    this.candles.show(bars, zone, has_clock, is_new);
    this.read(this.newest, time);
    const revised = bars.filter((bar) => bar.revised).length;
    const what = `${series.ticker} ${series.timeframe}: ${counted(bars.length, 'bar')} from ${time(bars[0]!.ts)} to ${time(this.newest.ts)}, ` +
      `${zone_words(this.calendar())}; ${count(revised)} changed later`;
    this.figure.setAttribute('aria-label', `${what}. The table below has the last ones.`);
    const numbers = (bar: Omit<Bar, 'ts' | 'revised'>): HTMLElement[] => [bar.open, bar.high, bar.low, bar.close].map((value) =>
      el('td', { class: 'number' }, price(value))).concat(el('td', { class: 'number' }, count(bar.volume)));
    this.last_rows.replaceChildren(...bars.slice(-20).reverse().map((bar) =>
      el('tr', {}, el('th', { scope: 'row' }, `${time(bar.ts)}${bar.revised ? ' R' : ''}`), ...numbers(bar))));
    show(this.revisions, changes.length > 0);
    this.revision_rows.replaceChildren(...changes.map((change) =>
      el('tr', {}, el('th', { scope: 'row' }, time(change.ts)), el('td', {}, utc(change.seen_at)),
        ...(change.before ? numbers(change.before) : [el('td', { colspan: 5 }, 'there was no such bar')]))));
  }

  private read(bar: Bar | null, time: (at: string) => string): void {
    if (!bar) return;
    text(this.readout, `${this.ticker.value} ${time(bar.ts)} ${zone_words(this.calendar())}   open ${price(bar.open)}   high ${price(bar.high)}   ` +
      `low ${price(bar.low)}   close ${price(bar.close)}   volume ${count(bar.volume)}${bar.revised ? '   changed later (R)' : ''}`);
  }
}
