// Draws the part of the heat map that is seen. Colours are not the only sign: holes have a letter where there is room.
import type { Cell, Extent, Zoom } from './heat_geometry.js';
import { head_height, label_width, seen } from './heat_geometry.js';
import { month, weekday } from './format.js';
import { colour } from './theme.js';
import { state_of, states } from './words.js';

export interface HeatPicture {
  zoom: Zoom;
  extent: Extent;
  sessions: readonly string[];
  left: number;
  top: number;
  cursor: Cell | null;
  focused: boolean;
  row: (index: number) => { ticker: string; states: string } | undefined;
}

interface Palette {
  fill: Map<string, string>;
  ink: Map<string, string>;
  paper: string;
  text: string;
  quiet: string;
  line: string;
  focus: string;
}

export function palette(): Palette {
  const fill = new Map<string, string>();
  const ink = new Map<string, string>();
  for (const { letter } of states) {
    const name = letter === '-' ? 'none' : letter;
    fill.set(letter, colour(`--state-${name}`));
    ink.set(letter, colour(`--state-${name}-ink`));
  }
  return {
    fill, ink,
    paper: colour('--paper'), text: colour('--ink'), quiet: colour('--ink-quiet'), line: colour('--line'), focus: colour('--focus'),
  };
}

const month_width = 70;

const font = (pixels: number, weight = ''): string => `${weight} ${pixels}px system-ui, sans-serif`.trim();

export function draw_heat(canvas: HTMLCanvasElement, width: number, height: number, colours: Palette, picture: HeatPicture): void {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const pen = canvas.getContext('2d')!;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, width, height);
  if (picture.extent.rows === 0 || picture.extent.columns === 0) return;
  const { zoom, extent, left, top } = picture;
  const rows = seen(top, height - head_height, zoom.height, extent.rows);
  const columns = seen(left, width - label_width, zoom.width, extent.columns);
  draw_cells(pen, colours, picture, rows, columns);
  draw_labels(pen, colours, picture, rows, height);
  draw_heads(pen, colours, picture, columns, width);
}

function draw_cells(
  pen: CanvasRenderingContext2D, colours: Palette, picture: HeatPicture, rows: [number, number], columns: [number, number],
): void {
  const { zoom, left, top, cursor } = picture;
  const gap = zoom.width > 8 ? 1 : 0.5;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.font = font(Math.min(12, zoom.width - 1, zoom.height - 4), '600');
  for (let row = rows[0]; row <= rows[1]; ++row) {
    const content = picture.row(row)?.states;
    const y = head_height + row * zoom.height - top;
    for (let column = columns[0]; column <= columns[1]; ++column) {
      const x = label_width + column * zoom.width - left;
      const state = content === undefined ? null : state_of(content[column]);
      pen.fillStyle = state === null ? colours.line : (colours.fill.get(state.letter) ?? colours.line);
      pen.globalAlpha = state === null ? 0.4 : 1;
      pen.fillRect(x, y, zoom.width - gap, zoom.height - gap);
      pen.globalAlpha = 1;
      if (state?.mark && zoom.width >= 9) {
        pen.fillStyle = colours.ink.get(state.letter) ?? colours.text;
        pen.fillText(state.mark, x + (zoom.width - gap) / 2, y + (zoom.height - gap) / 2 + 0.5);
      }
    }
  }
  if (!cursor) return;
  const [x, y] = [label_width + cursor.column * zoom.width - left, head_height + cursor.row * zoom.height - top];
  pen.strokeStyle = colours.paper;
  pen.lineWidth = 4;
  pen.strokeRect(x - 0.5, y - 0.5, zoom.width, zoom.height);
  pen.strokeStyle = picture.focused ? colours.focus : colours.text;
  pen.lineWidth = 2;
  pen.strokeRect(x - 0.5, y - 0.5, zoom.width, zoom.height);
}

function draw_labels(
  pen: CanvasRenderingContext2D, colours: Palette, picture: HeatPicture, rows: [number, number], height: number,
): void {
  const { zoom, top, cursor } = picture;
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, label_width - 2, height);
  pen.textAlign = 'left';
  const every = zoom.height < 13 ? 2 : 1; // where rows are too low for all names
  for (let row = rows[0]; row <= rows[1]; ++row) {
    const at_cursor = cursor?.row === row;
    if (row % every !== 0 && !at_cursor) continue;
    pen.font = font(Math.min(12, zoom.height - 1 + (every - 1) * 2), at_cursor ? '700' : '');
    pen.fillStyle = at_cursor ? colours.text : colours.quiet;
    const y = head_height + row * zoom.height - top + zoom.height / 2;
    pen.fillText(picture.row(row)?.ticker ?? '…', 4, y, label_width - 10);
  }
}

function draw_heads(
  pen: CanvasRenderingContext2D, colours: Palette, picture: HeatPicture, columns: [number, number], width: number,
): void {
  const { zoom, left, sessions, cursor } = picture;
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, width, head_height - 1);
  pen.textAlign = 'left';
  let month_until = 0;
  for (let column = columns[0]; column <= columns[1]; ++column) {
    const date = sessions[column];
    if (date === undefined) continue;
    const x = label_width + column * zoom.width - left;
    const first = column === columns[0];
    const month_of = (index: number): string | undefined => sessions[index]?.slice(0, 7);
    // The month that is under way at the left edge is named where there is room before the next one.
    const under_way = first && month_of(column) === month_of(column + Math.ceil(month_width / zoom.width));
    const begins = column > 0 && month_of(column) !== month_of(column - 1);
    if ((begins || under_way) && x >= month_until && x >= label_width) {
      pen.font = font(12, '600');
      pen.fillStyle = colours.text;
      pen.fillText(month(date), x, 10);
      month_until = x + month_width;
    }
    const at_cursor = column === cursor?.column;
    const beside = !at_cursor && Math.abs(column - (cursor?.column ?? -9)) * zoom.width < 18; // its day needs the room
    const before = sessions[column - 1]; // a week begins on Tuesday where Monday is a holiday
    const week_begins = before !== undefined && weekday(before) > weekday(date);
    const weekly = zoom.width >= 18 || (week_begins && !beside);
    if ((weekly || at_cursor) && x >= label_width - 1) {
      pen.font = font(Math.min(11, zoom.width + 2), at_cursor ? '700' : '');
      pen.fillStyle = at_cursor ? colours.text : colours.quiet;
      pen.fillText(date.slice(8), x, 26);
    }
  }
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, label_width - 2, head_height - 1);
}
