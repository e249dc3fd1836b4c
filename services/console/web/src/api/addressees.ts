// Whom a task can name: the units and the groups of the directory, as documents print them.
import { useGroups, useUnits } from './units';

/** Names to choose from; empty until they are there. */
export function useAddressees(enabled: boolean): string[] {
  const units = useUnits(enabled);
  const groups = useGroups(enabled);
  return [...new Set([...(units.data ?? []), ...(groups.data ?? [])].map((one) => one.displayName))];
}
