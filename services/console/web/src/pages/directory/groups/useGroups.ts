import { useQuery, type UseQueryResult } from '@tanstack/react-query';

import { useClients } from '../../../api/clients';
import type { UnitGroup } from '../../../gen/duban/v1/unit_pb';
import { live } from '../../../live/kinds';

const PAGE = 500;

/** All groups of the directory, by name. */
export function useGroups(): UseQueryResult<UnitGroup[]> {
  const { directory } = useClients();
  return useQuery({
    queryKey: ['groups'],
    meta: live('groups'),
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
