// What a calendar shows, as its address has it: a month or a year, and whose assignments.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';

import { useClients } from '../../api/clients';
import { type AssignmentQuery, paramsOf } from '../../api/filter';
import { useWho } from '../../app/session';
import { holdsAny, WORKING_ROLES } from '../../app/who';
import type { Calendar } from '../../gen/duban/v1/calendar_pb';
import { live } from '../../live/kinds';
import { type Month, monthOf, monthText, today } from './days';

export type View = 'month' | 'year';

export function viewOf(params: URLSearchParams): View {
  return params.get('view') === 'year' ? 'year' : 'month';
}

/** The month that is asked for, else the current one. */
export function shownMonth(params: URLSearchParams): Month {
  return monthOf(params.get('month') ?? '') ?? monthOf(today()) ?? { year: 1970, month: 1 };
}

export function calendarPath(query: AssignmentQuery, month: Month, view: View): string {
  const params = paramsOf(query);
  params.set('month', monthText(month));
  if (view === 'year') params.set('view', view);
  return `/calendar?${params.toString()}`;
}

export function dayPath(query: AssignmentQuery, day: string): string {
  return `/calendar/${day}?${paramsOf(query).toString()}`;
}

/** Whether a person has assignments to look at; registrars and operators see the days alone. */
export function useWorks(): boolean {
  return holdsAny(useWho(), ...WORKING_ROLES);
}

export function useCalendars(): UseQueryResult<Calendar[]> {
  const { directory } = useClients();
  return useQuery({
    queryKey: ['calendars'],
    meta: live('calendars'),
    staleTime: 10 * 60_000,
    queryFn: async () => (await directory.listCalendars({})).calendars,
  });
}
