// Assignments by the day on which they are due.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';

import { ASK_AGAIN, dueOf } from '../../api/assignments';
import { type Clients, useClients } from '../../api/clients';
import { type AssignmentQuery, filterOf } from '../../api/filter';
import { type Assignment, Assignment_Light } from '../../gen/duban/v1/assignment_pb';
import { live } from '../../live/kinds';

const PAGE = 500;
const MOST = 5_000;

export interface Dues {
  byDay: ReadonlyMap<string, Assignment[]>;
  count: number;
  /** There are more than were fetched; those that were are due first. */
  more: boolean;
}

export function duesOf(assignments: readonly Assignment[], more: boolean): Dues {
  const byDay = new Map<string, Assignment[]>();
  for (const one of assignments) {
    const due = dueOf(one);
    if (due === '') continue;
    const there = byDay.get(due);
    if (there === undefined) byDay.set(due, [one]);
    else there.push(one);
  }
  return { byDay, count: assignments.length, more };
}

async function listDues(clients: Clients, query: AssignmentQuery): Promise<Dues> {
  const assignments: Assignment[] = [];
  let pageToken = '';
  do {
    const page = await clients.assignments.listAssignments({ filter: filterOf(query), orderBy: 'due', pageSize: PAGE, pageToken });
    assignments.push(...page.assignments);
    pageToken = page.nextPageToken;
    // Those judged by periods, or without any day, may stand between: only a page without a single due day ends it.
    if (page.assignments.length > 0 && page.assignments.every((one) => dueOf(one) === '')) pageToken = '';
  } while (pageToken !== '' && assignments.length < MOST);
  return duesOf(assignments, pageToken !== '');
}

export function useDues(query: AssignmentQuery, enabled: boolean): UseQueryResult<Dues> {
  const clients = useClients();
  return useQuery({
    queryKey: ['dues', query],
    meta: live('assignments', 'plans'),
    enabled,
    refetchInterval: ASK_AGAIN * 4,
    queryFn: () => listDues(clients, query),
  });
}

export interface LightCount {
  light: Assignment_Light;
  count: number;
}

const WORST_FIRST = [Assignment_Light.RED, Assignment_Light.YELLOW, Assignment_Light.GREEN, Assignment_Light.GREY];

/** How many of each light, the worst first; those there are none of are left out. */
export function lightsOf(assignments: readonly Assignment[]): LightCount[] {
  return WORST_FIRST.map((light) => ({ light, count: assignments.filter((one) => one.light === light).length })).filter((one) => one.count > 0);
}
