// What the daemon does now, as it changes: by WebSocket, by asking every 5 s where there is none, again after a loss.
import { ApiError, get, needs_token } from './api.js';
import { backoff_ms } from './backoff.js';
import { fits_subprotocol, token } from './token.js';
import type { Live } from './types.js';

export type Connection = 'connecting' | 'live' | 'polling' | 'lost' | 'token_needed';

const poll_ms = 5_000;
const silence_ms = 35_000; // the daemon sends at least every 15 s
const steady_ms = 10_000; // a connection that held so long was no accident

export interface LiveListener {
  on_live(live: Live): void;
  on_connection(connection: Connection): void;
}

export class LiveFeed {
  private socket: WebSocket | null = null;
  private tries = 0;
  private retry_timer = 0;
  private poll_timer = 0;
  private watchdog = 0;
  private connection: Connection = 'connecting';

  constructor(private readonly listener: LiveListener) {
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && !this.socket) this.again_at_once();
    });
    addEventListener('online', () => this.again_at_once());
  }

  start(): void {
    this.open();
  }

  // After a new token, or when the network is back.
  again_at_once(): void {
    this.tries = 0;
    this.close_socket();
    this.open();
  }

  private open(): void {
    clearTimeout(this.retry_timer);
    const secret = token();
    const protocols = ['candled.v1'];
    if (secret && fits_subprotocol(secret)) protocols.push(`candled.bearer.${secret}`);
    let socket: WebSocket;
    try {
      socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/progress`, protocols);
    } catch {
      this.poll();
      return;
    }
    this.socket = socket;
    let steady = 0;
    socket.onopen = () => {
      steady = window.setTimeout(() => (this.tries = 0), steady_ms);
      this.watch();
    };
    socket.onmessage = (message: MessageEvent<unknown>) => {
      clearTimeout(this.poll_timer);
      this.watch();
      this.take(String(message.data));
    };
    socket.onclose = () => {
      clearTimeout(steady);
      if (this.socket !== socket) return;
      this.close_socket();
      this.poll(); // tells whether the daemon is away or only its WebSocket is
      this.retry_timer = window.setTimeout(() => this.open(), backoff_ms(this.tries++, Math.random()));
    };
  }

  private take(frame: string): void {
    let live: Live;
    try {
      live = JSON.parse(frame) as Live;
    } catch {
      return; // the next one comes within 15 s
    }
    this.say('live');
    this.listener.on_live(live);
  }

  private close_socket(): void {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.watchdog);
    if (socket) socket.close();
  }

  // A connection that is dead without a word is closed, so that a new one is tried.
  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = window.setTimeout(() => {
      const socket = this.socket;
      this.close_socket();
      if (socket) this.open();
    }, silence_ms);
  }

  private poll(): void {
    clearTimeout(this.poll_timer);
    void this.ask_once().finally(() => {
      clearTimeout(this.poll_timer);
      if (this.connection !== 'live') this.poll_timer = window.setTimeout(() => this.poll(), poll_ms);
    });
  }

  private async ask_once(): Promise<void> {
    try {
      const live = await get<Live>('live');
      if (this.socket?.readyState === WebSocket.OPEN) return; // it was quicker
      this.say('polling');
      this.listener.on_live(live);
    } catch (error) {
      if (this.socket?.readyState === WebSocket.OPEN) return;
      if (needs_token(error)) this.say('token_needed');
      else if (error instanceof ApiError && error.status > 0) this.say('polling');
      else this.say('lost');
    }
  }

  private say(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    this.listener.on_connection(connection);
  }
}
