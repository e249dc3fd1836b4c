// What units are called.
import { useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query';

import type { Unit, UnitGroup } from '../gen/duban/v1/unit_pb';
import { live } from '../live/kinds';
import { useClients } from './clients';

/** Names change by the year, and a page that is open for long is none the worse for an older one. */
const KEPT = { staleTime: 10 * 60_000 };
const PAGE = 500;

/** The names of a few units, by `units/{unit}`; until one is known, its id. */
export function useUnitNames(units: readonly string[]): (unit: string) => string {
  const { directory } = useClients();
  const asked = [...new Set(units)].filter((unit) => unit !== '');
  const found = useQueries({
    queries: asked.map((name) => ({
      queryKey: ['unit', name],
      meta: live('units'),
      queryFn: () => directory.getUnit({ name }),
      ...KEPT,
    })),
  });
  const names = new Map(asked.map((unit, i) => [unit, found[i]?.data?.displayName]));
  return (unit) => names.get(unit) ?? unit.slice(unit.indexOf('/') + 1);
}

/** All units of the directory, by name. */
export function useUnits(enabled = true): UseQueryResult<Unit[]> {
  const { directory } = useClients();
  return useQuery({
    queryKey: ['units'],
    meta: live('units'),
    enabled,
    ...KEPT,
    queryFn: async () => {
      const units: Unit[] = [];
      let pageToken = '';
      do {
        const page = await directory.listUnits({ pageSize: PAGE, pageToken });
        units.push(...page.units);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      return units;
    },
  });
}

/** All groups of the directory, by name. */
export function useGroups(enabled = true): UseQueryResult<UnitGroup[]> {
  const { directory } = useClients();
  return useQuery({
    queryKey: ['groups'],
    meta: live('groups'),
    enabled,
    ...KEPT,
    queryFn: async () => {
      const groups: UnitGroup[] = [];
      let pageToken = '';
      do {
        const page = await directory.listUnitGroups({ pageSize: PAGE, pageToken });
        groups.push(...page.groups);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      return groups;
    },
  });
}
