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

export interface PlansOfUnits {
  plans: Plan[];
  isPending: boolean;
  error: Error | null;
  refetch: () => void;
}

/** What each of the units sees, each plan once, newest first of each. */
export function useUnitPlans(units: readonly string[], state: Plan_State): PlansOfUnits {
  const clients = useClients();
  const asked = useQueries({
    queries: units.map((unit) => ({
      queryKey: ['plans', unit, state],
      meta: live('plans'),
      queryFn: () => listPlans(clients, unit, state),
    })),
  });
  const plans = new Map(asked.flatMap((one) => (one.data ?? []).map((plan) => [plan.name, plan] as const)));
  return {
    plans: [...plans.values()],
    isPending: asked.some((one) => one.isPending),
    error: asked.find((one) => one.isError)?.error ?? null,
    refetch: () => { asked.forEach((one) => void one.refetch()); },
  };
}

/** The plans that one's own units have published, newest first: those one sees everybody's assignments of. */
export function useOwnPlans(): PlansOfUnits {
  const units = unitsWith(useWho(), ...ISSUER_READERS);
  const asked = useUnitPlans(units, Plan_State.PUBLISHED);
  return { ...asked, plans: asked.plans.filter((plan) => units.includes(plan.issuer)) };
}
