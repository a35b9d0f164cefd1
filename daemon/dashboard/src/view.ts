// What main.ts asks of each view of the page.
import type { Live } from './types.js';

export interface View {
  element: HTMLElement;
  // It is looked at now, with what stands behind the ? of its address; or not any more.
  shown(query: URLSearchParams): void;
  hidden(): void;
  live(live: Live): void;
}

// Calls `work` every `every_ms` while running, never twice at a time; `now` calls it at once.
export class Repeated {
  private timer = 0;
  private busy = false;
  private again = false;
  private running = false;

  constructor(
    private readonly work: () => Promise<void>,
    private every_ms: number,
  ) {}

  start(): void {
    this.running = true;
    this.now();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  pace(every_ms: number): void {
    this.every_ms = every_ms;
  }

  now(): void {
    clearTimeout(this.timer);
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    void this.work().finally(() => {
      this.busy = false;
      if (!this.running) return;
      if (this.again) {
        this.again = false;
        this.now();
      } else {
        this.timer = window.setTimeout(() => this.now(), this.every_ms);
      }
    });
  }
}
