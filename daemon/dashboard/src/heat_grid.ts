// The heat map as people use it: scrolled, pointed at, walked through by keys, told to screen readers as a grid.
// Of the grid's rows only the one with the cursor is in the document; a canvas shows the others.
import { attribute, el, text } from './dom.js';
import { draw_heat, palette } from './heat_canvas.js';
import type { Cell, Extent } from './heat_geometry.js';
import { cell_at, head_height, label_width, moved, scrolled_to, seen, zooms } from './heat_geometry.js';
import { on_theme } from './theme.js';

export interface HeatSource {
  extent: () => Extent;
  sessions: () => readonly string[];
  row: (index: number) => { ticker: string; states: string } | undefined;
  words: (cell: Cell) => string; // "AAPL 1m, Mon 2024-03-04: fetch failed"
  column_words: (column: number) => string;
  seen: (first_row: number, last_row: number) => void;
  moved: (cell: Cell) => void;
  opened: (cell: Cell) => void;
  hovered: (cell: Cell | null) => void;
}

export class HeatGrid {
  readonly element: HTMLElement;
  private readonly canvas = el('canvas', { 'aria-hidden': 'true' });
  private readonly space = el('div', { class: 'heat-space', role: 'presentation' }, this.canvas);
  private readonly head = el('span', { role: 'columnheader' });
  private readonly row_head = el('span', { role: 'rowheader', 'aria-colindex': 1 });
  // Two in turn: the id of the active one changes with each move, so that it is read out.
  private readonly cells = [0, 1].map((index) => el('span', { role: 'gridcell', id: `heat-cell-${index}`, 'aria-selected': 'true' }));
  private readonly row = el('div', { role: 'row' }, this.row_head, this.cells[0]);
  private turn = 0;
  private cursor: Cell = { row: 0, column: 0 };
  private level = 2;
  private frame = 0;
  private colours = palette();

  constructor(private readonly source: HeatSource) {
    this.element = el('div', { class: 'heat', role: 'grid', tabindex: 0, 'aria-label': 'coverage by series and session',
      'aria-describedby': 'heat-keys' });
    const unseen = el('div', { class: 'unseen', role: 'presentation' }, el('div', { role: 'row', 'aria-rowindex': 1 },
      el('span', { role: 'columnheader', 'aria-colindex': 1 }, 'ticker'), this.head), this.row);
    this.element.append(unseen, this.space);
    this.element.addEventListener('scroll', () => this.later());
    this.element.addEventListener('keydown', (event) => this.key(event));
    this.element.addEventListener('focus', () => this.later());
    this.element.addEventListener('blur', () => this.later());
    this.canvas.addEventListener('pointermove', (event) => this.source.hovered(this.at(event)));
    this.canvas.addEventListener('pointerleave', () => this.source.hovered(null));
    this.canvas.addEventListener('click', (event) => {
      const cell = this.at(event);
      if (!cell) return;
      this.element.focus({ preventScroll: true });
      this.move(cell);
      this.source.opened(cell);
    });
    new ResizeObserver(() => this.later()).observe(this.element);
    on_theme(() => {
      this.colours = palette();
      this.later();
    });
  }

  get zoom(): number {
    return this.level;
  }

  set zoom(level: number) {
    this.level = Math.max(0, Math.min(zooms.length - 1, level));
    this.changed();
    this.follow();
  }

  get cell(): Cell {
    return this.cursor;
  }

  // What it shows has changed: rows came, or all is different.
  changed(): void {
    const { rows, columns } = this.source.extent();
    this.cursor = { row: Math.max(0, Math.min(this.cursor.row, rows - 1)), column: Math.max(0, Math.min(this.cursor.column, columns - 1)) };
    const zoom = zooms[this.level]!;
    this.space.style.width = `${label_width + columns * zoom.width + 2}px`;
    this.space.style.height = `${head_height + rows * zoom.height + 2}px`;
    const scrollbar = 18;
    this.element.style.maxHeight = `${Math.max(130, head_height + rows * zoom.height + scrollbar)}px`; // few rows, little room
    attribute(this.element, 'aria-rowcount', String(rows + 1));
    attribute(this.element, 'aria-colcount', String(columns + 1));
    this.tell(false);
    this.later();
  }

  // To the newest session of the first series.
  to_newest(): void {
    this.cursor = { row: 0, column: Math.max(0, this.source.extent().columns - 1) };
    this.tell(false);
    this.follow();
  }

  move(cell: Cell): void {
    this.cursor = cell;
    this.follow();
    this.tell(true);
    this.source.moved(cell);
    this.later();
  }

  private follow(): void {
    const zoom = zooms[this.level]!;
    const { row, column } = this.cursor;
    this.element.scrollTop = scrolled_to(row, zoom.height, this.element.scrollTop, this.element.clientHeight - head_height - 2);
    this.element.scrollLeft = scrolled_to(column, zoom.width, this.element.scrollLeft, this.element.clientWidth - label_width - 2);
  }

  private tell(is_move: boolean): void {
    const { row, column } = this.cursor;
    const { rows, columns } = this.source.extent();
    if (rows === 0 || columns === 0) {
      attribute(this.element, 'aria-activedescendant', null);
      return;
    }
    if (is_move) {
      this.turn = 1 - this.turn;
      this.row.replaceChildren(this.row_head, this.cells[this.turn]!);
    }
    const cell = this.cells[this.turn]!;
    text(this.row_head, this.source.row(row)?.ticker ?? '');
    text(this.head, this.source.column_words(column));
    attribute(this.head, 'aria-colindex', String(column + 2));
    attribute(this.row, 'aria-rowindex', String(row + 2));
    attribute(cell, 'aria-colindex', String(column + 2));
    text(cell, this.source.words(this.cursor));
    attribute(this.element, 'aria-activedescendant', cell.id);
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.target !== this.element) return;
    const extent = this.source.extent();
    if (extent.rows === 0 || extent.columns === 0) return;
    const page = Math.max(1, Math.floor((this.element.clientHeight - head_height) / zooms[this.level]!.height) - 1);
    const to = moved(event.key, event.ctrlKey, this.cursor, extent, page);
    if (to) this.move(to);
    else if (event.key === 'Enter' || event.key === ' ') this.source.opened(this.cursor);
    else if (event.key === '+' && !event.ctrlKey) this.zoom += 1;
    else if (event.key === '-' && !event.ctrlKey) this.zoom -= 1;
    else return;
    event.preventDefault();
  }

  private at(event: PointerEvent | MouseEvent): Cell | null {
    const corner = this.canvas.getBoundingClientRect();
    return cell_at(zooms[this.level]!, this.source.extent(), event.clientX - corner.left, event.clientY - corner.top,
      this.element.scrollLeft, this.element.scrollTop);
  }

  private later(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private draw(): void {
    const [width, height] = [this.element.clientWidth, this.element.clientHeight];
    if (width === 0 || height === 0) return;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const extent = this.source.extent();
    const zoom = zooms[this.level]!;
    const [first, last] = seen(this.element.scrollTop, height - head_height, zoom.height, extent.rows);
    this.source.seen(first, last);
    draw_heat(this.canvas, width, height, this.colours, {
      zoom, extent, sessions: this.source.sessions(), left: this.element.scrollLeft, top: this.element.scrollTop,
      cursor: extent.rows > 0 ? this.cursor : null, focused: document.activeElement === this.element,
      row: (index) => this.source.row(index),
    });
  }
}
