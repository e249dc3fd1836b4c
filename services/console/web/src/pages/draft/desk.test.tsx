import { Code } from '@connectrpc/connect';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Finding_Settlement, type Plan } from '../../gen/duban/v1/plan_pb';
import type { EditPlanRequest, ReimportPlanRequest, ReopenFindingsRequest, SettleFindingsRequest, UpdateTaskRequest } from '../../gen/duban/v1/plan_service_pb';
import { card, draft, Held, planning } from '../../test/draft';
import { open, refusal } from '../../test/world';

const { ACCEPTED, DISMISSED, ANSWERED } = Finding_Settlement;

describe('the desk of a draft', () => {
  it('lights up the words of the task that is looked at, and the task of the words', async () => {
    open('/plans/laojiu', planning({}));
    const task = await card('逐栋核对');
    const words = await screen.findByText('逐栋核对', { selector: '.source *' });
    expect(words.className).not.toContain('lit');
    fireEvent.focus(task);
    await waitFor(() => { expect(words.className).toContain('lit'); });
    const other = await card('更换立管。补建站点。');
    fireEvent.focus(other);
    await waitFor(() => { expect(words.className).not.toContain('lit'); });
    fireEvent.mouseOver(words);
    await waitFor(() => { expect(task.className).toContain('lit'); });
  });

  it('answers by keyboard, one after the other, each on what the one before left', async () => {
    const settled: SettleFindingsRequest[] = [];
    const first = new Held<Plan>();
    const after = (etag: string, ...ids: string[]): Plan =>
      draft({ etag, findings: draft().findings.map((one) => (ids.includes(one.findingId) ? { ...one, settlement: ACCEPTED } : one)) });
    open('/plans/laojiu', planning({
      settleFindings: (request) => {
        settled.push(request);
        return settled.length === 1 ? first.answer : after('etag-3', 'f-1', 'f-2');
      },
    }));
    const task = await card('逐栋核对');
    fireEvent.focus(task);
    fireEvent.keyDown(task, { key: 'm' });
    fireEvent.keyDown(task, { key: 'a' });
    // Whoever works fast does not wait for the answer.
    const other = await card('更换立管。补建站点。');
    fireEvent.focus(other);
    fireEvent.keyDown(other, { key: 'd' });
    await waitFor(() => { expect(settled).toHaveLength(1); });
    expect(settled[0]).toMatchObject({ etag: 'etag-1', answers: [{ findingId: 'f-1', settlement: ACCEPTED, remember: true }] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(settled).toHaveLength(1);
    first.tell(after('etag-2', 'f-1'));
    await waitFor(() => { expect(settled).toHaveLength(2); });
    expect(settled[1]).toMatchObject({ etag: 'etag-2', answers: [{ findingId: 'f-2', settlement: DISMISSED, remember: false }] });
  });

  it('answers alike ones together, and takes an answer back', async () => {
    const settled: SettleFindingsRequest[] = [];
    const reopened: ReopenFindingsRequest[] = [];
    open('/plans/laojiu', planning({
      settleFindings: (request) => {
        settled.push(request);
        return draft();
      },
      reopenFindings: (request) => {
        reopened.push(request);
        return draft();
      },
    }));
    fireEvent.click(await screen.findByRole('button', { name: '2 项统一答复' }));
    const group = document.querySelector('.alike') as HTMLElement;
    fireEvent.change(within(group).getByLabelText('另行答复'), { target: { value: '区民政局' } });
    fireEvent.keyDown(within(group).getByLabelText('另行答复'), { key: 'Enter', code: 'Enter', keyCode: 13 });
    await waitFor(() => { expect(settled).toHaveLength(1); });
    expect(settled[0]?.answers.map((one) => [one.findingId, one.settlement, one.answer])).toEqual([
      ['f-1', ANSWERED, '区民政局'],
      ['f-2', ANSWERED, '区民政局'],
    ]);
    fireEvent.click(screen.getByRole('button', { name: '重新核实' }));
    await waitFor(() => { expect(reopened).toHaveLength(1); });
    expect(reopened[0]?.findingIds).toEqual(['f-3']);
  });

  it('splits, joins and moves tasks by keyboard', async () => {
    const edited: EditPlanRequest[] = [];
    const now = (): Plan => draft({ etag: `etag-${String(edited.length + 1)}` });
    open('/plans/laojiu', planning({
      getPlan: now,
      editPlan: (request) => {
        edited.push(request);
        return now();
      },
    }));
    const task = await card('更换立管。补建站点。');
    fireEvent.focus(task);
    fireEvent.keyDown(task, { key: '[' });
    await waitFor(() => { expect(edited).toHaveLength(1); });
    fireEvent.keyDown(task, { key: 'g' });
    await waitFor(() => { expect(edited).toHaveLength(2); });
    fireEvent.focus(await card('更换立管。补建站点。'));
    fireEvent.keyDown(await card('更换立管。补建站点。'), { key: 's' });
    fireEvent.click(await screen.findByRole('button', { name: '拆成 2 项' }));
    await waitFor(() => { expect(edited).toHaveLength(3); });
    expect(edited.map((one) => one.edits[0]?.edit)).toMatchObject([
      { case: 'moveTask', value: { taskId: 'body-2', before: 'body-1', headings: ['一、摸清底数'] } },
      { case: 'joinTasks', value: { taskId: 'body-1', others: ['body-2'] } },
      { case: 'splitTask', value: { taskId: 'body-2', texts: ['更换立管。', '补建站点。'] } },
    ]);
    expect(edited.map((one) => one.etag)).toEqual(['etag-1', 'etag-2', 'etag-3']);
  });

  it('keeps what was typed when a colleague was faster, says what they changed, and saves only what was typed', async () => {
    const updated: UpdateTaskRequest[] = [];
    let now = draft();
    open('/plans/laojiu', planning({
      getPlan: () => now,
      updateTask: (request) => {
        updated.push(request);
        if (request.etag === now.etag) return now;
        throw refusal(Code.Aborted, 'changed', { reason: 'ETAG_MISMATCH', chinese: '已被修改' });
      },
    }));
    const task = await card('逐栋核对');
    fireEvent.focus(task);
    fireEvent.keyDown(task, { key: 'e' });
    fireEvent.change(await screen.findByLabelText('任务内容'), { target: { value: '逐栋逐户核对' } });
    now = draft({ etag: 'etag-9' });
    now.tasks = now.tasks.map((one) => (one.taskId === 'body-1' ? Object.assign(one, { title: '摸底' }) : one));
    fireEvent.click(screen.getByRole('button', { name: /保\s*存/ }));
    expect(await screen.findByText(/同事刚刚修改过这份草稿/)).toBeTruthy();
    expect(await screen.findByText(/您打开后，这项任务有改动/)).toBeTruthy();
    expect((screen.getByLabelText('任务内容') as HTMLTextAreaElement).value).toBe('逐栋逐户核对');
    fireEvent.click(screen.getByRole('button', { name: /保\s*存/ }));
    await waitFor(() => { expect(updated).toHaveLength(2); });
    expect(updated[1]).toMatchObject({ etag: 'etag-9', task: { text: '逐栋逐户核对', title: '' }, updateMask: { paths: ['text'] } });
    expect(updated[0]?.requestId).not.toBe(updated[1]?.requestId);
  });

  it('says what leaving it as printed does, and reads the document anew without what was said of earlier ones', async () => {
    const read: ReimportPlanRequest[] = [];
    const finding = { ...draft().findings[0], findingId: 'f-0', code: 'HINTS_APPLIED', task: '', message: '按说明读取', proposal: '', blocking: false } as Plan['findings'][0];
    open('/plans/laojiu', planning({
      getPlan: () => draft({ findings: [...draft().findings, finding] }),
      reimportPlan: (request) => {
        read.push(request);
        return draft();
      },
    }));
    await card('逐栋核对');
    const titles = screen.getAllByRole('button', { name: '按原文' }).map((one) => one.title);
    expect(titles).toEqual(['保持现状', '原文照留，不指定单位，该单位不会收到任务', '原文照留，不指定单位，该单位不会收到任务']);
    fireEvent.click(screen.getByRole('button', { name: '按原文重新读取' }));
    const dialog = await screen.findByRole('dialog');
    const file = new File(['1.逐栋核对'], 'laojiu.txt');
    fireEvent.change(dialog.querySelector('input[type=file]') as HTMLInputElement, { target: { files: [file] } });
    await waitFor(() => { expect(read).toHaveLength(1); });
    expect(read[0]?.hints).toMatchObject({ columns: [], firstLine: 0 });
  });

  it('keeps what was typed when the task itself is gone', async () => {
    let now = draft();
    const edited: EditPlanRequest[] = [];
    open('/plans/laojiu', planning({
      getPlan: () => now,
      updateTask: () => { throw refusal(Code.Aborted, 'changed', { reason: 'ETAG_MISMATCH' }); },
      editPlan: (request) => {
        edited.push(request);
        return now;
      },
    }));
    const task = await card('逐栋核对');
    fireEvent.focus(task);
    fireEvent.keyDown(task, { key: 'e' });
    fireEvent.change(await screen.findByLabelText('任务内容'), { target: { value: '逐栋逐户核对' } });
    now = draft({ etag: 'etag-9' });
    now.tasks.shift();
    fireEvent.click(screen.getByRole('button', { name: /保\s*存/ }));
    expect(await screen.findByText(/已被同事删除/)).toBeTruthy();
    expect((screen.getByLabelText('任务内容') as HTMLTextAreaElement).value).toBe('逐栋逐户核对');
    fireEvent.click(screen.getByRole('button', { name: '作为新任务保存' }));
    await waitFor(() => { expect(edited).toHaveLength(1); });
    expect(edited[0]?.edits[0]?.edit).toMatchObject({ case: 'addTask', value: { task: { text: '逐栋逐户核对' } } });
  });
});
