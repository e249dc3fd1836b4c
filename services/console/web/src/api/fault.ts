// The one place that turns what went wrong with a call into what a page says and does about it.
import { Code, ConnectError } from '@connectrpc/connect';

import {
  BadRequestSchema,
  ErrorInfoSchema,
  LocalizedMessageSchema,
  RetryInfoSchema,
} from '../gen/google/rpc/error_details_pb';
import type { Status } from '../gen/google/rpc/status_pb';

/** What a page does about it. */
export type FaultKind =
  | 'signedOut' // Sign in again; what was typed stays.
  | 'notAllowed'
  | 'notFound'
  | 'later' // The same call again, after a pause; repeats keep their request id.
  | 'changed' // Somebody else changed it: read again, then decide again.
  | 'invalid' // Mend the fields that are named.
  | 'refused' // Not before something else changes.
  | 'offline' // No answer came.
  | 'broken';

export interface FieldFault {
  /** As the contract names it: `report.text`. */
  field: string;
  english: string;
  chinese: string;
}

export interface Fault {
  kind: FaultKind;
  /** A name from errors.proto; empty where the error has none. */
  reason: string;
  metadata: Record<string, string>;
  /** The server's own words; empty where it said nothing. */
  english: string;
  chinese: string;
  fields: FieldFault[];
  /** Seconds after which the same call may succeed; 0: not said. */
  retrySeconds: number;
}

const KINDS: Partial<Record<Code, FaultKind>> = {
  [Code.Unauthenticated]: 'signedOut',
  [Code.PermissionDenied]: 'notAllowed',
  [Code.NotFound]: 'notFound',
  [Code.Unavailable]: 'later',
  [Code.DeadlineExceeded]: 'later',
  [Code.ResourceExhausted]: 'refused',
  [Code.Aborted]: 'changed',
  [Code.InvalidArgument]: 'invalid',
  [Code.AlreadyExists]: 'refused',
  [Code.FailedPrecondition]: 'refused',
};

/** What the browser throws where nothing answers comes as UNKNOWN with the TypeError of fetch as its cause. */
function isOffline(error: ConnectError): boolean {
  return error.cause instanceof TypeError || (typeof navigator !== 'undefined' && !navigator.onLine);
}

/** Something that was refused within an answer, thrown as if the call had been. */
export class RefusedError extends Error {
  constructor(readonly fault: Fault) {
    super(fault.english);
  }
}

export function faultOf(error: unknown): Fault {
  if (error instanceof RefusedError) return error.fault;
  const connect = ConnectError.from(error);
  const info = connect.findDetails(ErrorInfoSchema)[0];
  const retry = connect.findDetails(RetryInfoSchema)[0];
  const fields = connect.findDetails(BadRequestSchema)[0]?.fieldViolations ?? [];
  const local = connect.findDetails(LocalizedMessageSchema)[0];
  return {
    kind: isOffline(connect) ? 'offline' : (KINDS[connect.code] ?? 'broken'),
    reason: info?.reason ?? '',
    metadata: info?.metadata ?? {},
    english: connect.rawMessage,
    chinese: local?.message ?? '',
    fields: fields.map((one) => ({
      field: one.field,
      english: one.description,
      chinese: one.localizedMessage?.message ?? '',
    })),
    retrySeconds: Number(retry?.retryDelay?.seconds ?? 0n),
  };
}

/** The same of an error that stands in a result, such as ActResult.error. */
export function faultOfStatus(status: Status): Fault {
  const error = new ConnectError(status.message, status.code as Code);
  error.details = status.details.map((detail) => ({
    type: detail.typeUrl.slice(detail.typeUrl.lastIndexOf('/') + 1),
    value: detail.value,
  }));
  return faultOf(error);
}

/** Whether the outcome is open: the change may have happened, and has to be sent again with the same request id. */
export function isOutcomeOpen(fault: Fault): boolean {
  return fault.kind === 'later' || fault.kind === 'offline' || fault.kind === 'signedOut';
}

