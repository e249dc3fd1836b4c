// The services as the pages call them. One transport for all; tests hand in another one.
import { createClient, type Client, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { createContext, useContext } from 'react';

import { AccessService } from '../gen/duban/v1/access_service_pb';
import { AssignmentService } from '../gen/duban/v1/assignment_service_pb';
import { DirectoryService } from '../gen/duban/v1/directory_service_pb';
import { IssuerService } from '../gen/duban/v1/issuer_service_pb';
import { PlanService } from '../gen/duban/v1/plan_service_pb';
import { WatchService } from '../gen/duban/v1/watch_service_pb';

export interface Clients {
  access: Client<typeof AccessService>;
  assignments: Client<typeof AssignmentService>;
  directory: Client<typeof DirectoryService>;
  issuers: Client<typeof IssuerService>;
  plans: Client<typeof PlanService>;
  watch: Client<typeof WatchService>;
}

/** Longest wait for an answer. Signing in may take longer: an office that arrives in the morning waits its turn. */
const CALL_MILLISECONDS = 30_000;

export function clientsOver(transport: Transport): Clients {
  return {
    access: createClient(AccessService, transport),
    assignments: createClient(AssignmentService, transport),
    directory: createClient(DirectoryService, transport),
    issuers: createClient(IssuerService, transport),
    plans: createClient(PlanService, transport),
    watch: createClient(WatchService, transport),
  };
}

/** To the gateway that these pages come from; the session is a cookie that no script sees. */
export function gatewayClients(): Clients {
  return clientsOver(
    createConnectTransport({
      baseUrl: window.location.origin,
      useBinaryFormat: true,
      defaultTimeoutMs: CALL_MILLISECONDS,
    }),
  );
}

export const ClientsContext = createContext<Clients | null>(null);

export function useClients(): Clients {
  const clients = useContext(ClientsContext);
  if (clients === null) throw new Error('there are no clients here');
  return clients;
}
