// The processes of a node: three that serve one service each, or one that serves all. Each answers for itself; a header
// says to the gateway which one is asked.
import { useQueries } from '@tanstack/react-query';

import { NodeService, type NodeStatus } from '../gen/duban/v1/node_service_pb';
import { NEVER } from '../live/kinds';
import { ASK_AGAIN } from './assignments';
import { useClient } from './clients';

export const SERVICES = ['plan', 'assignment', 'notification'] as const;
export type ServiceName = (typeof SERVICES)[number];

export function atProcess(service: string): { headers: Record<string, string> } {
  return { headers: { 'duban-process': service } };
}

/** One process of the node. */
export interface ServerProcess {
  /** The service by which it is asked: the first of those that it serves. */
  service: ServiceName;
  /** All that it serves. */
  services: string[];
  status: NodeStatus;
}

export interface Processes {
  processes: ServerProcess[];
  /** Those that did not answer, and why. */
  failures: { service: ServiceName; error: Error }[];
  isPending: boolean;
  refetch: () => void;
}

/** Each process once, although it answers for every service that it serves. */
export function differing(asked: { service: ServiceName; status: NodeStatus }[]): ServerProcess[] {
  const processes: ServerProcess[] = [];
  for (const { service, status } of asked) {
    const services = status.stores.map((store) => store.service);
    if (processes.some((one) => one.services.includes(service) && services.includes(one.service))) continue;
    processes.push({ service, services, status });
  }
  return processes;
}

/** All processes of the node, asked again while the page is open. */
export function useProcesses(): Processes {
  const node = useClient(NodeService);
  const asked = useQueries({
    queries: SERVICES.map((service) => ({
      queryKey: ['node-status', service],
      meta: NEVER,
      refetchInterval: ASK_AGAIN / 6,
      queryFn: () => node.getNodeStatus({}, atProcess(service)),
    })),
  });
  const answered: { service: ServiceName; status: NodeStatus }[] = [];
  const failures: Processes['failures'] = [];
  SERVICES.forEach((service, i) => {
    const one = asked[i];
    if (one?.data !== undefined) answered.push({ service, status: one.data });
    else if (one?.isError === true) failures.push({ service, error: one.error });
  });
  return {
    processes: differing(answered),
    failures,
    isPending: answered.length === 0 && asked.some((one) => one.isPending),
    refetch: () => { asked.forEach((one) => void one.refetch()); },
  };
}
