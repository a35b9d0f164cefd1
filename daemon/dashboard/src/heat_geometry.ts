// Where the cells of the heat map are. Pure: pixels of the drawing, whose left and upper edges are labels that stay.

export interface Zoom {
  width: number;
  height: number;
}

export const zooms: readonly Zoom[] = [
  { width: 5, height: 10 },
  { width: 9, height: 14 },
  { width: 14, height: 18 },
  { width: 20, height: 22 },
];

export const label_width = 92;
export const head_height = 36;

export interface Cell {
  row: number;
  column: number;
}

export interface Extent {
  rows: number;
  columns: number;
}

export const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));

// The cell below a point of the drawing (x, y from its corner), when the map is scrolled so far. null: a label, or beyond.
export function cell_at(zoom: Zoom, extent: Extent, x: number, y: number, left: number, top: number): Cell | null {
  if (x < label_width || y < head_height) return null;
  const row = Math.floor((y - head_height + top) / zoom.height);
  const column = Math.floor((x - label_width + left) / zoom.width);
  return row < extent.rows && column < extent.columns ? { row, column } : null;
}

// The first and last index that are seen, even in part.
export function seen(offset: number, pixels: number, size: number, total: number): [number, number] {
  const first = clamp(Math.floor(offset / size), 0, Math.max(0, total - 1));
  return [first, clamp(Math.floor((offset + pixels - 1) / size), first, Math.max(first, total - 1))];
}

// The offset closest to `offset` at which [index * size, + size) is seen whole in `pixels`.
export function scrolled_to(index: number, size: number, offset: number, pixels: number): number {
  if (index * size < offset) return index * size;
  if ((index + 1) * size > offset + pixels) return Math.max(0, (index + 1) * size - pixels);
  return offset;
}

// Where a key takes the cursor; null: it is none of these keys.
export function moved(key: string, with_control: boolean, from: Cell, extent: Extent, page_rows: number): Cell | null {
  const last = { row: extent.rows - 1, column: extent.columns - 1 };
  const to = (row: number, column: number): Cell => ({
    row: clamp(row, 0, Math.max(0, last.row)),
    column: clamp(column, 0, Math.max(0, last.column)),
  });
  switch (key) {
    case 'ArrowUp': return to(from.row - 1, from.column);
    case 'ArrowDown': return to(from.row + 1, from.column);
    case 'ArrowLeft': return to(from.row, from.column - 1);
    case 'ArrowRight': return to(from.row, from.column + 1);
    case 'PageUp': return to(from.row - page_rows, from.column);
    case 'PageDown': return to(from.row + page_rows, from.column);
    case 'Home': return with_control ? to(0, 0) : to(from.row, 0);
    case 'End': return with_control ? to(last.row, last.column) : to(from.row, last.column);
    default: return null;
  }
}
