// Pages of a long list that comes page by page: which to ask for, which to forget, which are old. Pure.

export class PageCache<T> {
  private readonly pages = new Map<number, { items: T[]; stale: boolean }>(); // in order of use, the oldest first
  private asked = new Set<number>();
  total = 0;

  constructor(
    readonly page_size: number,
    private readonly pages_max = 40,
  ) {}

  clear(): void {
    this.pages.clear();
    this.asked.clear();
    this.total = 0;
  }

  at(index: number): T | undefined {
    return this.pages.get(Math.floor(index / this.page_size))?.items[index % this.page_size];
  }

  // The pages of items [first, last] to ask for now: missing ones before old ones, none that is under way.
  wanted(first: number, last: number): number[] {
    const missing: number[] = [];
    const old: number[] = [];
    const end = this.total > 0 ? Math.min(last, this.total - 1) : last;
    for (let page = Math.floor(Math.max(0, first) / this.page_size); page <= Math.floor(Math.max(0, end) / this.page_size); ++page) {
      const known = this.pages.get(page);
      if (known) this.touch(page, known);
      if (this.asked.has(page)) continue;
      if (!known) missing.push(page);
      else if (known.stale) old.push(page);
    }
    return [...missing, ...old];
  }

  ask(page: number): void {
    this.asked.add(page);
  }

  put(page: number, items: T[], total: number): void {
    this.asked.delete(page);
    this.total = total;
    this.touch(page, { items, stale: false });
    for (const oldest of this.pages.keys()) {
      if (this.pages.size <= this.pages_max) break;
      this.pages.delete(oldest);
    }
  }

  fail(page: number): void {
    this.asked.delete(page);
  }

  // All pages are shown on, and asked for again when they are looked at.
  grow_old(): void {
    for (const page of this.pages.values()) page.stale = true;
  }

  private touch(page: number, content: { items: T[]; stale: boolean }): void {
    this.pages.delete(page);
    this.pages.set(page, content);
  }
}
