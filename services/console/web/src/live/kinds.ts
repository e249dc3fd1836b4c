// What changes are called, and which queries they are for: all that a page has to know of being live.
import type { Query, QueryMeta } from '@tanstack/react-query';

/** Kinds of things whose changes are told, by the collection in their names. */
export type Kind =
  | 'plans'
  | 'assignments'
  | 'units'
  | 'groups'
  | 'calendars'
  | 'people'
  | 'contacts'
  | 'policies';

/** What has changed: names, or everything that was read before. */
export interface News {
  names: readonly string[];
  everything: boolean;
}

interface LiveMeta {
  kinds?: readonly Kind[];
  name?: string;
}
const META = 'live';

/** For `meta` of a query: no change that is told makes it another; it stays as it is, or is asked again by the clock. */
export const NEVER: QueryMeta = { [META]: { kinds: [] } satisfies LiveMeta };

/** The same: asked again when something of these kinds changes. Every query says it; see eslint.config.mjs. */
export function live(...kinds: Kind[]): QueryMeta {
  return { [META]: { kinds } satisfies LiveMeta };
}

/** The same: when this one thing changes, or something in it. */
export function liveOf(name: string): QueryMeta {
  return { [META]: { name } satisfies LiveMeta };
}

export function kindOf(name: string): string {
  return name.includes('/assignments/') ? 'assignments' : name.slice(0, name.indexOf('/'));
}

/** Whether `changed` is what `name` names, something in it, what it is in, or what stands for one that is gone. */
function concerns(name: string, changed: string): boolean {
  if (changed.endsWith('/-')) return name.startsWith(changed.slice(0, -1));
  return changed === name || changed.startsWith(`${name}/`) || name.startsWith(`${changed}/`);
}

/** Whether a query may have another answer now. Who is signed in is asked when that changes, not here. */
export function isConcerned(query: Query, news: News): boolean {
  if (query.queryKey[0] === 'who') return false;
  if (news.everything) return true;
  const meta = query.meta?.[META] as LiveMeta | undefined;
  if (meta?.name !== undefined) {
    const { name } = meta;
    return news.names.some((changed) => concerns(name, changed));
  }
  // What says nothing cannot be trusted to be as it was.
  if (meta?.kinds === undefined) return news.names.length > 0;
  const kinds: readonly string[] = meta.kinds;
  return news.names.some((changed) => kinds.includes(kindOf(changed)));
}
