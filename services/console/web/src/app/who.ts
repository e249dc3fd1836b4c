// What the person who is signed in may do, as far as pages have to know it to offer only that. The services decide.
import type { WhoAmIResponse } from '../gen/duban/v1/access_service_pb';
import { Role } from '../gen/duban/v1/access_pb';

export interface Who {
  /** The id to sign in with. */
  person: string;
  displayName: string;
  /** Roles by unit, `units/{unit}`; those for the whole node under ''. */
  posts: ReadonlyMap<string, ReadonlySet<Role>>;
  /** Holds the role of an administrator, which counts only with a second factor: this session has none. */
  secondFactorMissing: boolean;
}

export function whoOf(response: WhoAmIResponse): Who {
  const posts = new Map<string, Set<Role>>();
  for (const post of response.posts) {
    const roles = posts.get(post.unit) ?? new Set<Role>();
    post.roles.forEach((role) => roles.add(role));
    posts.set(post.unit, roles);
  }
  const person = response.caller.slice(response.caller.lastIndexOf('/') + 1);
  const displayName = response.displayName === '' ? person : response.displayName;
  return { person, displayName, posts, secondFactorMissing: response.secondFactorMissing };
}

/** Whether any of the roles is held for `unit`. */
export function holdsFor(who: Who, unit: string, ...roles: Role[]): boolean {
  const held = who.posts.get(unit);
  return held !== undefined && roles.some((role) => held.has(role));
}

/** Whether any of the roles is held, for whatever. */
export function holdsAny(who: Who, ...roles: Role[]): boolean {
  return [...who.posts.keys()].some((unit) => holdsFor(who, unit, ...roles));
}

/** The units that any of the roles is held for. */
export function unitsWith(who: Who, ...roles: Role[]): string[] {
  return [...who.posts.keys()].filter((unit) => unit !== '' && holdsFor(who, unit, ...roles)).sort();
}

export const WORKING_ROLES = [Role.PLANNER, Role.REVIEWER, Role.CLERK, Role.LEADER] as const;
/** The three who keep the system, each apart from the others. */
export const KEEPING_ROLES = [Role.OPERATOR, Role.SECURITY_OFFICER, Role.AUDITOR] as const;
/** Whoever sees a unit's own assignments. */
export const UNIT_READERS = [Role.CLERK, Role.PLANNER, Role.LEADER] as const;
/** Whoever sees all assignments of the plans that a unit published. */
export const ISSUER_READERS = [Role.PLANNER, Role.REVIEWER, Role.LEADER] as const;
