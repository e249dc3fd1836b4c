// What the charts of a board draw. Pure; knows nothing of the library that draws it.
import type { AssignmentQuery } from '../../api/filter';
import { Assignment_Light, Assignment_State } from '../../gen/duban/v1/assignment_pb';
import type { GetBoardResponse_Row } from '../../gen/duban/v1/assignment_service_pb';
import { type Words, wordOf } from '../../words';
import { columnPath, type GroupBy, LIGHT_COLUMNS, rowName, rowQuery, STATE_COLUMNS, totalOf } from './boardQuery';

export interface ChartClick {
  row: number;
  series: number;
}

export interface BarsData {
  names: string[];
  series: { name: string; colour: string; shape: string | undefined; counts: number[] }[];
  fontSize: number;
  /** Of the names at the side, in pixels. */
  nameWidth: number;
  /** The list behind a bar. */
  pathOf: (click: ChartClick) => string;
}

export interface PieData {
  sectors: { name: string; colour: string; count: number }[];
  fontSize: number;
  pathOf: (click: ChartClick) => string;
}

const LIGHT_COLOURS: Partial<Record<Assignment_Light, string>> = {
  [Assignment_Light.RED]: '#cf1322',
  [Assignment_Light.YELLOW]: '#e8a500',
  [Assignment_Light.GREEN]: '#1f8a3b',
};
/** Green, the many, is plain. */
const LIGHT_SHAPES: Partial<Record<Assignment_Light, string>> = {
  [Assignment_Light.RED]: 'diamond',
  [Assignment_Light.YELLOW]: 'triangle',
};
const STATE_COLOURS: Partial<Record<Assignment_State, string>> = {
  [Assignment_State.ISSUED]: '#e8830c',
  [Assignment_State.RECEIVED]: '#69a6ea',
  [Assignment_State.IN_PROGRESS]: '#1a5fb4',
  [Assignment_State.UNDER_REVIEW]: '#7b61c4',
  [Assignment_State.DECLINED]: '#a5482a',
  [Assignment_State.DONE]: '#1f8a3b',
};
/** More rows than these are not told apart any more; the table has them all. */
export const MOST_BARS = 20;

function late(row: GetBoardResponse_Row): number {
  return Number(row.red) * 1e6 + Number(row.yellow);
}

/** The rows that a chart shows: where there are too many, those with the most red. */
export function chartRows(rows: readonly GetBoardResponse_Row[], most = MOST_BARS): GetBoardResponse_Row[] {
  const counted = rows.filter((row) => totalOf(row) > 0);
  if (counted.length <= most) return counted;
  const worst = new Set([...counted].sort((a, b) => late(b) - late(a)).slice(0, most));
  return counted.filter((row) => worst.has(row));
}

export function lightBars(
  rows: readonly GetBoardResponse_Row[], query: AssignmentQuery, group: GroupBy, words: Words, fontSize = 12,
): BarsData {
  return {
    names: rows.map((row) => rowName(row, group, words)),
    series: LIGHT_COLUMNS.map((column) => ({
      name: words.light.label(wordOf(words.Assignment_Light, Assignment_Light, column.light ?? 0)),
      colour: LIGHT_COLOURS[column.light ?? Assignment_Light.LIGHT_UNSPECIFIED] ?? '',
      shape: LIGHT_SHAPES[column.light ?? Assignment_Light.LIGHT_UNSPECIFIED],
      counts: rows.map((row) => column.count(row)),
    })),
    fontSize,
    nameWidth: fontSize * 12,
    pathOf: ({ row, series }) => {
      const column = LIGHT_COLUMNS[series];
      const of = rowQuery(query, group, rows[row]?.key ?? '');
      return column === undefined ? '' : columnPath(of, column);
    },
  };
}

export function statePie(total: GetBoardResponse_Row, query: AssignmentQuery, words: Words, fontSize = 12): PieData {
  const columns = STATE_COLUMNS.filter((column) => column.count(total) > 0);
  return {
    sectors: columns.map((column) => ({
      name: wordOf(words.Assignment_State, Assignment_State, column.state ?? 0),
      colour: STATE_COLOURS[column.state ?? Assignment_State.STATE_UNSPECIFIED] ?? '',
      count: column.count(total),
    })),
    fontSize,
    pathOf: ({ row }) => {
      const column = columns[row];
      return column === undefined ? '' : columnPath(query, column);
    },
  };
}
