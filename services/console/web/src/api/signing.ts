// Signing for assignments (签收), as many as one likes: leased first, so that two colleagues never sign for the same.
import type { Timestamp } from '@bufbuild/protobuf/wkt';

import type { Clients } from './clients';
import { timeWords, wordsOf } from '../words';
import { type Fault, faultOfStatus } from './fault';

/** Most of one call. */
export const MOST_AT_ONCE = 500;
/** How long they are kept for this call: until it has signed, and not much longer where it is stopped half-way. */
const LEASE = { seconds: 60n };

export interface Refusal {
  name: string;
  fault: Fault;
}

export interface Outcome {
  done: string[];
  refused: Refusal[];
}

/** What the lease says, as a fault: another pull holds it until then, or, unset, it waits no more. */
function notLeased(heldUntil: Timestamp | undefined): Fault {
  const said = (language: 'zh' | 'en'): string => {
    const { desk } = wordsOf(language);
    return heldUntil === undefined ? desk.notWaiting : desk.held(timeWords(heldUntil));
  };
  const none = { metadata: {}, fields: [], retrySeconds: 0 };
  return { kind: 'refused', reason: 'LEASE_NOT_HELD', english: said('en'), chinese: said('zh'), ...none };
}

/** Takes the results of a call that acts on several assignments apart. */
export function outcomeOf(results: readonly { name: string; error?: Parameters<typeof faultOfStatus>[0] }[]): Outcome {
  const outcome: Outcome = { done: [], refused: [] };
  for (const { name, error } of results) {
    if (error === undefined) outcome.done.push(name);
    else outcome.refused.push({ name, fault: faultOfStatus(error) });
  }
  return outcome;
}

/** Signs for assignments of one unit, MOST_AT_ONCE at most. A repeat with the same id signs for the same. */
export async function signFor(clients: Clients, unit: string, names: string[], requestId: string): Promise<Outcome> {
  const pulled = await clients.assignments.pullAssignments({
    requestId: `${requestId}-pull`,
    unit,
    names,
    maxAssignments: MOST_AT_ONCE,
    lease: LEASE,
  });
  const leased = pulled.assignments.map((assignment) => assignment.name);
  const outcome: Outcome = { done: [], refused: [] };
  if (leased.length > 0) {
    const received = await clients.assignments.receiveAssignments({
      requestId: `${requestId}-sign`,
      names: leased,
      leaseToken: pulled.leaseToken,
    });
    const signed = outcomeOf(received.results);
    outcome.done.push(...signed.done);
    outcome.refused.push(...signed.refused);
  }
  for (const held of pulled.held) {
    outcome.refused.push({ name: held.name, fault: notLeased(held.leaseExpireTime) });
  }
  const told = new Set([...leased, ...outcome.refused.map((one) => one.name)]);
  // What waits no more is passed over by the server.
  for (const name of names) if (!told.has(name)) outcome.refused.push({ name, fault: notLeased(undefined) });
  return outcome;
}
