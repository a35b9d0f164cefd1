// node embed.mjs DIST OUT: gzips what Vite built into DIST and writes it, one file after the other, to OUT/assets.bin,
// and OUT/assets.cpp, which the daemon is compiled with. The same DIST gives the same bytes: no name, no time, no order.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const gzipped_max = 250 * 1024; // a page for slow lines, too: whoever adds a library sees what it costs

const [dist, out] = process.argv.slice(2);
const paths = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(dist.length).replaceAll('\\', '/'))
  .sort();

let offset = 0;
const parts = [];
const entries = [];
for (const path of paths) {
  const type = types[extname(path)];
  if (!type || !/^[/A-Za-z0-9._-]+$/.test(path)) throw new Error(`embed: ${path} is of no type that the daemon serves`);
  const gzipped = gzipSync(readFileSync(dist + path), { level: 9 });
  gzipped[9] = 255; // the operating system that it was made on: unknown
  parts.push(gzipped);
  entries.push(`    {.path = "${path}", .type = "${type}", .gzipped = {candled_dashboard_bytes + ${offset}, ${gzipped.length}}},`);
  offset += gzipped.length;
}
if (offset > gzipped_max) throw new Error(`embed: the page has ${offset} bytes, more than ${gzipped_max}`);

writeFileSync(join(out, 'assets.bin'), Buffer.concat(parts));
writeFileSync(
  join(out, 'assets.cpp'),
  `// Made by daemon/dashboard/embed.mjs from what Vite built.
#include "control/assets.hpp"

// The assembler puts the bytes in: a compiler takes seconds for an array of them.
__asm__(
    ".section .rodata\\n"
    ".global candled_dashboard_bytes\\n"
    "candled_dashboard_bytes:\\n"
    ".incbin \\"assets.bin\\"\\n"
    ".previous\\n");

extern "C" char const candled_dashboard_bytes[];

namespace candled {

std::span<Asset const> dashboard_assets() {
  static Asset const assets[] = {
${entries.map((entry) => `  ${entry}`).join('\n')}
  };
  return assets;
}

}  // namespace candled
`,
);
