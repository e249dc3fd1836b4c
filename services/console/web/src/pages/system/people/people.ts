// People and what they were granted, as the pages of security officers ask for them.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';

import { useClients } from '../../../api/clients';
import { type Grant, Grant_State, type Person } from '../../../gen/duban/v1/person_pb';
import { Role } from '../../../gen/duban/v1/access_pb';
import { live } from '../../../live/kinds';

const PAGE = 500;

export function usePeople(): UseQueryResult<Person[]> {
  const { access } = useClients();
  return useQuery({
    queryKey: ['people'],
    meta: live('people'),
    queryFn: async () => {
      const people: Person[] = [];
      let pageToken = '';
      do {
        const page = await access.listPeople({ pageSize: PAGE, pageToken });
        people.push(...page.people);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      return people;
    },
  });
}

/** Of one person; empty: of everybody. Revoked ones included. */
export function useGrants(person: string): UseQueryResult<Grant[]> {
  const { access } = useClients();
  return useQuery({
    queryKey: ['grants', person],
    meta: live('people'),
    queryFn: async () => {
      const grants: Grant[] = [];
      let pageToken = '';
      do {
        const page = await access.listGrants({ person, pageSize: PAGE, pageToken });
        grants.push(...page.grants);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      return grants;
    },
  });
}

/** `people/x` of a grant's name. */
export function personOf(grant: Grant): string {
  return grant.name.split('/').slice(0, 2).join('/');
}

/** Roles that are held for a unit, and those for the whole node: all that a person can be granted. */
export const UNIT_ROLES = [Role.PLANNER, Role.REVIEWER, Role.CLERK, Role.LEADER, Role.ON_BEHALF] as const;
export const NODE_ROLES = [Role.REGISTRAR, Role.OPERATOR, Role.SECURITY_OFFICER, Role.AUDITOR] as const;

export function isForUnit(role: Role): boolean {
  return UNIT_ROLES.some((one) => one === role);
}

/** Those that count or wait, not those that are over by revocation. */
export function standing(grants: readonly Grant[]): Grant[] {
  return grants.filter((grant) => grant.state !== Grant_State.REVOKED);
}

/** In local reckoning: whether somebody is locked out at this moment. */
export function isLocked(person: Person): boolean {
  return person.lockedUntil !== undefined && Number(person.lockedUntil.seconds) * 1000 > Date.now();
}
