// Plans as several pages ask for them.
import { useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query';

import { ISSUER_READERS, unitsWith } from '../app/who';
import { useWho } from '../app/session';
import { type Plan, Plan_State } from '../gen/duban/v1/plan_pb';
import { live } from '../live/kinds';
import { type Clients, useClients } from './clients';

const PAGE = 500;

/** Plans that a unit sees, newest first, without tasks and findings. */
export async function listPlans(clients: Clients, viewer: string, state: Plan_State): Promise<Plan[]> {
  const plans: Plan[] = [];
  let pageToken = '';
  do {
    const page = await clients.plans.listPlans({ viewer, state, pageSize: PAGE, pageToken });
    plans.push(...page.plans);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return plans;
}

export function usePlans(viewer: string, state: Plan_State): UseQueryResult<Plan[]> {
  const clients = useClients();
  return useQuery({
    queryKey: ['plans', viewer, state],
    meta: live('plans'),
    enabled: viewer !== '',
    queryFn: () => listPlans(clients, viewer, state),
  });
}

export interface OwnPlans {
  plans: Plan[];
  isPending: boolean;
  error: Error | null;
  refetch: () => void;
}

/** The plans that one's own units have published, newest first: those one sees everybody's assignments of. */
export function useOwnPlans(): OwnPlans {
  const clients = useClients();
  const units = unitsWith(useWho(), ...ISSUER_READERS);
  const asked = useQueries({
    queries: units.map((unit) => ({
      queryKey: ['plans', unit, Plan_State.PUBLISHED],
      meta: live('plans'),
      queryFn: () => listPlans(clients, unit, Plan_State.PUBLISHED),
    })),
  });
  const seen = new Set<string>();
  const plans = asked.flatMap((one, i) => (one.data ?? []).filter((plan) => plan.issuer === units[i]));
  return {
    plans: plans.filter((plan) => !seen.has(plan.name) && seen.add(plan.name)),
    isPending: asked.some((one) => one.isPending),
    error: asked.find((one) => one.isError)?.error ?? null,
    refetch: () => { asked.forEach((one) => void one.refetch()); },
  };
}
