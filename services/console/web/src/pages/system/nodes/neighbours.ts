// The nodes above and below this one, as its processes tell of their hops and followers.
import type { Timestamp } from '@bufbuild/protobuf/wkt';

import type { ServerProcess } from '../../../api/processes';
import {
  type NodeStatus_Follower,
  type NodeStatus_Hop,
  NodeStatus_Hop_Direction,
  type NodeStatus_Notice,
} from '../../../gen/duban/v1/node_service_pb';

/** The worst first. */
export const HEALTHS = ['broken', 'lost', 'loud', 'behind', 'catchingUp', 'notYet', 'caughtUp'] as const;
export type Health = (typeof HEALTHS)[number];

export interface Neighbour {
  node: string;
  side: 'upper' | 'lower';
  health: Health;
  /** Sequences that it, or this node, is behind, where that is known. */
  behind: bigint;
  contact: Timestamp | undefined;
  version: string;
}

// A node below calls every few seconds; one that was silent for longer is not reached or does not run.
const LOST_AFTER_SECONDS = 60n;
const REFUSED_SHOWN_SECONDS = 600n;

/** The node at the other end of a hop; empty for a hop within this node, and for what comes from below. */
export function upperOf(hop: NodeStatus_Hop, self: string): string {
  if (hop.direction === NodeStatus_Hop_Direction.TAKE_IN) return '';
  const named = /^(?:offered_to_([a-z0-9-]+)|([a-z0-9-]+)_(?:plan|assignment|notification))$/.exec(hop.name);
  const node = hop.peer?.node ?? named?.[1] ?? named?.[2] ?? '';
  return node === self ? '' : node;
}

export function healthOfHop(hop: NodeStatus_Hop): Health {
  if (hop.error !== '') return 'broken';
  if (hop.notices.length > 0) return 'loud';
  if (!hop.connected) return 'broken';
  return hop.atHead ? 'caughtUp' : 'catchingUp';
}

/** Whether somebody else called under its name lately and was refused. */
export function wasRefused(follower: NodeStatus_Follower, now: Timestamp | undefined): boolean {
  if (follower.refusedTime === undefined || now === undefined) return false;
  return now.seconds - follower.refusedTime.seconds < REFUSED_SHOWN_SECONDS;
}

export function healthOfFollower(follower: NodeStatus_Follower, now: Timestamp | undefined): Health {
  if (follower.notices.length > 0 || wasRefused(follower, now)) return 'loud';
  if (follower.seenTime === undefined) return 'notYet';
  const silent = now === undefined ? 0n : now.seconds - follower.seenTime.seconds;
  if (!follower.connected && silent > LOST_AFTER_SECONDS) return 'lost';
  return follower.behind > 0n ? 'behind' : 'caughtUp';
}

function worse(a: Health, b: Health): Health {
  return HEALTHS.indexOf(a) <= HEALTHS.indexOf(b) ? a : b;
}

function later(a: Timestamp | undefined, b: Timestamp | undefined): Timestamp | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.seconds >= b.seconds ? a : b;
}

function merge(all: Map<string, Neighbour>, one: Neighbour): void {
  const key = `${one.side}/${one.node}`;
  const there = all.get(key);
  if (there === undefined) {
    all.set(key, one);
    return;
  }
  there.health = worse(there.health, one.health);
  there.behind = there.behind > one.behind ? there.behind : one.behind;
  there.contact = later(there.contact, one.contact);
  there.version = there.version === '' ? one.version : there.version;
}

/** Each node once, with the worst that any of its hops has; those above first, then by name. */
export function neighboursOf(processes: readonly ServerProcess[]): Neighbour[] {
  const all = new Map<string, Neighbour>();
  for (const { status } of processes) {
    for (const hop of status.hops) {
      const node = upperOf(hop, status.node);
      if (node === '') continue;
      merge(all, {
        node, side: 'upper', health: healthOfHop(hop), behind: 0n, contact: hop.progressTime, version: hop.peer?.version ?? '',
      });
    }
    for (const follower of status.followers) {
      if (!follower.downstream) continue;
      merge(all, {
        node: follower.name,
        side: 'lower',
        health: healthOfFollower(follower, status.serverTime),
        behind: follower.behind,
        contact: follower.seenTime,
        version: follower.card?.version ?? '',
      });
    }
  }
  return [...all.values()].sort((a, b) => b.side.localeCompare(a.side) || a.node.localeCompare(b.node));
}

export interface Loud {
  /** Whom it is about. */
  subject: string;
  notice: NodeStatus_Notice;
}

/** All that asks somebody to act, each once. */
export function noticesOf(processes: readonly ServerProcess[]): Loud[] {
  const seen = new Set<string>();
  const all = processes.flatMap(({ status }) => [
    ...status.hops.flatMap((hop) => hop.notices.map((notice) => ({ subject: upperOf(hop, status.node), notice }))),
    ...status.followers.flatMap((one) => one.notices.map((notice) => ({ subject: one.name, notice }))),
  ]);
  return all.filter((one) => {
    const key = `${one.subject}/${one.notice.reason}/${one.notice.message}`;
    return !seen.has(key) && seen.add(key);
  });
}
