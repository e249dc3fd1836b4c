import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';

import { ASK_AGAIN } from '../../api/assignments';
import { useClients } from '../../api/clients';
import { type AssignmentQuery, filterOf } from '../../api/filter';
import { lastOf } from '../../api/names';
import type { Scope } from '../../components/useScope';
import type { GetBoardResponse } from '../../gen/duban/v1/assignment_service_pb';
import { live } from '../../live/kinds';
import { useWords } from '../../words';
import type { GroupBy } from './boardQuery';

/** The figures of a board; asked again by themselves. */
export function useBoard(query: AssignmentQuery, group: GroupBy, enabled = true): UseQueryResult<GetBoardResponse> {
  const { assignments } = useClients();
  return useQuery({
    queryKey: ['board', query, group],
    enabled,
    meta: live('assignments', 'plans'),
    refetchInterval: ASK_AGAIN,
    // A wall has nobody before it that would come back to the window.
    refetchIntervalInBackground: true,
    placeholderData: keepPreviousData,
    queryFn: () => assignments.getBoard({ groupBy: group, filter: filterOf(query) }),
  });
}

/** What a board is of: the plan where it is of one. */
export function useBoardTitle(scope: Scope): string {
  const words = useWords();
  const plan = scope.ownPlans.plans.find((one) => lastOf(one.name) === scope.query.plan);
  return plan === undefined ? words.boardView.wallTitle : plan.title;
}

export function updatedWords(time: number): string {
  return new Date(time).toLocaleTimeString('zh-CN', { hour12: false });
}
