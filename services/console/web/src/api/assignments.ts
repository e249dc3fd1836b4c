// Assignments as several pages ask for them.
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';

import type { ListAssignmentsResponse } from '../gen/duban/v1/assignment_service_pb';
import type { Assignment } from '../gen/duban/v1/assignment_pb';
import { type Clients, useClients } from './clients';
import { live } from '../live/kinds';
import { type AssignmentQuery, filterOf } from './filter';

/** How often a page that stays open asks again, in milliseconds. */
export const ASK_AGAIN = 30_000;
/** How long a page of a list is kept once it was scrolled away, in milliseconds. */
const KEPT_UNSEEN = 20_000;
/** Pages of the server may be empty and still have a next one; so many of them are passed over at once. */
const MOST_EMPTY_PAGES = 20;

export async function listPage(
  clients: Clients,
  query: AssignmentQuery,
  pageSize: number,
  pageToken: string,
): Promise<ListAssignmentsResponse> {
  const request = { filter: filterOf(query), orderBy: query.order, pageSize };
  let page = await clients.assignments.listAssignments({ ...request, pageToken });
  for (let i = 0; page.assignments.length === 0 && page.nextPageToken !== '' && i < MOST_EMPTY_PAGES; ++i) {
    page = await clients.assignments.listAssignments({ ...request, pageToken: page.nextPageToken });
  }
  return page;
}

/** One page of a list, asked for again while it is shown, and forgotten soon after: lists can be very long. */
export function useListPage(
  query: AssignmentQuery,
  pageSize: number,
  pageToken: string,
): UseQueryResult<ListAssignmentsResponse> {
  const clients = useClients();
  return useQuery({
    queryKey: ['assignments', query, pageSize, pageToken],
    meta: live('assignments', 'plans'),
    refetchInterval: ASK_AGAIN,
    gcTime: KEPT_UNSEEN,
    placeholderData: keepPreviousData,
    queryFn: () => listPage(clients, query, pageSize, pageToken),
  });
}

/** `7`, or `附件1-7` in a table of its own. */
export function numberOf(assignment: Assignment): string {
  const { table, number } = assignment;
  return table === '' || table === 'body' ? String(number) : `${table}-${String(number)}`;
}

/** The day where there is one. */
export function dueOf(assignment: Assignment): string {
  return assignment.deadline?.due ?? '';
}
