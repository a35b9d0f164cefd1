// node screenshot.mjs FILE: the picture for README.md, see tools/screenshot.
import { open_browser, open_page } from './browser.mjs';
import { days_ago, secret, World } from './world.mjs';

const symbols = `AAPL ABBV ABT ACN ADBE AMD AMGN AMZN AVGO AXP BAC BKNG BRK.B CAT COST CRM CSCO CVX DHR DIS GE GOOG GS HD HON IBM INTC INTU
  ISRG JNJ JPM KO LIN LLY MA MCD META MRK MS MSFT`.trim().split(/\s+/);
const broken = ['ADBE', 'AMGN', 'CAT', 'CVX', 'GOOG'];
const world = new World({
  rate_limit: '{ requests: 150, per: 10s, burst: 5 }',
  exchange: ['--latency', '30ms'],
  faults: ['502 rate=0.03', '403-not-entitled ticker=BKNG', ...broken.map((ticker) => `502 ticker=${ticker}`)].join('\n'),
  jobs: `  - { name: minutes, provider: exchange, timeframe: 1m, symbols: [${symbols.join(', ')}], calendar: XNYS, history: ${days_ago(96)},
      schedule: { every: 1m, delay: 20s } }
  - { name: days, provider: exchange, timeframe: 1d, symbols: [${symbols.slice(0, 12).join(', ')}], calendar: XNYS, history: ${days_ago(90)} }`,
});

async function ask(wish) {
  const answer = await fetch(`${world.origin}/api/v1/backfills`, { method: 'POST', body: JSON.stringify(wish),
    headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' } });
  if (!answer.ok) throw new Error(await answer.text());
}

// No lane has anything to do, five times in a row.
async function run_is_over(page) {
  for (let idle = 0, tries = 0; idle < 5; ++tries) {
    if (tries > 200) throw new Error('the run does not end');
    await page.waitForTimeout(600);
    const { progress } = await (await fetch(`${world.origin}/api/v1/live`)).json();
    const { total } = await (await fetch(`${world.origin}/api/v1/backfills?state=queued`)).json();
    idle = total === 0 && progress.every((lane) => lane.stage === 'idle' || lane.stage === 'parked') ? idle + 1 : 0;
  }
}

let browser;
try {
  await world.start();
  browser = await open_browser();
  const page = await open_page(browser.context, world.origin);
  await page.setViewportSize({ width: 1360, height: 820 });
  await page.goto(`${world.origin}/#/coverage?job=minutes`);
  await page.evaluate((token) => sessionStorage.setItem('candled.token', token), secret);
  await page.getByText(/^40 series/).waitFor({ timeout: 120_000 });
  await run_is_over(page);
  // On the next day the provider is well again, and most of what it failed to give is repaired.
  await world.heal_exchange();
  for (const [index, ticker] of broken.entries()) {
    let until = 96 - 7 * index;
    for (const days of [31, 12, 22, 17]) {
      const wish = { kind: 'repair', job: 'minutes', symbols: [ticker], from: days_ago(until), to: days_ago(Math.max(2, until - days)) };
      if (until > 2) await ask(wish);
      until -= days + 2 + index;
    }
  }
  await run_is_over(page);
  await page.reload();
  await page.getByText(/^40 series/).waitFor();
  await page.getByRole('grid').focus();
  const cell = () => page.locator('.heat [role=gridcell]').textContent();
  for (let row = 0; row < 6; ++row) await page.keyboard.press('ArrowDown'); // AMGN, whose answers are all 502
  for (let left = 0; left < 4 || !/fetch failed$/.test(await cell()); ++left) {
    if (left > 40) throw new Error(`there is no hole: ${await cell()}`);
    await page.keyboard.press('ArrowLeft');
  }
  await page.keyboard.press('Enter');
  await page.locator('.panel .facts').first().waitFor();
  await page.screenshot({ path: process.argv[2] });
} catch (error) {
  console.error(world.daemon?.written.slice(-3_000));
  throw error;
} finally {
  await browser?.close();
  await world.stop();
}
