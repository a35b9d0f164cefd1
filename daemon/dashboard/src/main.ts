// The page: one connection to the daemon, five views of what it says, of which one is seen.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { ChartView } from './chart_view.js';
import { CoverageView } from './coverage_view.js';
import { ask_token, changes } from './dialogs.js';
import { text } from './dom.js';
import { HealthView, state_class, state_mark } from './health_view.js';
import { LiveFeed, type Connection } from './live.js';
import { NowView } from './now_view.js';
import { connect_theme } from './theme.js';
import { TimingsView } from './timings_view.js';
import { keep_token } from './token.js';
import type { Live } from './types.js';
import type { View } from './view.js';

const by_id = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

connect_theme(by_id<HTMLSelectElement>('theme'));

const views: Record<string, View> = {
  now: new NowView(),
  coverage: new CoverageView(),
  chart: new ChartView(),
  timings: new TimingsView(),
  health: new HealthView(),
};
const main = by_id('main');
for (const view of Object.values(views)) {
  view.element.hidden = true;
  main.append(view.element);
}

let current = '';
function route(): void {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const name = path in views ? path : 'now';
  if (name !== current) {
    views[current]?.hidden();
    for (const [key, view] of Object.entries(views)) view.element.hidden = key !== name;
    for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a'))
      if (link.dataset.view === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    document.title = `${name[0]!.toUpperCase()}${name.slice(1)} – candled`;
  }
  current = name;
  views[name]!.shown(new URLSearchParams(query));
}
addEventListener('hashchange', route);
document.querySelector('.skip')!.addEventListener('click', (event) => {
  event.preventDefault(); // the address names the view
  main.focus();
});

// One region tells what happened: that a change was done, that the connection is lost.
const status = by_id('status');
let fading = 0;
function say(words: string, kind?: 'error'): void {
  clearTimeout(fading);
  status.className = kind === 'error' ? 'bad' : '';
  text(status, words);
  if (words) fading = window.setTimeout(() => text(status, ''), kind === 'error' ? 15_000 : 8_000);
}

const connection_words: Record<Connection, string> = {
  connecting: '… connecting',
  live: '● live',
  polling: '○ asked every 5 s',
  lost: '✕ connection lost, trying again',
  token_needed: '▲ a token is needed',
};
const connection_place = by_id('connection');
let was_lost = false;
function on_connection(connection: Connection): void {
  text(connection_place, connection_words[connection]);
  connection_place.className = connection === 'lost' || connection === 'token_needed' ? 'bad' : 'quiet';
  document.body.classList.toggle('stale', connection === 'lost');
  by_id('give-token').hidden = connection !== 'token_needed';
  if (connection === 'lost') {
    clearTimeout(fading);
    status.className = 'bad';
    text(status, 'Connection lost, trying again. What is shown is as it was.');
    was_lost = true;
  } else if (was_lost && (connection === 'live' || connection === 'polling')) {
    was_lost = false;
    say('Connected again.');
  }
}

function on_live(live: Live): void {
  changes.allowed = live.changes_allowed;
  const health = by_id('health');
  text(health, state_mark[live.health.state] ?? live.health.state);
  health.className = `pill ${state_class[live.health.state] ?? ''}`;
  const bad = live.health.components.filter((part) => part.state !== 'ok');
  const summary = by_id('health-summary');
  text(summary, bad.map((part) => `${part.name}: ${part.means}`).join(' · '));
  text(by_id('version'), `candled ${live.version}`);
  for (const view of Object.values(views)) view.live(live);
}

const feed = new LiveFeed({ on_live, on_connection });
changes.say = say;
changes.on_token = () => feed.again_at_once();
by_id('give-token').addEventListener('click', () => {
  void ask_token('Looking from another machine', '', '').then((given) => {
    if (given === null) return;
    keep_token(given);
    feed.again_at_once();
    route();
  });
});

feed.start();
route();
