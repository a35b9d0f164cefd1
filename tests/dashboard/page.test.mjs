// The page in a browser, beside a stand-in daemon with 10,000 series.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test as test_of_node } from 'node:test';

import { faint, nameless, structure } from './accessibility.mjs';
import { open_browser, open_page } from './browser.mjs';
import { secret, StandIn } from './stand_in.mjs';

const dist = process.env.CANDLED_DASHBOARD_DIST;
const shots = join(process.env.CANDLED_BINARY_DIR, 'dashboard-screenshots');
const views = ['now', 'coverage', 'chart', 'timings', 'health'];

// What waits for ever fails, too, and does not hold up the others.
const test = (name, work) => test_of_node(name, { timeout: 180_000 }, work);

let browser;
before(async () => {
  mkdirSync(shots, { recursive: true });
  browser = await open_browser();
});
after(() => browser?.close());

// A stand-in and a page on it, gone after the work; nothing may have gone wrong in the page meanwhile.
async function with_page(options, work, page_options) {
  const world = new StandIn(dist, options);
  const origin = await world.start();
  const page = await open_page(browser.context, origin, page_options);
  try {
    await work({ world, origin, page });
    assert.deepEqual(page.bad, []);
  } finally {
    await page.close();
    await world.stop();
  }
}

const live = (page) => page.getByText('● live', { exact: true }).waitFor();
const grid_text = (page) => page.locator('.heat [role=gridcell]').textContent();
const active_text = (page) =>
  page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.textContent);

async function looked_at(page, view) {
  const wait = { now: '[data-job] progress', coverage: '.heat canvas', chart: '.candles canvas', timings: '.plot canvas', health: 'tbody .pill' };
  await page.locator(wait[view]).locator('visible=true').first().waitFor();
  if (view === 'coverage') await page.getByText(/10,000 series, 60 sessions/).waitFor();
}

for (const scheme of ['light', 'dark'])
  test(`every view is there in ${scheme}: named, structured, legible, without an error or another host`, () =>
    with_page({}, async ({ origin, page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      for (const view of views) {
        await page.goto(`${origin}/#/${view}`);
        await live(page);
        await looked_at(page, view);
        await page.screenshot({ path: join(shots, `${view}-${scheme}.png`) });
        assert.deepEqual(await nameless(page), [], `${view}: without a name`);
        assert.deepEqual(await structure(page), [], view);
        assert.deepEqual(await faint(page), [], `${view}: too faint in ${scheme}`);
      }
    }));

test('the colours can be chosen, and the choice is kept', () =>
  with_page({}, async ({ origin, page }) => {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(origin);
    await page.getByLabel('Colours').selectOption('dark');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await page.getByLabel('Colours').selectOption('system');
  }));

test('what is done is counted up without a reload, and the focus stays where it is', () =>
  with_page({}, async ({ origin, page }) => {
    await page.goto(origin);
    const done = page.locator('[data-job=minutes] [data-windows-done]').first();
    await done.waitFor();
    const first = Number(await done.getAttribute('data-windows-done'));
    await page.getByRole('button', { name: 'Run minutes now' }).focus();
    await page.waitForFunction((least) => Number(document.querySelector('[data-job=minutes] [data-windows-done]').dataset.windowsDone) > least, first + 5);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Run minutes now');
  }));

test('ten thousand series are scrolled through, and only those that are seen are asked for', () =>
  with_page({}, async ({ world, origin, page }) => {
    await page.goto(`${origin}/#/coverage`);
    await page.getByText(/10,000 series/).waitFor();
    const grid = page.getByRole('grid');
    assert.equal(await grid.getAttribute('aria-rowcount'), '10001');
    await grid.focus();
    await page.keyboard.press('Control+End');
    await page.waitForFunction(() => /^AOUP 1m, /.test(document.querySelector('.heat [role=gridcell]').textContent));
    const asked = world.asked.filter((path) => path.includes('/sessions'));
    assert.ok(asked.length <= 6, `${asked.length} pages were asked for:\n${asked.join('\n')}`);
    await page.getByLabel('Ticker begins with').fill('AABZ');
    await page.getByText(/^1 series/).waitFor();
    await page.getByLabel('Ticker begins with').fill('QQQQQ');
    await page.getByText('No series begins so.').waitFor();
  }));

test('by keyboard alone: to a hole, why it is there, its repair, the token asked for once', () =>
  with_page({}, async ({ world, origin, page }) => {
    await page.goto(origin);
    await live(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // Coverage
    await page.getByText(/10,000 series/).waitFor();
    for (let tabs = 0; tabs < 30 && (await page.evaluate(() => document.activeElement.getAttribute('role'))) !== 'grid'; ++tabs)
      await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'grid');
    for (let row = 0; row < 7; ++row) await page.keyboard.press('ArrowDown'); // every seventh series has holes
    for (let column = 0; column < 59 && !(await active_text(page)).endsWith('fetch failed'); ++column) await page.keyboard.press('ArrowLeft');
    assert.match(await active_text(page), /^AAAH 1m, [A-Z][a-z]{2} \d{4}-\d{2}-\d{2}: fetch failed$/);

    await page.keyboard.press('Enter');
    await page.getByText('The provider was asked, and gave no usable answer.').waitFor();
    await page.getByText(/502 Bad Gateway/).waitFor();
    await page.getByText('3 times, last').waitFor();
    for (let tabs = 0; tabs < 5 && (await page.evaluate(() => document.activeElement.textContent)) !== 'Repair now'; ++tabs) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(await nameless(page), [], 'the dialog: without a name');
    await page.screenshot({ path: join(shots, 'token-dialog.png') });
    await page.keyboard.type('not the token');
    await page.keyboard.press('Enter');
    await page.getByText('That is not the token. Try again.').waitFor();
    await page.keyboard.type(secret);
    await page.keyboard.press('Enter');
    await page.getByText(/Request 1: running/).waitFor();
    await page.screenshot({ path: join(shots, 'repair.png') });
    await page.locator('.panel').getByText('complete', { exact: true }).waitFor();
    assert.match(await grid_text(page), /^AAAH .*: complete$/);

    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'grid', 'the focus goes back');
    assert.ok(world.asked.every((path) => !path.includes(secret)), 'the token is in no URL');
    assert.equal(await page.evaluate((token) => JSON.stringify(localStorage).includes(token), secret), false);
    assert.equal(world.backfills.length, 1);
    assert.equal(page.bad.length, 1, 'the wrong token is a 401 in the console, and nothing else is');
    page.bad.length = 0;
  }));

test('what nobody has asked for is fetched, for no repair would look at it', () =>
  with_page({}, async ({ world, origin, page }) => {
    await page.goto(origin);
    await page.evaluate((token) => sessionStorage.setItem('candled.token', token), secret);
    await page.goto(`${origin}/#/coverage?job=minutes&ticker=AAAH`);
    await page.getByRole('grid').focus();
    for (let column = 0; column < 59 && !(await active_text(page)).endsWith('never asked'); ++column) await page.keyboard.press('ArrowLeft');
    assert.match(await active_text(page), /: never asked$/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Repair this session now' }).click();
    await page.getByText(/Request 1: running/).waitFor();
    assert.equal(world.backfills[0].kind, 'backfill');
  }));

test('what was asked for can be cancelled', () =>
  with_page({}, async ({ world, origin, page }) => {
    await page.goto(origin);
    await page.evaluate((token) => sessionStorage.setItem('candled.token', token), secret);
    await page.getByRole('button', { name: 'Run minutes now' }).click();
    await page.getByText('minutes fetches what it has due: request 1.').waitFor();
    await page.getByRole('button', { name: 'Cancel request 1' }).click();
    await page.locator('[data-request="1"][data-state=cancelled]').waitFor();
    assert.equal(world.backfills[0].state, 'cancelled');
    await page.getByRole('button', { name: 'Do request 1 once more' }).waitFor();
  }));

test('a daemon without a token says how to configure one, and which command does the same', () =>
  with_page({ changes_allowed: false }, async ({ origin, page }) => {
    await page.goto(origin);
    await live(page);
    await page.getByRole('button', { name: 'Run minutes now' }).click();
    const dialog = page.getByRole('dialog', { name: 'This daemon takes no changes over HTTP' });
    await dialog.getByText('candled once --job minutes').waitFor();
    await dialog.getByText('token_sha256').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'detached' });
  }));

test('strings of others are text, whatever they say', () =>
  with_page({ hostile: '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>"\'&<b>' }, async ({ origin, page }) => {
    for (const view of views) {
      await page.goto(`${origin}/#/${view}`);
      await live(page);
      await looked_at(page, view);
      if (view === 'coverage') {
        await page.getByRole('grid').focus();
        await page.keyboard.press('Control+Home');
        await page.keyboard.press('Enter');
        await page.locator('.panel h3', { hasText: '<img src=x' }).waitFor();
      }
      await page.getByText('<img src=x').locator('visible=true').first().waitFor();
      assert.equal(await page.evaluate(() => window.hacked), undefined);
      assert.equal(await page.locator('main img, main script, main b').count(), 0);
    }
    const strange = `${origin}/#/chart?ticker=${encodeURIComponent('<img src=x onerror=alert(1)>')}&timeframe=1m`;
    await page.goto(strange);
    await page.locator('.readout', { hasText: '<img src=x onerror=alert(1)>' }).waitFor();
    assert.equal(await page.locator('main img').count(), 0);
  }));

test('a code that got into the page would not run', () =>
  with_page({}, async ({ origin, page }) => {
    await page.goto(origin);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hacked = 1';
      document.body.append(script);
    });
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    page.bad = page.bad.filter((words) => !words.includes('Content Security Policy'));
  }));

test('without a WebSocket it asks every few seconds', () =>
  with_page({ no_socket: true }, async ({ origin, page }) => {
    await page.goto(origin);
    await page.getByText('○ asked every 5 s').waitFor();
    const done = page.locator('[data-job=minutes] [data-windows-done]').first();
    await done.waitFor();
    const first = Number(await done.getAttribute('data-windows-done'));
    await page.waitForFunction((least) => Number(document.querySelector('[data-job=minutes] [data-windows-done]').dataset.windowsDone) > least, first);
  }, { expected: (words) => words.includes('WebSocket') }));

test('a lost connection is told, tried again, and goes on', async () => {
  const world = new StandIn(dist);
  const again = new StandIn(dist);
  const origin = await world.start();
  const page = await open_page(browser.context, origin, { expected: (words) => /WebSocket|ERR_CONNECTION|ERR_EMPTY_RESPONSE/.test(words) });
  try {
    await page.goto(origin);
    await live(page);
    await world.stop();
    await page.getByRole('status').getByText('Connection lost, trying again').waitFor();
    await page.screenshot({ path: join(shots, 'connection-lost.png') });
    await again.start(world.port);
    await live(page);
    await page.getByText('Connected again.').waitFor();
    assert.deepEqual(page.bad, []);
  } finally {
    await page.close();
    await again.stop();
  }
});

test('from a cell one gets to its bars, and those that changed later are marked', () =>
  with_page({}, async ({ origin, page }) => {
    await page.goto(`${origin}/#/coverage`);
    await page.getByText(/10,000 series/).waitFor();
    await page.locator('.heat canvas').click({ position: { x: 300, y: 120 } });
    await page.getByRole('link', { name: 'Show its bars' }).click();
    await looked_at(page, 'chart');
    await page.getByText(/390 bars|The last bars as a table/).first().waitFor();
    assert.match(await page.getByRole('img', { name: /390 bars from .* 4 changed later/ }).getAttribute('aria-label'), /New York time/);
    await page.getByRole('heading', { name: 'What changed later' }).waitFor();
    await page.getByText('The last bars as a table').click();
    await page.getByRole('table', { name: 'The last bars' }).waitFor();
  }));

test('nothing moves for those who want it so', () =>
  with_page({}, async ({ origin, page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(origin);
    await live(page);
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll('*')].filter((element) => parseFloat(getComputedStyle(element).transitionDuration) > 0).length);
    assert.equal(moving, 0);
  }));
