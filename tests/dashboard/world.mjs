// The real programs: candled-exchange, a database of its own on the server of CANDLED_TEST_POSTGRES, and `candled run`
// with its control plane. What a program writes is told when something fails.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const build = process.env.CANDLED_BINARY_DIR;
export const secret = 'the-token-of-this-test-0123456789abcdef';

export const days_ago = (days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

function free_port() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

class Program {
  constructor(name, args, env = {}) {
    this.name = name;
    this.written = '';
    this.child = spawn(join(build, name), args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (part) => (this.written += part));
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  // Until it has written that.
  async says(words) {
    for (let tries = 0; !this.written.includes(words); ++tries) {
      if (this.child.exitCode !== null || tries > 1_200) throw new Error(`${this.name} does not say "${words}":\n${this.written}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode === null) this.child.kill(signal);
    await this.ended;
  }
}

export class World {
  // options: symbols, jobs (YAML), faults, rate_limit, exchange (arguments), token (false: none).
  constructor(options) {
    this.options = { rate_limit: '{ requests: 5, per: 1s }', faults: '', exchange: [], token: true, listen: '127.0.0.1', ...options };
    this.folder = mkdtempSync(join(process.env.CANDLED_WORK_DIR, 'world.'));
  }

  async start() {
    this.exchange_port = await free_port();
    this.port = await free_port();
    this.origin = `http://127.0.0.1:${this.port}`;
    await this.start_exchange(this.options.faults);
    const name = `dashboard_${process.pid}_${Date.now()}`;
    execFileSync('psql', ['-X', '-q', '-d', process.env.CANDLED_TEST_POSTGRES, '-c', `CREATE DATABASE ${name}`]);
    this.url = process.env.CANDLED_TEST_POSTGRES.replace('/postgres?', `/${name}?`);
    this.config = join(this.folder, 'candled.yaml');
    const hash = createHash('sha256').update(secret).digest('hex');
    writeFileSync(this.config, `database: { url: "${this.url}" }
providers:
  exchange:
    kind: polygon
    base_url: http://127.0.0.1:${this.exchange_port}
    api_key: \${env:CANDLED_TEST_KEY}
    rate_limit: ${this.options.rate_limit}
retry: { multiplier: 10ms, min: 0s, max: 50ms, attempts: 2 }
breaker: { failures: 1000, open_for: 1s }
jobs:
${this.options.jobs}
control: { listen: "${this.options.listen}:${this.port}"${this.options.token ? `, token_sha256: ${hash}` : ''} }
`);
    this.candled('migrate');
    await this.start_daemon();
  }

  async start_exchange(faults) {
    const args = ['--synthetic', '7', '--listen', `127.0.0.1:${this.exchange_port}`, ...this.options.exchange];
    if (faults) {
      writeFileSync(join(this.folder, 'faults'), faults);
      args.push('--faults', join(this.folder, 'faults'));
    }
    this.exchange = new Program('candled-exchange', args);
    await this.exchange.says('listening on ');
  }

  async heal_exchange() {
    await this.exchange.stop('SIGKILL');
    await this.start_exchange('');
  }

  async start_daemon() {
    this.daemon = new Program('candled', ['run', '--config', this.config], { CANDLED_TEST_KEY: 'demo' });
    await this.daemon.says('listening on http://');
  }

  candled(...args) {
    return execFileSync(join(build, 'candled'), [args[0], '--config', this.config, ...args.slice(1)],
      { env: { ...process.env, CANDLED_TEST_KEY: 'demo' }, encoding: 'utf8' });
  }

  async stop() {
    await this.daemon?.stop();
    await this.exchange?.stop();
  }
}
