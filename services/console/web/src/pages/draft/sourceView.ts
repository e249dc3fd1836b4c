// The original, made ready to be drawn once for each reading: lines and rows with their segments, and which tasks each
// has something of, so that a task that lights up draws only its own lines anew.
import type { PlanSource, PlanSource_Cell, PlanSource_Line } from '../../gen/duban/v1/plan_source_service_pb';
import { type Marks, type Segment, segmentsOf } from './sourceMarks';

export interface LineView {
  line: number;
  segments: Segment[];
}
export interface CellView {
  lines: LineView[];
  rowSpan: number;
  columnSpan: number;
}
interface Drawn {
  key: string;
  tasks: ReadonlySet<string>;
}
export type RowView = Drawn & { cells: CellView[] };
export type BlockView = Drawn & ({ kind: 'line'; line: LineView } | { kind: 'table'; rows: RowView[] });

function tasksIn(lines: readonly LineView[]): Set<string> {
  return new Set(lines.flatMap((line) => line.segments.flatMap((segment) => segment.tasks)));
}

function lineView(line: PlanSource_Line, marks: Marks): LineView {
  return { line: line.line, segments: segmentsOf(line, marks.get(line.line) ?? []) };
}

function cellView(cell: PlanSource_Cell, marks: Marks): CellView {
  return {
    lines: cell.lines.map((line) => lineView(line, marks)),
    rowSpan: Math.max(cell.rowSpan, 1),
    columnSpan: Math.max(cell.columnSpan, 1),
  };
}

export function sourceView(source: PlanSource, marks: Marks): BlockView[] {
  return source.blocks.map((block, i): BlockView => {
    const key = String(i);
    if (block.rows.length === 0) {
      const line = lineView(block.line ?? ({ line: 0, column: 1, text: '' } as PlanSource_Line), marks);
      return { kind: 'line', key, line, tasks: tasksIn([line]) };
    }
    const rows = block.rows.map((row, j): RowView => {
      const cells = row.cells.map((cell) => cellView(cell, marks));
      return { key: `${key}/${String(j)}`, cells, tasks: tasksIn(cells.flatMap((cell) => cell.lines)) };
    });
    return { kind: 'table', key, rows, tasks: new Set(rows.flatMap((row) => [...row.tasks])) };
  });
}
