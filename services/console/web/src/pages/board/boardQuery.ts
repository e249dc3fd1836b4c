// What a board is about, as its address has it, and where its figures and rows lead.
import { ANY, type AssignmentQuery, listPath, paramsOf } from '../../api/filter';
import { lastOf } from '../../api/names';
import { Assignment_Light, Assignment_State } from '../../gen/duban/v1/assignment_pb';
import { GetBoardRequest_GroupBy, type GetBoardResponse_Row } from '../../gen/duban/v1/assignment_service_pb';
import type { Words } from '../../words';

export type GroupBy = GetBoardRequest_GroupBy.PLAN | GetBoardRequest_GroupBy.UNIT | GetBoardRequest_GroupBy.HEADING;
export const { PLAN, UNIT, HEADING } = GetBoardRequest_GroupBy;
export const GROUPS: readonly GroupBy[] = [UNIT, HEADING, PLAN];

/** By what the rows are: as asked, else by what tells most apart of what is asked for. */
export function groupOf(params: URLSearchParams, query: AssignmentQuery): GroupBy {
  const asked = GROUPS.find((group) => GetBoardRequest_GroupBy[group].toLowerCase() === params.get('by'));
  if (asked !== undefined) return asked;
  if (query.plan === '') return PLAN;
  return query.unit === '' ? UNIT : HEADING;
}

export function boardPath(query: AssignmentQuery, group: GroupBy): string {
  const params = paramsOf(query);
  params.set('by', GetBoardRequest_GroupBy[group].toLowerCase());
  return `/board?${params.toString()}`;
}

/** Which level below is looked into, 0 for none of them; undefined where the board is not by level. */
export function depthOf(params: URLSearchParams): number | undefined {
  if (params.get('by') !== 'level') return undefined;
  const depth = Number(params.get('depth') ?? '0');
  return Number.isInteger(depth) && depth > 0 ? depth : 0;
}

/** The board by level, with the units of one of them where `depth` is not 0. */
export function levelPath(query: AssignmentQuery, depth: number): string {
  const params = paramsOf(query);
  params.set('by', 'level');
  if (depth > 0) params.set('depth', String(depth));
  return `/board?${params.toString()}`;
}

export function wallPath(query: AssignmentQuery, group: GroupBy): string {
  return boardPath(query, group).replace('/board?', '/board/wall?');
}

/** Only what boards count by. */
export function boardQuery(query: AssignmentQuery): AssignmentQuery {
  const { plan, unit, heading, withoutHeading } = query;
  return { ...ANY, plan, unit, heading, withoutHeading };
}

/** What one row is about. */
export function rowQuery(query: AssignmentQuery, group: GroupBy, key: string): AssignmentQuery {
  switch (group) {
    case PLAN:
      return { ...query, plan: lastOf(key) };
    case UNIT:
      return { ...query, unit: lastOf(key) };
    case HEADING:
      return { ...query, heading: key, withoutHeading: key === '' };
  }
}

export function rowName(row: GetBoardResponse_Row, group: GroupBy, words: Words): string {
  if (group === HEADING && row.key === '') return words.list.withoutHeading;
  return row.displayName === '' ? row.key : row.displayName;
}

/** What is worth looking at beneath a row; undefined where there is nothing. */
export function drillGroup(query: AssignmentQuery, group: GroupBy): GroupBy | undefined {
  const next: Record<GroupBy, GroupBy> = { [PLAN]: UNIT, [UNIT]: HEADING, [HEADING]: UNIT };
  const group2 = next[group];
  if (group2 === UNIT && query.unit !== '') return group === PLAN ? HEADING : undefined;
  if (group2 === HEADING && (query.heading !== '' || query.withoutHeading)) return undefined;
  return group2;
}

export interface Column {
  key: string;
  state?: Assignment_State;
  light?: Assignment_Light;
  count: (row: GetBoardResponse_Row) => number;
}

const {
  ISSUED, RECEIVED, IN_PROGRESS, UNDER_REVIEW, DONE, DECLINED,
} = Assignment_State;

/** Figures by light, then by state. */
export const LIGHT_COLUMNS: readonly Column[] = [
  { key: 'red', light: Assignment_Light.RED, count: (row) => Number(row.red) },
  { key: 'yellow', light: Assignment_Light.YELLOW, count: (row) => Number(row.yellow) },
  { key: 'green', light: Assignment_Light.GREEN, count: (row) => Number(row.green) },
];
export const STATE_COLUMNS: readonly Column[] = [
  { key: 'issued', state: ISSUED, count: (row) => Number(row.counts?.issued ?? 0n) },
  { key: 'received', state: RECEIVED, count: (row) => Number(row.counts?.received ?? 0n) },
  { key: 'inProgress', state: IN_PROGRESS, count: (row) => Number(row.counts?.inProgress ?? 0n) },
  { key: 'underReview', state: UNDER_REVIEW, count: (row) => Number(row.counts?.underReview ?? 0n) },
  { key: 'declined', state: DECLINED, count: (row) => Number(row.counts?.declined ?? 0n) },
  { key: 'done', state: DONE, count: (row) => Number(row.counts?.done ?? 0n) },
];
/** The total leaves out what was cancelled, and so does the list that it opens. */
export const COUNTED_STATES = [ISSUED, RECEIVED, IN_PROGRESS, UNDER_REVIEW, DECLINED, DONE];

export function totalOf(row: GetBoardResponse_Row): number {
  return Number(row.counts?.total ?? 0n);
}

/** The list that a figure counts. */
export function columnPath(query: AssignmentQuery, column: Column): string {
  return listPath({
    ...query,
    ...(column.state !== undefined && { states: [column.state] }),
    ...(column.light !== undefined && { light: column.light }),
  });
}

export function totalPath(query: AssignmentQuery): string {
  return listPath({ ...query, states: COUNTED_STATES });
}

/** Of what counts, how much is done, in percent; nothing of nothing. */
export function rateOf(row: GetBoardResponse_Row): string {
  const total = totalOf(row);
  return total === 0 ? '—' : `${String(Math.floor((Number(row.counts?.done ?? 0n) * 100) / total))}%`;
}
