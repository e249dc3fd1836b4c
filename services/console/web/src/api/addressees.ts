// Whom a task can name: the units and the groups of the directory, as documents print them.
import { useQuery } from '@tanstack/react-query';
import { live } from '../live/kinds';

import { type Clients, useClients } from './clients';
import { useUnits } from './units';

const PAGE = 1000;

async function listGroups(clients: Clients): Promise<string[]> {
  const names: string[] = [];
  let pageToken = '';
  do {
    const page = await clients.directory.listUnitGroups({ pageSize: PAGE, pageToken });
    names.push(...page.groups.map((group) => group.displayName));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return names;
}

/** Names to choose from; empty until they are there. */
export function useAddressees(enabled: boolean): string[] {
  const clients = useClients();
  const units = useUnits(enabled);
  const groups = useQuery({
    queryKey: ['group-names'],
    meta: live('groups'),
    enabled,
    staleTime: 10 * 60_000,
    queryFn: () => listGroups(clients),
  });
  return [...new Set([...(units.data ?? []).map((unit) => unit.displayName), ...(groups.data ?? [])])];
}
