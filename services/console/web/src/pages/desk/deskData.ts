// What waits for a person, asked of the same calls as `duban todo` and `duban review` make.
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';

import { ASK_AGAIN, dueOf, listPage } from '../../api/assignments';
import { type Clients, useClients } from '../../api/clients';
import { ANY, type AssignmentQuery, filterOf } from '../../api/filter';
import { lastOf } from '../../api/names';
import { type Assignment, Assignment_Light, Assignment_State, Review_Verdict } from '../../gen/duban/v1/assignment_pb';
import { GetBoardRequest_GroupBy } from '../../gen/duban/v1/assignment_service_pb';
import { ListIssuerItemsRequest_Wait as Wait, type ListIssuerItemsResponse_Item } from '../../gen/duban/v1/issuer_service_pb';
import { live } from '../../live/kinds';

/** So many of each are listed; the others are a click away. */
export const SHOWN = 50;

export interface Section {
  items: Assignment[];
  /** The list that holds all of them, as an address; and how many that are, where that is known. */
  all: AssignmentQuery;
  total: number | undefined;
}

export interface UnitDesk {
  toSign: Section;
  returned: Assignment[];
  late: Section;
  soon: Section;
}

const AT_WORK = [Assignment_State.RECEIVED, Assignment_State.IN_PROGRESS];

/** Whether its last result was sent back and none was handed in since. */
export function isReturned(assignment: Assignment): boolean {
  if (!AT_WORK.includes(assignment.state)) return false;
  const last = assignment.execution?.submissions.at(-1);
  if (last === undefined) return false;
  return (assignment.oversight?.reviews ?? []).some(
    (review) => review.submissionId === last.submissionId && review.verdict === Review_Verdict.RETURNED,
  );
}

async function sectionOf(clients: Clients, query: AssignmentQuery): Promise<Section> {
  const page = await listPage(clients, query, SHOWN, '');
  const total = page.nextPageToken === '' ? page.assignments.length : undefined;
  return { items: page.assignments, all: query, total };
}

/** What was sent back has a section of its own. */
function withoutReturned(section: Section): Section {
  const items = section.items.filter((one) => !isReturned(one));
  const left = section.items.length - items.length;
  return { ...section, items, total: section.total === undefined ? undefined : section.total - left };
}

export async function unitDesk(clients: Clients, unit: string): Promise<UnitDesk> {
  const own: AssignmentQuery = { ...ANY, unit: lastOf(unit), order: 'due' };
  const [board, toSign, late, soon] = await Promise.all([
    clients.assignments.getBoard({ groupBy: GetBoardRequest_GroupBy.UNIT, filter: filterOf(own) }),
    sectionOf(clients, { ...own, states: [Assignment_State.ISSUED] }),
    // What is under review for one period can be owed for another.
    sectionOf(clients, {
      ...own,
      states: [...AT_WORK, Assignment_State.UNDER_REVIEW],
      light: Assignment_Light.RED,
    }),
    sectionOf(clients, { ...own, states: AT_WORK, light: Assignment_Light.YELLOW }),
  ]);
  const returned = [...late.items, ...soon.items].filter(isReturned);
  toSign.total ??= Number(board.total?.counts?.issued ?? 0n);
  return { toSign, returned, late: withoutReturned(late), soon: withoutReturned(soon) };
}

export function useUnitDesk(unit: string): UseQueryResult<UnitDesk> {
  const clients = useClients();
  return useQuery({
    queryKey: ['desk', 'unit', unit],
    meta: live('assignments', 'plans'),
    refetchInterval: ASK_AGAIN,
    placeholderData: keepPreviousData,
    queryFn: () => unitDesk(clients, unit),
  });
}

export interface IssuerDesk {
  toReview: Assignment[];
  toRule: Assignment[];
  toAnswer: Assignment[];
  toRead: Assignment[];
  /** The node is still counting what waits: there may be more. */
  counting: boolean;
}

/** Most that is read of what waits for an issuer, whatever it waits for. */
const MOST_ITEMS = 500;

function nearestFirst(one: Assignment, other: Assignment): number {
  return (dueOf(one) || NO_DUE).localeCompare(dueOf(other) || NO_DUE);
}
const NO_DUE = '9999';

export async function issuerDesk(clients: Clients, issuer: string): Promise<IssuerDesk> {
  const items: ListIssuerItemsResponse_Item[] = [];
  let pageToken = '';
  let counting = false;
  do {
    const page = await clients.issuers.listIssuerItems({ issuer, pageSize: MOST_ITEMS, pageToken });
    items.push(...page.items);
    counting ||= page.stillCounting;
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && items.length < MOST_ITEMS);
  const waiting = (wait: Wait): Assignment[] =>
    items.flatMap((one) => (one.assignment !== undefined && one.waits.includes(wait) ? [one.assignment] : [])).sort(nearestFirst);
  return {
    toReview: waiting(Wait.REVIEW),
    toRule: waiting(Wait.RULING),
    toAnswer: waiting(Wait.EXTENSION),
    toRead: waiting(Wait.READING),
    counting,
  };
}

export function useIssuerDesk(unit: string): UseQueryResult<IssuerDesk> {
  const clients = useClients();
  return useQuery({
    queryKey: ['desk', 'issuer', unit],
    meta: live('assignments', 'plans'),
    refetchInterval: ASK_AGAIN,
    placeholderData: keepPreviousData,
    queryFn: () => issuerDesk(clients, unit),
  });
}
