// Who took on what of a published plan: tasks by units.
import { type Assignment, Assignment_State } from '../../gen/duban/v1/assignment_pb';

/** How far a unit is with taking on: `plan` where plans of its own take it on. */
export type Taken = 'plan' | 'signed' | 'open' | 'declined' | 'done' | 'cancelled';

export interface MatrixRow {
  /** `plans/{plan}/tasks/{task}`. */
  task: string;
  table: string;
  number: number;
  text: string;
  /** By unit. */
  cells: Map<string, Assignment>;
}

export interface Matrix {
  /** By name, with the number of tasks each has and has taken on. */
  units: { unit: string; name: string; has: number; took: number }[];
  rows: MatrixRow[];
}

export function takenOf(assignment: Assignment): Taken {
  const { state, execution, decomposition } = assignment;
  if (state === Assignment_State.CANCELLED) return 'cancelled';
  if (state === Assignment_State.DECLINED) return 'declined';
  if (state === Assignment_State.DONE) return 'done';
  if ((decomposition?.planTitles.length ?? 0) > 0) return 'plan';
  return state === Assignment_State.ISSUED || execution?.receipt === undefined ? 'open' : 'signed';
}

/** Whether it answers for it, one way or the other. */
export function isTakenOn(assignment: Assignment): boolean {
  const taken = takenOf(assignment);
  return taken === 'plan' || taken === 'signed' || taken === 'done';
}

export function matrixOf(assignments: readonly Assignment[]): Matrix {
  const rows = new Map<string, MatrixRow>();
  const units = new Map<string, Matrix['units'][number]>();
  for (const assignment of assignments) {
    const task = assignment.name.slice(0, assignment.name.indexOf('/assignments/'));
    const { table, number, text, unit } = assignment;
    const row = rows.get(task) ?? { task, table, number, text, cells: new Map<string, Assignment>() };
    rows.set(task, row);
    row.cells.set(unit, assignment);
    const column = units.get(unit) ?? { unit, name: assignment.unitDisplayName, has: 0, took: 0 };
    units.set(unit, column);
    column.has += 1;
    if (isTakenOn(assignment)) column.took += 1;
  }
  const body = (table: string): boolean => table === '' || table === 'body';
  return {
    units: [...units.values()].sort((a, b) => a.name.localeCompare(b.name, 'zh')),
    rows: [...rows.values()].sort(
      (a, b) => Number(body(b.table)) - Number(body(a.table)) || a.table.localeCompare(b.table) || a.number - b.number,
    ),
  };
}
