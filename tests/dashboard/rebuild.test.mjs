// The page is the same bytes whenever and wherever it is built: a release is built again by others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const source = join(process.env.CANDLED_SOURCE_DIR, 'daemon/dashboard');
const built = join(process.env.CANDLED_BINARY_DIR, 'daemon/dashboard');

test('built in another folder, the page has the same bytes', () => {
  const folder = join(process.env.CANDLED_WORK_DIR, 'another folder');
  const out = join(folder, 'out');
  mkdirSync(out, { recursive: true });
  for (const name of ['index.html', 'package.json', 'vite.config.ts', 'tsconfig.json', 'embed.mjs', 'src'])
    cpSync(join(source, name), join(folder, name), { recursive: true });
  symlinkSync(join(source, 'node_modules'), join(folder, 'node_modules'));
  const node = (...args) => execFileSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });

  node('node_modules/vite/bin/vite.js', 'build', '--outDir', join(out, 'dist'), '--emptyOutDir', '--logLevel', 'warn');
  node('embed.mjs', join(out, 'dist'), out);

  for (const name of ['assets.cpp', 'assets.bin'])
    assert.ok(readFileSync(join(built, name)).equals(readFileSync(join(out, name))), `${name} differs`);
});

test('the page names no other host that it could ask', () => {
  const dist = join(built, 'dist');
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const text = files.map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'utf8')).join('\n');
  const hosts = new Set([...text.matchAll(/https?:\/\/([a-z0-9.-]+)/gi)].map((match) => match[1].toLowerCase()));
  const named = ['www.tradingview.com', 'www.apache.org', 'www.w3.org']; // a link, a licence, a namespace
  assert.deepEqual([...hosts].filter((host) => !named.includes(host)), []);
});
