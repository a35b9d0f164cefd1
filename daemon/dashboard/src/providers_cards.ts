// A card a provider: its budget as a gauge and over the last minutes, its breaker, how its requests ended.
import { BudgetPlot } from './budget_plot.js';
import { attribute, el, Keyed, show, text } from './dom.js';
import { count, duration, percent, relative } from './format.js';
import type { Live, Provider } from './types.js';

interface Shown {
  provider: Provider;
  now: number;
}

function create_card({ provider }: Shown): { element: HTMLElement; update: (shown: Shown) => void } {
  const id = `provider-${provider.name}`;
  const state = el('span', { class: 'pill' });
  const gauge = el('div', { class: 'gauge', role: 'meter', 'aria-valuemin': 0, 'aria-label': `budget of ${provider.name}` });
  const bar = el('div', { class: 'gauge-bar' });
  const learned_mark = el('div', { class: 'gauge-mark', 'aria-hidden': 'true' });
  gauge.append(bar, learned_mark);
  const taken = el('p', { class: 'big' });
  const learned = el('p', { class: 'quiet' });
  const waits_for = el('p', { class: 'quiet' });
  const numbers: Record<string, HTMLElement> = {};
  const list = el('dl', { class: 'numbers' });
  const names: [string, string][] = [
    ['in_flight', 'in flight'],
    ['ok', 'answered'],
    ['rate_limited', 'said 429'],
    ['refused', 'refused'],
    ['failed', 'failed (5xx)'],
    ['unreachable', 'no answer'],
  ];
  for (const [key, words] of names) {
    const value = el('dd');
    numbers[key] = value;
    list.append(el('div', {}, el('dt', {}, words), value));
  }
  const plot = new BudgetPlot(provider.name);
  const element = el(
    'article',
    { class: 'card', 'aria-labelledby': id },
    el('header', { class: 'row between' }, el('h3', { id }, provider.name), state),
    taken, gauge, learned, waits_for, plot.element, list,
  );

  const update = ({ provider: now_is, now }: Shown): void => {
    const { budget, requests } = now_is;
    const open = now_is.breaker === 'open';
    const retry = now_is.retry_at ? `, goes on ${relative(now_is.retry_at, now)}` : '';
    state.className = `pill ${open ? 'bad' : now_is.waits_for ? 'warn' : 'good'}`;
    text(state, open ? `▲ left in peace after failures${retry}` : now_is.waits_for ? `… waits${retry}` : '✓ answering');
    show(waits_for, !!now_is.waits_for);
    text(waits_for, now_is.waits_for ?? '');
    text(taken, `${count(budget.taken)} of ${count(budget.requests)} requests in ${duration(budget.window_seconds)}`);
    attribute(gauge, 'aria-valuemax', String(budget.requests));
    attribute(gauge, 'aria-valuenow', String(budget.taken));
    attribute(gauge, 'aria-valuetext', `${count(budget.taken)} of ${count(budget.requests)} taken`);
    bar.style.width = `${percent(budget.taken, budget.requests)}%`;
    bar.classList.toggle('full', budget.taken >= budget.requests);
    const less = budget.learned !== null && budget.learned < budget.requests;
    show(learned_mark, less);
    learned_mark.style.left = `${percent(budget.learned ?? 0, budget.requests)}%`;
    show(learned, less);
    text(learned, less ? `The provider is known to allow only ${count(budget.learned!)} of them.` : '');
    const values: Record<string, number> = { in_flight: now_is.in_flight, ...requests };
    for (const [key, value] of Object.entries(numbers)) {
      text(value, count(values[key] ?? 0));
      value.classList.toggle('bad', (values[key] ?? 0) > 0 && key !== 'in_flight' && key !== 'ok');
    }
    plot.add(now, budget.taken, budget.learned ?? budget.requests);
  };
  return { element, update };
}

export class ProviderCards {
  readonly element = el('div', { class: 'cards' });
  private readonly keyed = new Keyed<Shown>(this.element, (shown) => shown.provider.name, create_card);

  show(live: Live, now: number): void {
    this.keyed.show(live.providers.map((provider) => ({ provider, now })));
  }
}
