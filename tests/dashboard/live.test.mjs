// The page of the real daemon, while it ingests from candled-exchange: what a person sees and does.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test as test_of_node } from 'node:test';

import { faint, nameless, structure } from './accessibility.mjs';
import { open_browser, open_page } from './browser.mjs';
import { days_ago, secret, World } from './world.mjs';

const shots = join(process.env.CANDLED_BINARY_DIR, 'dashboard-screenshots');
const symbols = ['AAPL', 'AMD', 'AMZN', 'BAC', 'CAT', 'GOOG', 'IBM', 'INTC', 'JPM', 'KO', 'META', 'MSFT', 'NFLX', 'NVDA', 'ORCL', 'PEP', 'PFE',
  'TSLA', 'WMT', 'XOM'];
const job = `  - { name: minutes, provider: exchange, timeframe: 1m, symbols: [${symbols.join(', ')}], calendar: XNYS,
      history: ${days_ago(20)}, batch: { symbols: 4, parallel: 2 } }`;
const strange = `"><b>&amp;<script><img>'`; // what the configuration takes for a symbol
const strange_job = `
  - { name: strange, provider: exchange, timeframe: 1d, symbols: ["${strange.replaceAll('"', '\\"')}"], calendar: XNYS, history: ${days_ago(10)} }`;

// What waits for ever fails, too, and does not hold up the others.
const test = (name, work) => test_of_node(name, { timeout: 180_000 }, work);

let browser;
let world;
before(async () => {
  mkdirSync(shots, { recursive: true });
  browser = await open_browser();
  world = new World({ jobs: job + strange_job, faults: '502 ticker=MSFT\n', exchange: ['--latency', '40ms'] });
  await world.start();
});
after(async () => {
  await browser?.close();
  await world?.stop();
});

async function page_of(work, options) {
  const page = await open_page(browser.context, world.origin, options);
  page.setDefaultTimeout(60_000);
  try {
    await work(page);
    assert.deepEqual(page.bad, []);
  } catch (error) {
    console.error(world.daemon.written.slice(-3_000));
    await page.screenshot({ path: join(shots, 'failed.png') });
    throw error;
  } finally {
    await page.close();
  }
}

const give_token = (page) => page.evaluate((token) => sessionStorage.setItem('candled.token', token), secret);
const live = (page) => page.getByText('● live', { exact: true }).waitFor();

test('the daemon serves its page, without an error or another host', () =>
  page_of(async (page) => {
    const answer = await page.goto(world.origin);
    assert.match(answer.headers()['content-security-policy'], /default-src 'none'/);
    assert.match(answer.headers()['content-security-policy'], /style-src 'self'(;|$)/);
    await live(page);
    await page.locator('[data-job=minutes]').waitFor();
    const files = page.requests.filter((url) => url.includes('/assets/'));
    assert.ok(files.length >= 2, files.join());
  }));

test('an ingest that is begun here is seen going on without a reload', () =>
  page_of(async (page) => {
    await page.goto(world.origin);
    await give_token(page);
    await live(page);
    await page.getByRole('button', { name: 'Run minutes now' }).click();
    const done = page.locator('tr[data-request][data-state=running] [data-windows-done]').first();
    const seen = new Set();
    for (let tries = 0; seen.size < 3 && tries < 600; ++tries) {
      if (await done.count()) seen.add(Number(await done.getAttribute('data-windows-done')));
      await page.waitForTimeout(50);
    }
    const grown = [...seen];
    assert.ok(seen.size >= 3, `windows done: ${grown}`);
    assert.deepEqual(grown, [...grown].sort((a, b) => a - b));
    assert.equal(page.requests.filter((url) => url === `${world.origin}/`).length, 1, 'the page was loaded once');
    await page.locator('tr[data-request][data-state=done], tr[data-request][data-state=failed]').first().waitFor();
  }));

test('a hole tells its reason, is repaired, and becomes complete', () =>
  page_of(async (page) => {
    await page.goto(`${world.origin}/#/coverage?job=minutes&ticker=MSFT`);
    await give_token(page);
    await page.getByText(/^1 series/).waitFor();
    await page.getByRole('grid').focus();
    const cell = () => page.locator('.heat [role=gridcell]').textContent();
    // Not today's, which cannot become complete today.
    for (let left = 0; left < 60 && (left < 3 || !(await cell()).endsWith('fetch failed')); ++left) await page.keyboard.press('ArrowLeft');
    assert.match(await cell(), /^MSFT 1m, .*: fetch failed$/);
    await page.keyboard.press('Enter');
    await page.locator('.panel .facts').first().waitFor();
    await page.screenshot({ path: join(shots, 'real-hole.png') });
    assert.match(await page.locator('.panel .facts').first().textContent(), /fetch failed.*502/);

    await world.heal_exchange();
    await page.getByRole('button', { name: 'Repair this session now' }).click();
    await page.locator('.panel').getByText('complete', { exact: true }).waitFor();
    assert.match(await cell(), /^MSFT 1m, .*: complete$/);
    await page.screenshot({ path: join(shots, 'real-repaired.png') });
  }));

test('a backfill that somebody asked for is seen and cancelled', () =>
  page_of(async (page) => {
    world.candled('backfill', '--detach', '--job', 'minutes', '--from', days_ago(700), '--to', days_ago(30));
    await page.goto(world.origin);
    await give_token(page);
    const running = page.locator('tr[data-request][data-state=running]').first();
    await running.waitFor();
    const id = await running.getAttribute('data-request');
    await page.getByRole('button', { name: `Cancel request ${id}` }).click();
    await page.locator(`tr[data-request="${id}"][data-state=cancelled]`).waitFor();
  }));

test('a strange symbol is text', () =>
  page_of(async (page) => {
    await page.goto(world.origin);
    await give_token(page);
    await page.getByRole('button', { name: 'Run strange now' }).click();
    await page.goto(`${world.origin}/#/coverage?job=strange`);
    await page.getByText(/^1 series/).waitFor();
    await page.getByRole('grid').focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await page.locator('.panel h3', { hasText: strange }).waitFor();
    await page.getByRole('link', { name: 'Show its bars' }).click();
    await page.getByText(`No bars of ${strange} 1d are stored in this range.`).waitFor();
    assert.equal(await page.locator('main b, main script, main img').count(), 0);
  }));

test('the daemon is restarted: the page tells, comes back, and goes on', () =>
  page_of(async (page) => {
    await page.goto(world.origin);
    await live(page);
    await world.daemon.stop();
    await page.getByRole('status').getByText('Connection lost, trying again').waitFor();
    await world.start_daemon();
    await live(page);
    await page.getByText('Connected again.').waitFor();
    await give_token(page);
    await page.getByRole('button', { name: 'Run minutes now' }).click();
    await page.getByText(/minutes fetches what it has due/).waitFor();
  }, { expected: (words) => /WebSocket|ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE|503/.test(words) }));

test('every view has something to show of the real daemon', () =>
  page_of(async (page) => {
    const wait = { now: '[data-job] th', coverage: '.heat canvas', chart: '.candles canvas', timings: '.plot canvas', health: 'tbody .pill' };
    for (const [view, place] of Object.entries(wait)) {
      await page.goto(`${world.origin}/#/${view}`);
      await live(page);
      await page.locator(place).locator('visible=true').first().waitFor();
      if (view === 'coverage') await page.getByText(/^20 series, /).waitFor();
      await page.screenshot({ path: join(shots, `real-${view}.png`) });
      assert.deepEqual(await nameless(page), [], view);
      assert.deepEqual(await structure(page), [], view);
      assert.deepEqual(await faint(page), [], view);
      assert.equal(await page.locator('.trouble').locator('visible=true').count(), 0, `${view}: a question failed`);
    }
  }));

test('where others can reach the daemon, looking needs the token, which goes with the WebSocket too', async () => {
  const open_world = new World({ jobs: job, listen: '0.0.0.0' });
  let page;
  try {
    await open_world.start();
    page = await open_page(browser.context, open_world.origin, { expected: (words) => /WebSocket|401/.test(words) });
    await page.goto(open_world.origin);
    await page.getByText('▲ a token is needed').waitFor();
    assert.equal(await page.locator('[data-job]').count(), 0, 'nothing is told without it');
    await page.getByRole('button', { name: 'Enter the token' }).click();
    await page.getByRole('textbox', { name: 'Token' }).fill(secret);
    await page.keyboard.press('Enter');
    await live(page);
    await page.locator('[data-job=minutes]').waitFor();
    assert.ok(page.requests.every((url) => !url.includes(secret)), 'the token is in no URL');
    assert.deepEqual(page.bad, []);
  } finally {
    await page?.close();
    await open_world.stop();
  }
});
