// A board as a picture to be sent: its words and figures as cells, then painted. What is painted is what the page has.
import { Assignment_Light, Assignment_State } from '../../gen/duban/v1/assignment_pb';
import { type GetBoardResponse, type GetBoardResponse_Row, GetBoardRequest_GroupBy } from '../../gen/duban/v1/assignment_service_pb';
import { type Words, wordOf } from '../../words';
import { type GroupBy, LIGHT_COLUMNS, rateOf, rowName, STATE_COLUMNS, totalOf } from './boardQuery';

export interface Sheet {
  title: string;
  note: string;
  columns: string[];
  /** The last is the total. */
  rows: string[][];
}

function cellsOf(name: string, row: GetBoardResponse_Row): string[] {
  return [name, String(totalOf(row)), ...[...LIGHT_COLUMNS, ...STATE_COLUMNS].map((column) => String(column.count(row))), rateOf(row)];
}

/** The cells of a board, in the order of its table. */
export function sheetOf(title: string, answer: GetBoardResponse, group: GroupBy, words: Words): Sheet {
  return {
    title,
    note: words.board.asOf(answer.asOf),
    columns: [
      wordOf(words.GetBoardRequest_GroupBy, GetBoardRequest_GroupBy, group),
      words.board.total,
      ...LIGHT_COLUMNS.map((column) => words.light.label(wordOf(words.Assignment_Light, Assignment_Light, column.light ?? 0))),
      ...STATE_COLUMNS.map((column) => wordOf(words.Assignment_State, Assignment_State, column.state ?? 0)),
      words.board.rate,
    ],
    rows: [
      ...answer.rows.map((row) => cellsOf(rowName(row, group, words), row)),
      ...(answer.total === undefined ? [] : [cellsOf(words.board.total, answer.total)]),
    ],
  };
}

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif';
const MARGIN = 32;
const LINE = 34;
const CELL = 16;
/** Twice as fine as the screen, so that it can be printed. */
const SCALE = 2;
/** Of the charts above the table. */
const CHART_HEIGHT = 300;

function widthsOf(sheet: Sheet, pen: CanvasRenderingContext2D): number[] {
  pen.font = `15px ${FONT}`;
  return sheet.columns.map((column, i) =>
    Math.max(...[column, ...sheet.rows.map((row) => row[i] ?? '')].map((text) => pen.measureText(text).width)) + 2 * CELL);
}

function paintTable(pen: CanvasRenderingContext2D, sheet: Sheet, widths: readonly number[], top: number): void {
  [sheet.columns, ...sheet.rows].forEach((cells, line) => {
    const y = top + line * LINE;
    const bold = line === 0 || line === sheet.rows.length;
    if (line === 0) {
      pen.fillStyle = '#f1f4f8';
      pen.fillRect(MARGIN, y, widths.reduce((sum, width) => sum + width, 0), LINE);
    }
    pen.fillStyle = '#1f2430';
    pen.font = `${bold ? '600 ' : ''}15px ${FONT}`;
    let x = MARGIN;
    cells.forEach((cell, i) => {
      const width = widths[i] ?? 0;
      pen.textAlign = i === 0 ? 'left' : 'right';
      pen.fillText(cell, i === 0 ? x + CELL : x + width - CELL, y + LINE / 2 + 5);
      x += width;
    });
    pen.fillStyle = '#dfe3ea';
    pen.fillRect(MARGIN, y + LINE - 1, x - MARGIN, 1);
  });
}

function paintCharts(pen: CanvasRenderingContext2D, charts: readonly HTMLCanvasElement[], width: number, top: number): void {
  const all = charts.reduce((sum, chart) => sum + chart.width / chart.height, 0);
  let x = MARGIN;
  for (const chart of charts) {
    const share = (chart.width / chart.height / all) * (width - 2 * MARGIN);
    const height = Math.min(CHART_HEIGHT, (share * chart.height) / chart.width);
    pen.drawImage(chart, x, top, (height * chart.width) / chart.height, height);
    x += share;
  }
}

/** Paints a sheet with the charts that are on the page; a PNG. */
export async function paintSheet(sheet: Sheet, charts: readonly HTMLCanvasElement[]): Promise<Blob> {
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('this browser cannot paint');
  const widths = widthsOf(sheet, pen);
  const width = Math.max(900, widths.reduce((sum, one) => sum + one, 0) + 2 * MARGIN);
  const tableTop = 96 + (charts.length === 0 ? 0 : CHART_HEIGHT + 16);
  canvas.width = width * SCALE;
  canvas.height = (tableTop + (sheet.rows.length + 1) * LINE + MARGIN) * SCALE;
  pen.scale(SCALE, SCALE);
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = '#1f2430';
  pen.font = `600 24px ${FONT}`;
  pen.fillText(sheet.title, MARGIN, 48);
  pen.fillStyle = '#5c6470';
  pen.font = `14px ${FONT}`;
  pen.fillText(sheet.note, MARGIN, 76);
  paintCharts(pen, charts, width, 90);
  paintTable(pen, sheet, widths, tableTop);
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => {
      if (blob === null) failed(new Error('the picture is too large for this browser'));
      else done(blob);
    });
  });
}
