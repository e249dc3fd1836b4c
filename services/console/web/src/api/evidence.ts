// Files that prove something: put in and read in pieces, each with a call of its own, so that whoever was cut off goes
// on where the other side says.
import type { EvidenceFile } from '../gen/duban/v1/evidence_pb';
import type { Clients } from './clients';
import { faultOf, isOutcomeOpen } from './fault';
import { pause } from './pause';

/** As the contract has it. */
export const MOST_BYTES = 25 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;
const MOST_NAME = 200;
/** One piece may take so long over a slow line, in milliseconds. */
const PIECE_TIME = { timeoutMs: 60_000 };
/** So often in a row a piece is sent again by itself. */
const MOST_REPEATS = 4;
const FIRST_PAUSE = 500;
/** How often it is asked whether a file has come from the unit's node, in milliseconds. */
const ASK_EVERY = 2_000;

export interface Transfer {
  signal: AbortSignal;
  /** Bytes that are over; `again` while the connection is lost. */
  onProgress: (bytes: number, again: boolean) => void;
}

/** Throws where the person told it to stop meanwhile. */
function endWhereStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new DOMException('stopped', 'AbortError');
}

/** The call, again after a pause where its outcome is open. A piece that comes twice changes nothing. */
async function persistently<T>(call: () => Promise<T>, { signal }: Transfer, onLost: () => void): Promise<T> {
  for (let repeats = 0; ; ++repeats) {
    try {
      return await call();
    } catch (error) {
      const fault = faultOf(error);
      if (signal.aborted || !isOutcomeOpen(fault) || fault.kind === 'signedOut' || repeats === MOST_REPEATS) throw error;
      onLost();
      await pause(Math.max(fault.retrySeconds * 1000, FIRST_PAUSE * 2 ** repeats), signal);
      endWhereStopped(signal);
    }
  }
}

export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Puts in a file of a unit, or what is missing of it; returns its SHA-256. */
export async function uploadFile({ evidence }: Clients, unit: string, file: File, transfer: Transfer): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const whole = {
    sha256: await sha256Of(bytes),
    sizeBytes: BigInt(bytes.length),
    mediaType: file.type.length <= 100 ? file.type : '',
    fileName: file.name.slice(-MOST_NAME),
  };
  let offset = 0;
  for (;;) {
    const piece = { ...whole, offset: BigInt(offset), content: bytes.subarray(offset, offset + PIECE_BYTES) };
    const answer = await persistently(
      () => evidence.uploadEvidence({ unit, piece }, { ...PIECE_TIME, signal: transfer.signal }),
      transfer,
      () => { transfer.onProgress(offset, true); },
    );
    if (answer.file !== undefined) return whole.sha256;
    offset = Number(answer.receivedBytes);
    transfer.onProgress(offset, false);
  }
}

export interface ReadFile {
  blob: Blob;
  name: string;
}

function isComing(error: unknown): boolean {
  const { reason, metadata } = faultOf(error);
  return reason === 'WRONG_STATE' && metadata['state'] === 'COMING';
}

/** Nothing that a browser would run: whatever it is called, it is kept as a file. */
function blobOf(parts: Uint8Array<ArrayBuffer>[]): Blob {
  return new Blob(parts, { type: 'application/octet-stream' });
}

/**
 * Reads a file that the assignment `name` names, waiting while it comes from the unit's node. `onProgress` is told
 * the share of it that is here, from 0 to 1, or undefined while it is waited for.
 */
export async function readFile(
  { evidence }: Clients,
  name: string,
  sha256: string,
  signal: AbortSignal,
  onProgress: (share: number | undefined) => void,
): Promise<ReadFile> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  let file: EvidenceFile | undefined;
  const quiet: Transfer = { signal, onProgress: () => undefined };
  while (file === undefined || offset < Number(file.sizeBytes)) {
    try {
      const ask = () => evidence.readEvidence({ name, sha256, offset: BigInt(offset) }, { ...PIECE_TIME, signal });
      const answer = await persistently(ask, quiet, () => undefined);
      parts.push(answer.content as Uint8Array<ArrayBuffer>);
      offset += answer.content.length;
      file = answer.file;
      if (file === undefined || answer.content.length === 0) break;
      onProgress(offset / Number(file.sizeBytes));
    } catch (error) {
      if (!isComing(error)) throw error;
      onProgress(undefined);
      await pause(ASK_EVERY, signal);
      endWhereStopped(signal);
    }
  }
  return { blob: blobOf(parts), name: file?.fileName ?? '' };
}
