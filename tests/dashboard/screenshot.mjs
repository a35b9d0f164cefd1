// node screenshot.mjs FILE: the picture for README.md, see tools/screenshot.
import { open_browser, open_page } from './browser.mjs';
import { days_ago, secret, World } from './world.mjs';

const symbols = `AAPL ABBV ABT ACN ADBE AMD AMGN AMZN AVGO AXP BAC BKNG BRK.B CAT COST CRM CSCO CVX DHR DIS GE GOOG GS HD HON IBM INTC INTU
  ISRG JNJ JPM KO LIN LLY MA MCD META MRK MS MSFT`.trim().split(/\s+/);
const world = new World({
  rate_limit: '{ requests: 150, per: 10s, burst: 5 }',
  exchange: ['--latency', '30ms', '--horizon', days_ago(80)],
  faults: '502 rate=0.03\nstall-body rate=0.01 for=300ms\n403-not-entitled ticker=BKNG\n502 ticker=AMGN\n',
  jobs: `  - { name: minutes, provider: exchange, timeframe: 1m, symbols: [${symbols.join(', ')}], calendar: XNYS, history: ${days_ago(60)},
      schedule: { every: 1m, delay: 20s } }
  - { name: days, provider: exchange, timeframe: 1d, symbols: [${symbols.slice(0, 12).join(', ')}], calendar: XNYS, history: ${days_ago(90)} }`,
});

let browser;
try {
  await world.start();
  browser = await open_browser();
  const page = await open_page(browser.context, world.origin);
  await page.setViewportSize({ width: 1360, height: 820 });
  await page.goto(`${world.origin}/#/coverage?job=minutes`);
  await page.evaluate((token) => sessionStorage.setItem('candled.token', token), secret);
  await page.getByText(/^40 series/).waitFor({ timeout: 120_000 });
  // Until the first run is over: nothing is being asked for any more.
  await page.waitForTimeout(25_000);
  await page.getByRole('grid').focus();
  const cell = () => page.locator('.heat [role=gridcell]').textContent();
  for (let row = 0; row < 6; ++row) await page.keyboard.press('ArrowDown'); // AMGN, whose answers are all 502
  for (let left = 0; left < 9 || !/fetch failed$/.test(await cell()); ++left) {
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
