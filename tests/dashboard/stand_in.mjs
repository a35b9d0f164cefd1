// A stand-in for the daemon's HTTP: the built page, and a made-up world of 10,000 series behind the same API. For what
// the real daemon cannot be made to do quickly: so many series, hostile strings everywhere, a WebSocket that is refused.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const minute = 60_000;

export const secret = 'a-token-of-this-test-0123456789abcdef';

// An unsigned hash of a text, for a world that is always the same.
const hash = (text) => createHash('sha256').update(text).digest().readUInt32LE(0);

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const ticker_of = (index) =>
  letters[Math.floor(index / 17_576) % 26] + letters[Math.floor(index / 676) % 26] + letters[Math.floor(index / 26) % 26] + letters[index % 26];

function sessions_until(date, count) {
  const days = [];
  for (const at = new Date(`${date}T00:00:00Z`); days.length < count; at.setUTCDate(at.getUTCDate() - 1))
    if (at.getUTCDay() % 6 !== 0) days.unshift(at.toISOString().slice(0, 10));
  return days;
}

export class StandIn {
  // dist: the folder that Vite built into. options: series, hostile (a text for every string), no_socket, changes_allowed.
  constructor(dist, options = {}) {
    this.dist = dist;
    this.options = { series: 10_000, hostile: '', no_socket: false, changes_allowed: true, ...options };
    this.asked = [];
    this.backfills = [];
    this.repaired = new Set();
    this.sockets = new Set();
    this.started = Date.now();
    this.server = createServer((request, response) => this.answer(request, response));
    this.server.on('upgrade', (request, socket) => this.upgrade(request, socket));
  }

  async start(port = 0) {
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    this.port = this.server.address().port;
    this.timer = setInterval(() => this.send_all(), 500);
    return `http://127.0.0.1:${this.port}`;
  }

  async stop() {
    clearInterval(this.timer);
    for (const socket of this.sockets) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve)); // at once where it never listened
  }

  name(text) {
    return this.options.hostile || text;
  }

  answer(request, response) {
    const url = new URL(request.url, 'http://localhost');
    this.asked.push(`${request.method} ${request.url}`);
    if (url.pathname.startsWith('/api/') || url.pathname === '/healthz') {
      const body = [];
      request.on('data', (part) => body.push(part));
      request.on('end', () => this.api(request, url, Buffer.concat(body).toString(), response));
      return;
    }
    const path = url.pathname === '/' ? '/index.html' : normalize(url.pathname);
    try {
      const content = readFileSync(join(this.dist, path));
      response.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream', 'Content-Security-Policy': policy,
        'X-Content-Type-Options': 'nosniff' });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  }

  api(request, url, body, response) {
    const send = (status, value) => {
      response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' });
      response.end(JSON.stringify(value));
    };
    const problem = (status, code, detail) => send(status, { type: 'about:blank', title: code, status, code, detail, request_id: 'r1' });
    const path = url.pathname.replace('/api/v1/', '');
    if (request.method === 'POST') {
      if (!this.options.changes_allowed) return problem(403, 'no_token_configured', 'no token is configured');
      if (request.headers.authorization !== `Bearer ${secret}`) return problem(401, 'token_wrong', 'that is not the token');
      return this.change(path, body, send);
    }
    const page = (items) => {
      const limit = Number(url.searchParams.get('limit') ?? 100);
      const offset = Number(url.searchParams.get('offset') ?? 0);
      return { items: items.slice(offset, offset + limit), total: items.length, limit, offset };
    };
    switch (path) {
      case 'live': return send(200, this.live());
      case 'jobs': return send(200, page(this.jobs()));
      case 'backfills': return send(200, page([...this.backfills].reverse()));
      case 'sessions': return send(200, this.sessions(url.searchParams));
      case 'gaps': return send(200, page(this.gaps(url.searchParams)));
      case 'freshness': return send(200, page(this.freshness()));
      case 'batches': return send(200, page(this.batches().filter((batch) => (url.searchParams.get('outcome') ?? batch.outcome) === batch.outcome)));
      case 'bars': return send(200, this.bars(url.searchParams));
      case 'revisions': return send(200, page(this.revisions()));
      default: return problem(404, 'not_found', `no such path: ${path}`);
    }
  }

  change(path, body, send) {
    if (path === 'counters/reset') return send(200, this.live());
    const cancelled = /^backfills\/(\d+)\/cancel$/.exec(path);
    if (cancelled) {
      const request = this.backfills.find((item) => item.request_id === Number(cancelled[1]));
      request.state = 'cancelled';
      return send(200, request);
    }
    const wish = path === 'backfills' ? JSON.parse(body) : { kind: 'backfill', job: 'minutes' };
    const request = { request_id: this.backfills.length + 1, state: 'running', kind: wish.kind, job: wish.job, symbols: wish.symbols ?? [],
      from: `${wish.from ?? '2026-11-20'}T05:00:00Z`, until: `${wish.to ?? '2026-11-21'}T05:00:00Z`, cancel_asked: false,
      requested_at: new Date().toISOString(), windows: 4, windows_done: 1, bars: 812, detail: this.options.hostile };
    this.backfills.push(request);
    if (wish.kind === 'repair')
      setTimeout(() => {
        request.state = 'done';
        request.windows_done = 4;
        for (const symbol of wish.symbols) this.repaired.add(`${symbol}/${wish.from}`);
      }, 1_500);
    return send(202, request);
  }

  jobs() {
    return [['minutes', '1m'], ['hours', '1h'], ['days', '1d']].map(([name, timeframe]) => ({
      name: this.options.hostile ? `${name}${this.options.hostile}` : name, provider: this.name('massive'), timeframe, calendar: 'XNYS', history: '2024-01-01',
      symbols: ['AAAA', 'AAAB'], next_run_at: new Date(Date.now() + minute).toISOString() }));
  }

  live() {
    const now = Date.now();
    const done = Math.min(4_000, Math.floor((now - this.started) / 100));
    const at = (seconds) => new Date(now + seconds * 1_000).toISOString();
    const component = (name, state, reason, means, todo) => ({ name, state, reason, since: at(-4_000), last_ok: at(-90), next_try: state === 'ok' ? null : at(42), means, do: todo });
    const taken = 90 + Math.round(50 * Math.sin(now / 7_000));
    const components = [
      component('database', 'ok', 'ok', 'nothing is wrong', 'nothing'),
      component(`provider:${this.name('massive')}`, 'degraded', 'rate_limited', this.name('the provider said 429: nothing goes until it may'), this.name('see Too many requests')),
      component('scheduler', 'ok', 'ok', 'nothing is wrong', 'nothing'),
      component('budget', 'degraded', 'budget_used_up', 'all requests that the plan allows now are used', 'nothing: it goes on by itself'),
      component('configuration', 'ok', 'ok', 'nothing is wrong', 'nothing'),
    ];
    const lane = (job, name, stage, windows, windows_done) => ({ job, lane: name, stage, detail: this.options.hostile, windows, windows_done,
      requests: windows_done, bars: windows_done * 211, eta_from: at((windows - windows_done) / 10), eta_until: at((windows - windows_done) / 7),
      parked_until: null, updated_at: at(0) });
    const [minutes, hours, days] = this.jobs().map((job) => job.name);
    return { at: at(0), version: '0.1.0', started_at: at(-86_000), changes_allowed: this.options.changes_allowed,
      health: { state: 'degraded', since: at(-300), version: '0.1.0', started_at: at(-86_000), now: at(0), components },
      progress: [lane(minutes, 'live', 'fetching', 4_000, done), lane(minutes, 'repair', 'waiting', 37, 5), lane(minutes, 'backfill', 'fetching', 900, 212),
        lane(hours, 'live', 'idle', 0, 0), lane(days, 'live', 'loading', 120, 90)],
      providers: [
        { name: this.name('massive'), budget: { requests: 150, window_seconds: 60, taken, learned: 140 }, breaker: 'closed', retry_at: at(3), waits_for: this.name('the provider said 429'),
          in_flight: 3, requests: { ok: 81_223 + done, rate_limited: 4, refused: 1, failed: 12, unreachable: 2 } },
        { name: 'crypto', budget: { requests: 5, window_seconds: 60, taken: 0, learned: null }, breaker: 'open', retry_at: at(38), waits_for: 'the breaker is open', in_flight: 0,
          requests: { ok: 112, rate_limited: 0, refused: 0, failed: 5, unreachable: 0 } }],
      jobs: this.jobs().map((job, index) => ({ name: job.name, provider: job.provider, timeframe: job.timeframe, session_open: true,
        last_ok_at: index === 2 ? null : at(-12 - index), last_outcome: ['ok', 'partial', null][index], bars_written: index === 0 ? done * 211 : 3_100 * index })) };
  }

  sessions(query) {
    const to = query.get('to') || new Date().toISOString().slice(0, 10);
    const from = query.get('from') || '2000-01-01';
    const days = sessions_until(to, 400).filter((date) => date >= from);
    const prefix = query.get('ticker') ?? '';
    const items = [];
    for (let index = 0; index < this.options.series; ++index) {
      const ticker = index === 0 && this.options.hostile ? this.options.hostile : ticker_of(index);
      if (!ticker.startsWith(prefix)) continue;
      const states = () => days.map((date, place) => this.state(ticker, index, date, place === days.length - 1)).join('');
      if (query.get('holes') === 'true' && index % 7 !== 0) continue;
      items.push({ ticker, states });
    }
    const limit = Number(query.get('limit') ?? 100);
    const offset = Number(query.get('offset') ?? 0);
    return { sessions: days, total: items.length, limit, offset, items: items.slice(offset, offset + limit).map(({ ticker, states }) => ({
      job: query.get('job'), provider: this.name('massive'), timeframe: '1m', ticker, states: states() })) };
  }

  state(ticker, index, date, is_last) {
    if (this.repaired.has(`${ticker}/${date}`)) return 'c';
    if (is_last) return index % 5 === 0 ? 'p' : 'w';
    const chance = hash(`${ticker}${date}`) % 1_000;
    if (index % 31 === 3 && date < '2026-10-01') return '-';
    if (index % 23 === 5 && date < '2026-09-15') return 'h';
    if (index % 19 === 4 && chance < 500) return 't';
    if (index % 7 !== 0) return 'c';
    return chance < 40 ? 'f' : chance < 60 ? 'n' : chance < 100 ? 'e' : chance < 108 ? 'r' : 'c';
  }

  gaps(query) {
    const reason = query.get('reason');
    if (reason && !['fetch_failed', 'provider_empty'].includes(reason)) return [];
    const ticker = query.get('ticker') ?? 'AAAH';
    const gap = (date, why, tries) => ({ ticker, timeframe: '1m', provider: this.name('massive'), from: `${date}T09:00:00Z`, until: `${date}T23:59:00Z`, reason: why,
      detail: this.name('502 Bad Gateway, three times in a row'), attempts: tries, first_seen: `${date}T21:00:00Z`, last_tried: new Date(Date.now() - 9 * minute).toISOString(),
      next_try_at: new Date(Date.now() + 17 * minute).toISOString() });
    return sessions_until(new Date().toISOString().slice(0, 10), 60).map((date) => gap(date, reason ?? 'fetch_failed', 3));
  }

  freshness() {
    const ago = (seconds) => new Date(Date.now() - seconds * 1_000).toISOString();
    return this.jobs().map((job, index) => ({ job: job.name, expected_through: ago(40), covered_through: ago(40 + 95 * index),
      lag_seconds: 95 * index, series: this.options.series, late_series: index === 0 ? 0 : 12 }));
  }

  batches() {
    return Array.from({ length: 700 }, (_, index) => {
      const some = (most, salt) => hash(`${index}${salt}`) % most;
      const phases = { plan: 3 + some(4, 'p'), wait: 900 + some(2_500, 'w'), fetch: 1_400 + some(900, 'f'), parse: 120 + some(80, 'a'),
        validate: 15 + some(10, 'v'), merge: 60 + some(60, 'm'), copy: 240 + some(150, 'c'), commit: 50 + some(120, 'o') };
      return { batch_id: 700 - index, run_id: 1, started_at: new Date(Date.now() - index * minute - some(9_000, 's')).toISOString(), job: this.jobs()[index % 3].name,
        provider: 'massive', timeframe: '1m', symbols: 50, requests: 50 + some(9, 'r'), bars: some(4_000, 'b'), inserted: some(4_000, 'b'),
        changed: some(3, 'h'), rejected: 0, milliseconds: 3_000 + some(2_500, 'w'), outcome: some(40, 'x') === 0 ? 'partial' : 'ok', phases };
    });
  }

  bars(query) {
    let close = 184;
    const start = Date.parse('2026-11-20T14:30:00Z');
    const items = Array.from({ length: 390 }, (_, index) => {
      const open = close;
      close = Math.max(1, open + ((hash(`${query.get('ticker')}${index}`) % 200) - 99) / 250);
      return { ts: new Date(start + index * minute).toISOString(), open, high: Math.max(open, close) + 0.12, low: Math.min(open, close) - 0.1, close,
        volume: 900 + (hash(`v${index}`) % 9_000), vwap: close, transactions: 40, revised: index % 97 === 50 };
    });
    return { ticker: query.get('ticker'), timeframe: query.get('timeframe'), items };
  }

  revisions() {
    return [{ ts: '2026-11-20T15:20:00Z', seen_at: '2026-11-20T15:21:09Z', before: { open: 184.1, high: 184.4, low: 183.9, close: 184.2, volume: 4_021, vwap: null, transactions: 7 } },
      { ts: '2026-11-20T15:21:00Z', seen_at: '2026-11-20T15:22:09Z', before: null }];
  }

  upgrade(request, socket) {
    this.asked.push(`UPGRADE ${request.url}`);
    if (this.options.no_socket) return void socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n` +
      'Sec-WebSocket-Protocol: candled.v1\r\n\r\n');
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', () => {});
    this.send(socket);
  }

  send(socket) {
    const body = Buffer.from(JSON.stringify(this.live()));
    const head = body.length < 126 ? Buffer.from([0x81, body.length]) : Buffer.from([0x81, 126, body.length >> 8, body.length & 255]);
    socket.write(Buffer.concat([head, body]));
  }

  send_all() {
    for (const socket of this.sockets) this.send(socket);
  }
}
