// Chromium as the tests use it: Debian's, in a profile of its own that is gone at the end, without any request of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(new URL('../../daemon/dashboard/package.json', import.meta.url));
const { chromium } = require('playwright-core');

export async function open_browser() {
  const profile = mkdtempSync(join(tmpdir(), 'candled-chromium.'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CANDLED_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1440, height: 900 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

// A page that remembers what must not be: console errors, and requests to any host but `origin`.
export async function open_page(context, origin, { expected = () => false } = {}) {
  const page = await context.newPage();
  page.bad = [];
  page.requests = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected(message.text())) page.bad.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => page.bad.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    page.requests.push(request.url());
    if (!request.url().startsWith(`${origin}/`)) page.bad.push(`another host: ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    page.requests.push(socket.url());
    if (!socket.url().startsWith(`${origin.replace('http', 'ws')}/`)) page.bad.push(`another host: ${socket.url()}`);
  });
  return page;
}
