// The series of a job and the states of their sessions, fetched page by page as they are looked at.
import { ApiError, get } from './api.js';
import { PageCache } from './page_cache.js';
import type { SessionPage, SessionRow } from './types.js';

const page_size = 250;
const asked_max = 2; // the daemon asks its database one question at a time

export interface CoverageWish {
  job: string;
  ticker: string;
  holes: boolean;
  from: string;
  to: string;
}

export class CoverageList {
  sessions: string[] = [];
  answered = false;
  private readonly pages = new PageCache<SessionRow>(page_size);
  private wish: CoverageWish | null = null;
  private generation = 0;
  private asking = 0;
  private range: [number, number] = [0, 0];
  private retry_timer = 0;

  constructor(
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  get total(): number {
    return this.pages.total;
  }

  row(index: number): SessionRow | undefined {
    return this.pages.at(index);
  }

  show(wish: CoverageWish): void {
    this.wish = wish;
    this.generation += 1;
    this.asking = 0;
    this.answered = false;
    this.sessions = [];
    this.pages.clear();
    this.range = [0, 0];
    this.changed();
    this.ask();
  }

  look_at(first: number, last: number): void {
    this.range = [first, last];
    this.ask();
  }

  // What is shown may have changed: it is asked for anew, and shown on until then.
  grow_old(): void {
    this.pages.grow_old();
    this.ask();
  }

  private ask(): void {
    if (!this.wish) return;
    for (const page of this.pages.wanted(this.range[0], this.range[1])) {
      if (this.asking >= asked_max) return;
      void this.fetch(page, this.wish, this.generation);
    }
  }

  private async fetch(page: number, wish: CoverageWish, generation: number): Promise<void> {
    this.pages.ask(page);
    this.asking += 1;
    try {
      const answer = await get<SessionPage>('sessions', {
        job: wish.job, ticker: wish.ticker, from: wish.from, to: wish.to, holes: wish.holes ? true : undefined,
        limit: page_size, offset: page * page_size,
      });
      if (generation !== this.generation) return;
      if (this.answered && answer.sessions.join() !== this.sessions.join()) this.pages.grow_old(); // a day has passed
      this.sessions = answer.sessions;
      this.answered = true;
      this.asking -= 1;
      this.pages.put(page, answer.items, answer.total);
      this.changed();
      this.ask();
    } catch (error) {
      if (generation !== this.generation) return;
      this.asking -= 1;
      this.failed(error);
      clearTimeout(this.retry_timer);
      const soon = error instanceof ApiError && error.code === 'busy' ? 500 : 3_000;
      this.retry_timer = window.setTimeout(() => {
        this.pages.fail(page);
        this.ask();
      }, soon);
    }
  }
}
