// The services as the pages call them. One transport for all; tests hand in another one.
import type { DescService } from '@bufbuild/protobuf';
import { createClient, type Client, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { createContext, useContext, useMemo } from 'react';

import { AccessService } from '../gen/duban/v1/access_service_pb';
import { AssignmentService } from '../gen/duban/v1/assignment_service_pb';
import { DirectoryService } from '../gen/duban/v1/directory_service_pb';
import { EvidenceService } from '../gen/duban/v1/evidence_service_pb';
import { IssuerService } from '../gen/duban/v1/issuer_service_pb';
import { PlanService } from '../gen/duban/v1/plan_service_pb';
import { PlanSourceService } from '../gen/duban/v1/plan_source_service_pb';
import { WatchService } from '../gen/duban/v1/watch_service_pb';
import { markAutomatic } from './presence';

export interface Clients {
  access: Client<typeof AccessService>;
  assignments: Client<typeof AssignmentService>;
  directory: Client<typeof DirectoryService>;
  evidence: Client<typeof EvidenceService>;
  issuers: Client<typeof IssuerService>;
  plans: Client<typeof PlanService>;
  planSources: Client<typeof PlanSourceService>;
  watch: Client<typeof WatchService>;
  /** Of a service that few pages need: those bring its contract along, and it is not loaded before. */
  of: <Service extends DescService>(service: Service) => Client<Service>;
}

/** Longest wait for an answer. Signing in may take longer: an office that arrives in the morning waits its turn. */
const CALL_MILLISECONDS = 30_000;

export function clientsOver(transport: Transport): Clients {
  return {
    access: createClient(AccessService, transport),
    assignments: createClient(AssignmentService, transport),
    directory: createClient(DirectoryService, transport),
    evidence: createClient(EvidenceService, transport),
    issuers: createClient(IssuerService, transport),
    plans: createClient(PlanService, transport),
    planSources: createClient(PlanSourceService, transport),
    watch: createClient(WatchService, transport),
    of: (service) => createClient(service, transport),
  };
}

/** To the gateway that these pages come from; the session is a cookie that no script sees. */
export function gatewayClients(): Clients {
  return clientsOver(
    createConnectTransport({
      baseUrl: window.location.origin,
      useBinaryFormat: true,
      defaultTimeoutMs: CALL_MILLISECONDS,
      interceptors: [markAutomatic],
    }),
  );
}

export const ClientsContext = createContext<Clients | null>(null);

export function useClients(): Clients {
  const clients = useContext(ClientsContext);
  if (clients === null) throw new Error('there are no clients here');
  return clients;
}

export function useClient<Service extends DescService>(service: Service): Client<Service> {
  const clients = useClients();
  return useMemo(() => clients.of(service), [clients, service]);
}
