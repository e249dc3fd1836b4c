// What of all assignments a person sees: those of their units, and those of the plans that their units published.
import { useSearchParams } from 'react-router-dom';

import { type AssignmentQuery, paramsOf, queryOf } from '../api/filter';
import { lastOf } from '../api/names';
import { type PlansOfUnits, useOwnPlans } from '../api/plans';
import { useWho } from '../app/session';
import { UNIT_READERS, unitsWith } from '../app/who';

export interface Scope {
  query: AssignmentQuery;
  /** Whether it names a plan or a unit, as the services want it. */
  isSet: boolean;
  ownUnits: string[];
  ownPlans: PlansOfUnits;
  set: (change: Partial<AssignmentQuery>) => void;
  clear: () => void;
}

/** What the address asks for; where it names neither plan nor unit, the person's own unit, or their latest plan. */
export function useScope(): Scope {
  const who = useWho();
  const [params, setParams] = useSearchParams();
  const ownUnits = unitsWith(who, ...UNIT_READERS);
  const ownPlans = useOwnPlans();
  const asked = queryOf(params);
  const latest = ownPlans.plans[0];
  const query = { ...asked };
  if (query.plan === '' && query.unit === '') {
    if (latest !== undefined) query.plan = lastOf(latest.name);
    else if (!ownPlans.isPending && ownUnits[0] !== undefined) query.unit = lastOf(ownUnits[0]);
  }
  return {
    query,
    isSet: query.plan !== '' || query.unit !== '',
    ownUnits,
    ownPlans,
    set: (change) => { setParams(paramsOf({ ...query, ...change })); },
    clear: () => { setParams(new URLSearchParams()); },
  };
}
