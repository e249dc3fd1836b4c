// The proof of an audit, as common/access/audit_chain.h states it: every commit's SHA-256 is that of its sequence and
// its record without the hash, it names the hash of the commit before, and no sequence is missing.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

import type { AuditExport } from '../../../gen/duban/v1/audit_pb';

export type BrokenWhy = 'begin' | 'gap' | 'altered' | 'order' | 'end';

/** Where the history does not hold. */
export class BrokenChain extends Error {
  constructor(readonly sequence: bigint, readonly why: BrokenWhy) {
    super(`the audit does not hold at sequence ${String(sequence)}: ${why}`);
  }
}

interface Commit {
  firstSequence: bigint;
  hash: Uint8Array;
  previousHash: Uint8Array;
  /** Audit records in it. */
  entries: number;
  /** The record without its hash. */
  hashed: Uint8Array;
}

// Fields of duban.storage.v1.CommitRecord.
const FIRST_SEQUENCE = 1;
const HASH = 2;
const PREVIOUS_HASH = 3;
const AUDITS = 5;
const NOTHING = new Uint8Array();

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function readCommit(record: Uint8Array): Commit {
  const reader = new BinaryReader(record);
  const commit: Commit = { firstSequence: 0n, hash: NOTHING, previousHash: NOTHING, entries: 0, hashed: NOTHING };
  const kept: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const begin = reader.pos;
    const [field, type] = reader.tag();
    if (field === FIRST_SEQUENCE && type === WireType.Varint) commit.firstSequence = BigInt(reader.int64());
    else if (field === HASH && type === WireType.LengthDelimited) commit.hash = reader.bytes();
    else if (field === PREVIOUS_HASH && type === WireType.LengthDelimited) commit.previousHash = reader.bytes();
    else {
      if (field === AUDITS) commit.entries += 1;
      reader.skip(type, field);
    }
    if (field !== HASH) kept.push(record.subarray(begin, reader.pos));
  }
  commit.hashed = joined(kept);
  return commit;
}

function bigEndian(sequence: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, sequence);
  return bytes;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

/** SHA-256 as browsers have it, where the page comes over HTTPS or from this machine; else undefined. */
export function browserSha256(): Sha256 | undefined {
  // In a context that is not secure there is none, whatever its type says.
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  return subtle && (async (bytes) => new Uint8Array(await subtle.digest('SHA-256', bytes)));
}

/** Follows the parts of one history, in order. Throws BrokenChain where they do not hold together. */
export class AuditChain {
  private begun = false;
  begin = 0n;
  end = 0n;
  endHash: Uint8Array = NOTHING;
  commits = 0;
  entries = 0;

  constructor(private readonly sha256: Sha256) {}

  private async checkBegin(part: AuditExport): Promise<void> {
    const at = part.after?.sequence ?? 0n;
    const hash = part.after?.hash ?? NOTHING;
    if (this.begun) {
      if (at !== this.end || !same(hash, this.endHash)) throw new BrokenChain(this.end, 'gap');
      return;
    }
    if (at > part.keptAfter) throw new BrokenChain(at, 'begin');
    if (at === 0n) {
      const genesis = await this.sha256(new TextEncoder().encode(part.after?.epoch ?? ''));
      if (!same(hash, genesis)) throw new BrokenChain(0n, 'begin');
    }
    this.begun = true;
    this.begin = this.end = at;
    this.endHash = hash;
  }

  private async checkCommit(sequence: bigint, record: Uint8Array): Promise<void> {
    let commit;
    try {
      commit = readCommit(record);
    } catch {
      throw new BrokenChain(sequence, 'altered');
    }
    const hash = await this.sha256(joined([bigEndian(sequence), commit.hashed]));
    if (!same(hash, commit.hash)) throw new BrokenChain(sequence, 'altered');
    const follows = commit.firstSequence === this.end + 1n && sequence >= commit.firstSequence;
    if (!follows || !same(commit.previousHash, this.endHash)) throw new BrokenChain(sequence, 'order');
    this.end = sequence;
    this.endHash = commit.hash;
    this.commits += 1;
    this.entries += commit.entries;
  }

  async add(part: AuditExport): Promise<void> {
    await this.checkBegin(part);
    for (const { sequence, record } of part.commits) await this.checkCommit(sequence, record);
  }

  /** After the last part, which has no commits: it has to be where the history was said to end. */
  finish(last: AuditExport): void {
    const head = last.head;
    if (head !== undefined && head.sequence === this.end && !same(head.hash, this.endHash)) throw new BrokenChain(this.end, 'altered');
    if (head !== undefined && head.sequence > this.end) throw new BrokenChain(this.end, 'end');
  }
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
