// What runs: a group of rows a job, a row for each of its lanes that has something to do.
import { trigger } from './api.js';
import { change_button } from './dialogs.js';
import { attribute, el, Keyed, show, table, text } from './dom.js';
import { count, counted, eta_words, percent, relative, utc } from './format.js';
import type { Live, LiveJob, Progress } from './types.js';
import { lane_words, outcome_words, stage_words } from './words.js';

interface JobRows {
  job: LiveJob;
  lanes: Progress[];
  now: number;
}

interface LaneRow {
  lane: Progress;
  now: number;
}

function create_lane({ lane: first }: LaneRow): { element: HTMLElement; update: (row: LaneRow) => void } {
  const stage = el('td');
  const bar = el('progress', { max: 100, 'aria-label': `${first.job}, ${lane_words[first.lane]}` });
  const done = el('span', { class: 'nowrap', 'data-windows-done': '0' });
  const eta = el('td');
  const bars = el('td', { class: 'number' });
  const element = el(
    'tr',
    { class: 'lane' },
    el('th', { scope: 'row', class: 'indent' }, lane_words[first.lane] ?? first.lane),
    stage,
    el('td', {}, el('div', { class: 'row progress' }, bar, done)),
    eta,
    bars,
    el('td'),
  );
  const update = ({ lane, now }: LaneRow): void => {
    const parked = lane.parked_until ? `, until ${utc(lane.parked_until)}` : '';
    const detail = lane.detail ? `: ${lane.detail}` : '';
    text(stage, `${stage_words[lane.stage] ?? lane.stage}${parked}${detail}`);
    const share = percent(lane.windows_done, lane.windows);
    bar.value = share;
    attribute(bar, 'aria-valuetext', `${count(lane.windows_done)} of ${counted(lane.windows, 'window')}`);
    text(done, lane.windows > 0 ? `${count(lane.windows_done)} of ${count(lane.windows)}` : '');
    attribute(done, 'data-windows-done', String(lane.windows_done));
    show(bar, lane.windows > 0);
    text(eta, lane.stage === 'idle' ? '' : eta_words(lane.eta_from, lane.eta_until, now));
    text(bars, lane.bars > 0 ? count(lane.bars) : '');
  };
  return { element, update };
}

function create_job({ job: first }: JobRows, triggered: () => void): { element: HTMLElement; update: (rows: JobRows) => void } {
  const state = el('td');
  const when = el('td', { colspan: 2 });
  const bars = el('td', { class: 'number' });
  const button = change_button(
    'Run now',
    `Run ${first.name} now`,
    () => trigger(first.name),
    () => `candled once --job ${first.name}`,
    (request) => `${first.name} fetches what it has due: request ${request.request_id}.`,
    triggered,
  );
  const head = el(
    'tr',
    { class: 'job' },
    el('th', { scope: 'rowgroup' }, first.name, el('span', { class: 'quiet' }, ` ${first.timeframe} from ${first.provider}`)),
    state, when, bars, el('td', { class: 'actions' }, button),
  );
  const element = el('tbody', { 'data-job': first.name });
  element.append(head);
  const keyed = new Keyed<LaneRow>(element, (row) => row.lane.lane, create_lane, head);
  const update = ({ job, lanes, now }: JobRows): void => {
    const busy = lanes.filter((lane) => lane.stage !== 'idle');
    const session = job.session_open ? 'market open' : 'market closed';
    text(state, busy.length > 0 ? session : `idle, ${session}`);
    const last = job.last_outcome && job.last_outcome !== 'ok' ? `${outcome_words[job.last_outcome] ?? job.last_outcome}; ` : '';
    text(when, job.last_ok_at ? `${last}last good batch ${relative(job.last_ok_at, now)}` : `${last}no good batch since the start`);
    when.className = last.startsWith('▲') ? 'bad' : '';
    text(bars, count(job.bars_written));
    keyed.show(busy.map((lane) => ({ lane, now })));
  };
  return { element, update };
}

export class JobsTable {
  readonly element: HTMLElement;
  private readonly empty = el('p', { class: 'empty' }, 'The configuration has no job.');
  private readonly keyed: Keyed<JobRows>;

  constructor(triggered: () => void) {
    const wrapper = table('Jobs and what they do', ['Job', 'Doing', 'Windows done', 'Ready', '#Bars', '#Action'], null);
    const rows = wrapper.querySelector('table')!;
    this.keyed = new Keyed<JobRows>(rows, (job) => job.job.name, (job) => create_job(job, triggered), rows.tHead);
    this.element = el('div', {}, this.empty, wrapper);
  }

  show(live: Live, now: number): void {
    show(this.empty, live.jobs.length === 0);
    this.keyed.show(
      live.jobs.map((job) => ({ job, lanes: live.progress.filter((lane) => lane.job === job.name), now })),
    );
  }
}
