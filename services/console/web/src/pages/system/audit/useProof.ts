// Checks the whole history of a service in this browser, part after part, and keeps what it has read to be downloaded.
import { toJsonString } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import { useEffect, useRef, useState } from 'react';

import { useClient } from '../../../api/clients';
import { atProcess, type ServiceName } from '../../../api/processes';
import { AuditExportSchema } from '../../../gen/duban/v1/audit_pb';
import { AuditService } from '../../../gen/duban/v1/audit_service_pb';
import { AuditChain, type Sha256 } from './auditChain';

export interface ProofState {
  at: bigint;
  head: bigint;
  running: boolean;
  /** Set once all of it was checked. */
  chain?: AuditChain;
  /** A BrokenChain, or what went wrong with a call. */
  error?: unknown;
  /** One part a line, where the browser keeps files: a history is larger than what a page can hold. */
  parts: readonly Blob[];
}

const PART_BYTES = 1 << 20;

async function follow(
  audit: Client<typeof AuditService>,
  service: ServiceName,
  sha256: Sha256,
  signal: AbortSignal,
  tell: (change: Partial<ProofState>) => void,
): Promise<void> {
  const chain = new AuditChain(sha256);
  const parts: Blob[] = [];
  for (;;) {
    const part = await audit.exportAudit(
      { service, afterSequence: chain.end, maxBytes: PART_BYTES }, { ...atProcess(service), signal });
    await chain.add(part);
    if (signal.aborted) return;
    parts.push(new Blob([toJsonString(AuditExportSchema, part), '\n'], { type: 'text/plain' }));
    tell({ at: chain.end, head: part.head?.sequence ?? 0n, parts });
    if (part.commits.length > 0 && chain.end < (part.head?.sequence ?? 0n)) continue;
    chain.finish(part);
    tell({ chain, running: false });
    return;
  }
}

export function useProof(service: ServiceName, sha256: Sha256 | undefined) {
  const audit = useClient(AuditService);
  const stopper = useRef<AbortController | null>(null);
  const [state, setState] = useState<ProofState | null>(null);
  const tell = (change: Partial<ProofState>): void => { setState((was) => was && { ...was, ...change }); };
  useEffect(() => () => stopper.current?.abort(), []);
  const stop = (): void => {
    stopper.current?.abort();
    setState(null);
  };
  const start = (): void => {
    if (sha256 === undefined) return;
    const { signal } = (stopper.current = new AbortController());
    setState({ at: 0n, head: 0n, running: true, parts: [] });
    follow(audit, service, sha256, signal, tell).catch((error: unknown) => {
      if (!signal.aborted) tell({ error, running: false });
    });
  };
  return { state, start, stop };
}
