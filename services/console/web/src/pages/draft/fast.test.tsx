// Keys are pressed faster than answers come, and people go on somewhere else meanwhile.
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Finding_Settlement, type Plan } from '../../gen/duban/v1/plan_pb';
import type { EditPlanRequest, SettleFindingsRequest } from '../../gen/duban/v1/plan_service_pb';
import { card, draft, Held, planning } from '../../test/draft';
import { open } from '../../test/world';

/** The draft once findings were accepted. */
function accepted(etag: string, ...ids: string[]): Plan {
  const settlement = Finding_Settlement.ACCEPTED;
  return draft({ etag, findings: draft().findings.map((one) => (ids.includes(one.findingId) ? { ...one, settlement } : one)) });
}

/** Read once; what is asked again is on its way. */
function readOnce(): () => Plan | Promise<Plan> {
  let asked = 0;
  return () => (++asked === 1 ? draft() : new Held<Plan>().answer);
}

/** Once everything that was asked for has come to where it goes. */
async function calm(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100));
}

const SECOND = '更换立管。补建站点。';

describe('keys at the desk of a draft', () => {
  it('decide once about a question, pressed twice or held', async () => {
    const settled: SettleFindingsRequest[] = [];
    const first = new Held<Plan>();
    let now = draft();
    open('/plans/laojiu', planning({
      getPlan: () => now,
      settleFindings: (request) => {
        settled.push(request);
        return settled.length === 1 ? first.answer : accepted('etag-3', 'f-1', 'f-2');
      },
    }));
    const task = await card('逐栋核对');
    fireEvent.focus(task);
    fireEvent.keyDown(task, { key: 'a' });
    fireEvent.keyDown(task, { key: 'a' });
    await waitFor(() => { expect(settled).toHaveLength(1); });
    now = accepted('etag-2', 'f-1');
    first.tell(now);
    await waitFor(() => { expect(document.querySelector('[data-finding="f-1"]')).toBeNull(); });
    fireEvent.keyDown(await card(SECOND), { key: 'a', repeat: true });
    await calm();
    expect(settled.map((one) => one.answers.map((answer) => answer.findingId))).toEqual([['f-1']]);
  });

  it('move a task as often as they are pressed, each from where it is then', async () => {
    const edited: EditPlanRequest[] = [];
    const three = (): Plan => {
      const plan = draft();
      plan.tasks.push({ ...plan.tasks[1], name: 'plans/laojiu/tasks/body-3', taskId: 'body-3', text: '加装电梯' } as Plan['tasks'][0]);
      return plan;
    };
    open('/plans/laojiu', planning({
      getPlan: () => three(),
      editPlan: (request) => {
        edited.push(request);
        const plan = three();
        const [one, two, last] = plan.tasks as [Plan['tasks'][0], Plan['tasks'][0], Plan['tasks'][0]];
        plan.tasks = [one, last, two];
        plan.etag = `etag-${String(edited.length + 1)}`;
        return plan;
      },
    }));
    const task = await card('加装电梯');
    fireEvent.focus(task);
    fireEvent.keyDown(task, { key: '[' });
    fireEvent.keyDown(task, { key: '[' });
    fireEvent.keyDown(task, { key: '[', repeat: true });
    await waitFor(() => { expect(edited).toHaveLength(2); });
    await calm();
    expect(edited.map((one) => [one.etag, (one.edits[0]?.edit.value as { before: string }).before])).toEqual([
      ['etag-1', 'body-2'],
      ['etag-2', 'body-1'],
    ]);
  });

  it('save what was typed once', async () => {
    const edited: EditPlanRequest[] = [];
    open('/plans/laojiu', planning({
      editPlan: async (request) => {
        edited.push(request);
        await calm();
        await calm();
        return draft({ etag: 'etag-2' });
      },
    }));
    const task = await card('逐栋核对');
    fireEvent.focus(task);
    fireEvent.keyDown(task, { key: 'i' });
    const text = await screen.findByLabelText('任务内容');
    fireEvent.change(text, { target: { value: '公示结果' } });
    fireEvent.keyDown(text, { key: 'Enter', ctrlKey: true });
    await waitFor(() => { expect(edited).toHaveLength(1); });
    fireEvent.keyDown(text, { key: 'Enter', ctrlKey: true });
    await waitFor(() => { expect(screen.queryByLabelText('任务内容')).toBeNull(); });
    await calm();
    expect(edited).toHaveLength(1);
  });
});

describe('the focus at the desk of a draft', () => {
  it('goes on to the next question without waiting for what is asked again', async () => {
    open('/plans/laojiu', planning({
      getPlan: readOnce(),
      settleFindings: () => accepted('etag-2', 'f-1'),
    }));
    const task = await card('逐栋核对');
    fireEvent.focus(task);
    fireEvent.keyDown(task, { key: 'a' });
    await waitFor(() => { expect(document.querySelector('[data-finding="f-2"]')?.className).toContain('current'); });
    await waitFor(() => { expect(document.activeElement?.id).toBe('task-body-2'); });
  });

  it('stays where somebody began to type before the answer came', async () => {
    const first = new Held<Plan>();
    let now = draft();
    open('/plans/laojiu', planning({ getPlan: () => now, settleFindings: () => first.answer }));
    const task = await card('逐栋核对');
    fireEvent.focus(task);
    fireEvent.keyDown(task, { key: 'a' });
    await card(SECOND);
    const own = document.getElementById('answer-f-2') as HTMLInputElement;
    own.focus();
    now = accepted('etag-2', 'f-1');
    first.tell(now);
    await waitFor(() => { expect(document.querySelector('[data-finding="f-1"]')).toBeNull(); });
    await calm();
    expect(document.activeElement).toBe(own);
  });
});

describe('what was typed at the desk of a draft', () => {
  async function edit(task: string, key: string): Promise<HTMLTextAreaElement> {
    const place = await card(task);
    fireEvent.focus(place);
    fireEvent.keyDown(place, { key });
    return screen.findByLabelText('任务内容');
  }

  it('is there again after Escape, after another task was looked at, and is dropped on request', async () => {
    open('/plans/laojiu', planning({}));
    const text = await edit('逐栋核对', 'e');
    fireEvent.change(text, { target: { value: '逐栋逐户核对' } });
    fireEvent.keyDown(text, { key: 'Escape' });
    expect(await screen.findByText(/已替您留着/)).toBeTruthy();
    const other = await edit(SECOND, 's');
    fireEvent.change(other, { target: { value: '更换立管\n\n补建站点' } });
    expect((await edit('逐栋核对', 'e')).value).toBe('逐栋逐户核对');
    expect((await edit(SECOND, 's')).value).toBe('更换立管\n\n补建站点');
    fireEvent.click(screen.getByRole('button', { name: '不要了，改回现有内容' }));
    await waitFor(() => { expect((screen.getByLabelText('任务内容') as HTMLTextAreaElement).value).toBe('更换立管。\n\n补建站点。'); });
    expect(screen.queryByText(/上次填写/)).toBeNull();
  });

  it('is there again after another tab was looked at, answers too', async () => {
    open('/plans/laojiu', planning({ previewPublication: () => ({ etag: 'etag-1' }) }));
    const text = await edit('逐栋核对', 'e');
    fireEvent.change(text, { target: { value: '逐栋逐户核对' } });
    fireEvent.change(document.getElementById('answer-f-2') as HTMLInputElement, { target: { value: '区民政局' } });
    fireEvent.click(screen.getByRole('tab', { name: '发布预览' }));
    await waitFor(() => { expect(screen.queryByLabelText('任务内容')).toBeNull(); });
    fireEvent.click(screen.getByRole('tab', { name: '核对' }));
    expect((await screen.findByLabelText<HTMLTextAreaElement>('任务内容')).value).toBe('逐栋逐户核对');
    expect((document.getElementById('answer-f-2') as HTMLInputElement).value).toBe('区民政局');
  });
});
