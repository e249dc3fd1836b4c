import { Code, ConnectError } from '@connectrpc/connect';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';

import { MOST_BYTES, readFile, uploadFile } from '../../api/evidence';
import { Role } from '../../gen/duban/v1/access_pb';
import { Assignment_State, ExecutionSchema } from '../../gen/duban/v1/assignment_pb';
import type { ReportProgressRequest } from '../../gen/duban/v1/assignment_service_pb';
import type { EvidencePiece } from '../../gen/duban/v1/evidence_service_pb';
import { assignmentOf, clientsOf, HOUSING, open, refusal, signedIn } from '../../test/world';
import { create } from '@bufbuild/protobuf';

const PLACE = '/assignments/laojiu/body-1/housing';
const PIECE = 1024 * 1024;
const quiet = { signal: new AbortController().signal, onProgress: () => undefined };

/** Keeps pieces as the service does: those that begin where the last one ended. */
class Shelf {
  readonly offsets: number[] = [];
  received = 0;
  unit = '';
  take = ({ unit, piece }: { unit: string; piece?: EvidencePiece }) => {
    if (piece === undefined) throw new ConnectError('no piece', Code.InvalidArgument);
    this.unit = unit;
    this.offsets.push(Number(piece.offset));
    if (Number(piece.offset) === this.received) this.received += piece.content.length;
    const whole = this.received === Number(piece.sizeBytes);
    return { receivedBytes: BigInt(this.received), ...(whole && { file: { sha256: piece.sha256 } }) };
  };
}

function fileOf(size: number, name = '核对表.pdf'): File {
  return new File([new Uint8Array(size).fill(7)], name, { type: 'application/pdf' });
}

describe('a file that is put in', () => {
  it('goes in pieces of a mebibyte, under its hash', async () => {
    const shelf = new Shelf();
    const sent: number[] = [];
    const hash = await uploadFile(clientsOf({ evidence: { uploadEvidence: shelf.take } }), HOUSING, fileOf(2 * PIECE + 5), {
      ...quiet,
      onProgress: (bytes) => { sent.push(bytes); },
    });
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(shelf.offsets).toEqual([0, PIECE, 2 * PIECE]);
    expect(shelf.unit).toBe(HOUSING);
    expect(sent).toEqual([PIECE, 2 * PIECE]);
  });

  it('goes on where the service says that it stopped', async () => {
    const shelf = new Shelf();
    shelf.received = 2 * PIECE;
    await uploadFile(clientsOf({ evidence: { uploadEvidence: shelf.take } }), HOUSING, fileOf(3 * PIECE), quiet);
    expect(shelf.offsets).toEqual([0, 2 * PIECE]);
  });

  it('is sent again where the line broke, and not where it was refused', async () => {
    const shelf = new Shelf();
    let breaks = 2;
    const again: boolean[] = [];
    const clients = clientsOf({
      evidence: {
        uploadEvidence: (request) => {
          if (breaks-- > 0) throw new ConnectError('gone', Code.Unavailable);
          return shelf.take(request);
        },
      },
    });
    await uploadFile(clients, HOUSING, fileOf(9), { ...quiet, onProgress: (_, lost) => { again.push(lost); } });
    expect(again).toEqual([true, true]);
    const full = vi.fn(() => { throw refusal(Code.FailedPrecondition, 'full', { reason: 'LIMIT_REACHED' }); });
    await expect(uploadFile(clientsOf({ evidence: { uploadEvidence: full } }), HOUSING, fileOf(9), quiet)).rejects.toThrow('full');
    expect(full).toHaveBeenCalledTimes(1);
  });
});

describe('a file that is read', () => {
  it('comes in pieces, and is nothing that a browser would run', async () => {
    const clients = clientsOf({
      evidence: {
        readEvidence: ({ offset }) => ({
          content: new Uint8Array(offset === 0n ? 3 : 2),
          file: { sizeBytes: 5n, fileName: 'a.html', mediaType: 'text/html' },
        }),
      },
    });
    const shares: (number | undefined)[] = [];
    const file = await readFile(clients, 'plans/p/tasks/t/assignments/u', 'ab', quiet.signal, (share) => { shares.push(share); });
    expect(file.blob.size).toBe(5);
    expect(file.blob.type).toBe('application/octet-stream');
    expect(file.name).toBe('a.html');
    expect(shares).toEqual([0.6, 1]);
  });

  it('is waited for while it comes from the unit’s node', async () => {
    let asked = 0;
    const clients = clientsOf({
      evidence: {
        readEvidence: () => {
          if (++asked === 1) throw refusal(Code.FailedPrecondition, 'comes', { reason: 'WRONG_STATE', metadata: { state: 'COMING', node: 'x' } });
          return { content: new Uint8Array(1), file: { sizeBytes: 1n } };
        },
      },
    });
    const shares: (number | undefined)[] = [];
    await readFile(clients, 'plans/p/tasks/t/assignments/u', 'ab', quiet.signal, (share) => { shares.push(share); });
    expect(shares).toEqual([undefined, 1]);
  });
});

describe('files of a report', () => {
  it('go up when they are dropped, and are named by the report', async () => {
    const shelf = new Shelf();
    const reports: ReportProgressRequest[] = [];
    const signed = assignmentOf('body-1', { state: Assignment_State.RECEIVED });
    open(PLACE, {
      access: signedIn('王敏', HOUSING, Role.CLERK),
      evidence: { uploadEvidence: shelf.take },
      assignments: {
        getAssignment: () => signed,
        getTimeline: () => ({}),
        reportProgress: (request) => {
          reports.push(request);
          return signed;
        },
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: '报送进展' }));
    fireEvent.change(await screen.findByLabelText('进展情况'), { target: { value: '过半' } });
    const zone = screen.getByText('或者把文件拖到这里');
    const huge = fileOf(1, '录像.mp4');
    Object.defineProperty(huge, 'size', { value: MOST_BYTES + 1 });
    fireEvent.drop(zone, { dataTransfer: { files: [fileOf(9), huge, new File([], '空.txt')] } });
    expect(await screen.findByText('已上传')).toBeTruthy();
    expect(screen.getByText('“录像.mp4”超过 25 MB，请压缩或拆分后再选')).toBeTruthy();
    expect(screen.getByText('“空.txt”是空文件')).toBeTruthy();
    expect(shelf.offsets).toEqual([0]);
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: '报送进展' }));
    await waitFor(() => { expect(reports).toHaveLength(1); });
    expect(reports[0]?.report?.evidence).toMatchObject([{ title: '核对表.pdf', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }]);
  });

  it('are waited for, or removed', async () => {
    const reports: ReportProgressRequest[] = [];
    const signed = assignmentOf('body-1', { state: Assignment_State.RECEIVED });
    open(PLACE, {
      access: signedIn('王敏', HOUSING, Role.CLERK),
      evidence: { uploadEvidence: () => { throw refusal(Code.FailedPrecondition, 'full', { reason: 'LIMIT_REACHED', chinese: '本单位的文件已满' }); } },
      assignments: {
        getAssignment: () => signed,
        getTimeline: () => ({}),
        reportProgress: (request) => {
          reports.push(request);
          return signed;
        },
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: '报送进展' }));
    fireEvent.change(await screen.findByLabelText('进展情况'), { target: { value: '过半' } });
    fireEvent.drop(screen.getByText('或者把文件拖到这里'), { dataTransfer: { files: [fileOf(9)] } });
    expect(await screen.findByText('本单位的文件已满')).toBeTruthy();
    const send = within(screen.getByRole('dialog')).getByRole('button', { name: '报送进展' });
    fireEvent.click(send);
    expect(await screen.findByText('还有文件没有传完，请等待，或移除后再提交')).toBeTruthy();
    expect(reports).toHaveLength(0);
    fireEvent.click(screen.getByRole('button', { name: '移除“核对表.pdf”' }));
    fireEvent.click(send);
    await waitFor(() => { expect(reports).toHaveLength(1); });
  });
});

describe('a file of a paper', () => {
  it('is kept under its name', async () => {
    const kept = vi.fn();
    URL.createObjectURL = () => 'blob:x';
    URL.revokeObjectURL = () => undefined;
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) { kept(this.download); });
    const execution = create(ExecutionSchema, {
      reports: [{ reportId: 'r-1', text: '过半', evidence: [{ title: '核对表', sha256: 'ab' }, { title: '纪要', reference: '档案室' }] }],
    });
    open(PLACE, {
      access: signedIn('王敏', HOUSING, Role.CLERK),
      evidence: { readEvidence: () => ({ content: new Uint8Array(1), file: { sizeBytes: 1n, fileName: '核对表.pdf' } }) },
      assignments: { getAssignment: () => assignmentOf('body-1', { state: Assignment_State.IN_PROGRESS, execution }), getTimeline: () => ({}) },
    });
    fireEvent.click(await screen.findByRole('button', { name: '核对表' }));
    await waitFor(() => { expect(kept).toHaveBeenCalledWith('核对表.pdf'); });
    expect(screen.queryByRole('button', { name: '纪要' })).toBeNull();
  });
});
