import { create } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { fireEvent, screen } from '@testing-library/react';
import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';

import { Role } from '../../../gen/duban/v1/access_pb';
import { type AuditExport, AuditEntry_Outcome, AuditExportSchema } from '../../../gen/duban/v1/audit_pb';
import type { ListAuditEntriesRequest } from '../../../gen/duban/v1/audit_service_pb';
import { open, signedIn } from '../../../test/world';
import { AuditChain, BrokenChain, type Sha256 } from './auditChain';
import { auditFilter, auditParams, auditQueryOf } from './auditQuery';

const sha256: Sha256 = (bytes) => Promise.resolve(new Uint8Array(createHash('sha256').update(bytes).digest()));
const GENESIS = new Uint8Array(createHash('sha256').update('e1').digest());

/** A record as the store writes it, with two audit records in it. */
function recordOf(first: bigint, last: bigint, previous: Uint8Array): { record: Uint8Array; hash: Uint8Array } {
  const write = (hash?: Uint8Array): Uint8Array => {
    const writer = new BinaryWriter().tag(1, WireType.Varint).int64(first);
    if (hash !== undefined) writer.tag(2, WireType.LengthDelimited).bytes(hash);
    writer.tag(3, WireType.LengthDelimited).bytes(previous);
    for (const method of ['A', 'B']) writer.tag(5, WireType.LengthDelimited).bytes(new TextEncoder().encode(method));
    return writer.finish();
  };
  const sequence = Buffer.alloc(8);
  sequence.writeBigInt64BE(last);
  const hash = new Uint8Array(createHash('sha256').update(sequence).update(write()).digest());
  return { record: write(hash), hash };
}

function history(): AuditExport[] {
  const one = recordOf(1n, 2n, GENESIS);
  const two = recordOf(3n, 3n, one.hash);
  const three = recordOf(4n, 6n, two.hash);
  const head = { epoch: 'e1', sequence: 6n, hash: three.hash };
  const part = (after: { sequence: bigint; hash: Uint8Array }, ...commits: [bigint, Uint8Array][]): AuditExport =>
    create(AuditExportSchema, {
      node: 'qinghe', service: 'plan', head, after: { epoch: 'e1', ...after },
      commits: commits.map(([sequence, record]) => ({ sequence, record })),
    });
  return [
    part({ sequence: 0n, hash: GENESIS }, [2n, one.record], [3n, two.record]),
    part({ sequence: 3n, hash: two.hash }, [6n, three.record]),
    part({ sequence: 6n, hash: three.hash }),
  ];
}

async function brokenAt(parts: AuditExport[]): Promise<string> {
  const chain = new AuditChain(sha256);
  try {
    for (const part of parts) await chain.add(part);
    chain.finish(parts.at(-1) as AuditExport);
  } catch (error) {
    if (error instanceof BrokenChain) return `${error.why} ${String(error.sequence)}`;
    throw error;
  }
  return '';
}

describe('the proof of a history', () => {
  it('holds for one that is whole, and counts it', async () => {
    const parts = history();
    expect(await brokenAt(parts)).toBe('');
    const chain = new AuditChain(sha256);
    for (const part of parts) await chain.add(part);
    expect([chain.commits, chain.entries, chain.end]).toEqual([3, 6, 6n]);
  });

  it('finds one byte that was altered, and says where', async () => {
    const parts = history();
    const record = parts[0]?.commits[1]?.record as Uint8Array;
    const last = record.length - 1;
    record[last] = (record[last] ?? 0) ^ 1;
    expect(await brokenAt(parts)).toBe('altered 3');
  });

  it('finds what is missing, doubled, mixed up or cut off', async () => {
    const missing = history();
    missing[0]?.commits.shift();
    expect(await brokenAt(missing)).toBe('order 3');
    const doubled = history();
    doubled[0]?.commits.push((doubled[0].commits[1]) as AuditExport['commits'][0]);
    expect(await brokenAt(doubled)).toBe('order 3');
    const [first, second, third] = history() as [AuditExport, AuditExport, AuditExport];
    expect(await brokenAt([first, third])).toBe('gap 3');
    expect(await brokenAt([first, first])).toBe('gap 3');
    expect(await brokenAt([second, third])).toBe('begin 3');
    expect(await brokenAt([first])).toBe('end 3');
  });

  it('finds a history that begins with another epoch', async () => {
    const parts = history();
    const after = parts[0]?.after;
    if (after !== undefined) after.epoch = 'e2';
    expect(await brokenAt(parts)).toBe('begin 0');
  });
});

describe('what is asked of the audit', () => {
  it('stands in the address, with days as Shanghai has them', () => {
    const params = new URLSearchParams('service=assignment&method=PlanService/PublishPlan&outcome=refused&from=2026-03-09&to=2026-03-10');
    const query = auditQueryOf(params);
    expect(Object.fromEntries(auditParams(query))).toEqual(Object.fromEntries(params));
    const day = (text: string) => BigInt(Date.parse(text) / 1000);
    expect(auditFilter(query)).toMatchObject({
      method: 'duban.v1.PlanService/PublishPlan',
      outcome: AuditEntry_Outcome.REFUSED,
      beginTime: { seconds: day('2026-03-08T16:00:00Z') },
      endTime: { seconds: day('2026-03-10T16:00:00Z') },
    });
  });

  it('is nothing where it is not understood', () => {
    expect(auditFilter(auditQueryOf(new URLSearchParams('service=x&outcome=y&from=2026-13-40')))).toEqual({
      caller: '', method: '', entity: '', outcome: AuditEntry_Outcome.OUTCOME_UNSPECIFIED,
    });
  });
});

describe('the page of the audit', () => {
  it('says what was refused and by what name it is known, page after page', async () => {
    const asked: ListAuditEntriesRequest[] = [];
    open('/system/audit?outcome=refused', {
      access: signedIn('沈静', '', Role.AUDITOR),
      audit: {
        listAuditEntries: (request) => {
          asked.push(request);
          const more = request.pageToken === '';
          return {
            entries: [{
              sequence: more ? 9n : 8n, caller: more ? 'people/wang' : 'people/zhou', method: 'duban.v1.PlanService/PublishPlan',
              outcome: AuditEntry_Outcome.REFUSED, times: 4n,
            }],
            nextPageToken: more ? 'next' : '',
          };
        },
      },
    });
    expect((await screen.findByRole('row', { name: /people\/wang/ })).textContent).toContain('发布计划');
    fireEvent.click(screen.getByRole('button', { name: '下一页' }));
    expect((await screen.findByRole('row', { name: /people\/zhou/ })).textContent).toContain('拒绝 4 次');
    expect(asked.map((one) => [one.filter?.outcome, one.pageToken])).toEqual([[AuditEntry_Outcome.REFUSED, ''], [AuditEntry_Outcome.REFUSED, 'next']]);
  });

  it('checks the history in the browser', async () => {
    const parts = history();
    open('/system/audit', {
      access: signedIn('沈静', '', Role.AUDITOR),
      audit: {
        listAuditEntries: () => ({}),
        exportAudit: ({ afterSequence }) => parts.find((part) => part.after?.sequence === afterSequence) as AuditExport,
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: '开始核验' }));
    expect(await screen.findByText(/3 次提交、6 条审计记录，序号 1 至 6/)).toBeTruthy();
  });

  it('hands over what it has read, which is kept where the browser keeps files', async () => {
    const made: BlobPart[][] = [];
    const files: Blob[] = [];
    vi.stubGlobal('Blob', class extends Blob {
      constructor(of: BlobPart[], options?: BlobPropertyBag) {
        super(of, options);
        made.push(of);
      }
    });
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: (file: Blob) => { files.push(file); return 'blob:x'; }, revokeObjectURL: () => undefined }));
    const parts = history();
    open('/system/audit', {
      access: signedIn('沈静', '', Role.AUDITOR),
      audit: {
        listAuditEntries: () => ({}),
        exportAudit: ({ afterSequence }) => parts.find((part) => part.after?.sequence === afterSequence) as AuditExport,
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: '开始核验' }));
    fireEvent.click(await screen.findByRole('button', { name: '下载' }));
    const text = new TextDecoder().decode(await (files[0] as Blob).arrayBuffer());
    expect(text.split('\n').map((line) => (line === '' ? '' : (JSON.parse(line) as { after: { sequence?: string } }).after.sequence ?? '0'))).toEqual(['0', '3', '']);
    // The file is of the parts as they lie there, and of no text that the page would have held until then.
    expect(made.at(-1)?.map((part) => part instanceof Blob)).toEqual([true, true]);
    vi.unstubAllGlobals();
  });
});
