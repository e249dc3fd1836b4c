// What the levels below made of the assignments of a board, level by level. Pure.
import type { Decomposition_Row, StateCounts } from '../../gen/duban/v1/assignment_pb';
import type { GetBoardResponse_Row } from '../../gen/duban/v1/assignment_service_pb';

/** One unit below, and the row of this board that it is part of. */
export interface UnitBelow {
  row: GetBoardResponse_Row;
  below: Decomposition_Row;
}

export interface Level {
  /** 1 for the level directly below. */
  depth: number;
  counts: Counts;
  units: UnitBelow[];
}

export interface Counts {
  total: number;
  issued: number;
  received: number;
  inProgress: number;
  underReview: number;
  declined: number;
  done: number;
}

export const COUNTS = ['issued', 'received', 'inProgress', 'underReview', 'declined', 'done'] as const;

export function countsOf(counts: StateCounts | undefined): Counts {
  const count = (value: bigint | undefined): number => Number(value ?? 0n);
  return {
    total: count(counts?.total),
    issued: count(counts?.issued),
    received: count(counts?.received),
    inProgress: count(counts?.inProgress),
    underReview: count(counts?.underReview),
    declined: count(counts?.declined),
    done: count(counts?.done),
  };
}

function sum(a: Counts, b: Counts): Counts {
  const all = { ...a };
  for (const key of ['total', ...COUNTS] as const) all[key] += b[key];
  return all;
}

/** In percent; undefined of nothing. */
export function doneRate(counts: Counts): number | undefined {
  return counts.total === 0 ? undefined : Math.floor((counts.done * 100) / counts.total);
}

/** By depth, from the nearest; units as the rows have them. */
export function levelsOf(rows: readonly GetBoardResponse_Row[]): Level[] {
  const levels = new Map<number, Level>();
  for (const row of rows) {
    for (const below of row.below) {
      const level = levels.get(below.depth) ?? { depth: below.depth, counts: countsOf(undefined), units: [] };
      level.counts = sum(level.counts, countsOf(below.counts));
      level.units.push({ row, below });
      levels.set(below.depth, level);
    }
  }
  return [...levels.values()].sort((a, b) => a.depth - b.depth);
}
