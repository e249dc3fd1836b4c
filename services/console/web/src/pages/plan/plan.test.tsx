import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import { Finding_Settlement, type Plan, Plan_State, PlanSchema, TaskSchema } from '../../gen/duban/v1/plan_pb';
import type { ComparePlanRevisionsRequest, PublishPlanRequest, UpdatePlanRequest, WithdrawPlanRequest } from '../../gen/duban/v1/plan_service_pb';
import { GOVERNMENT, HOUSING, open, refusal, type Services, signedIn, signedInFor } from '../../test/world';

function draft(init: Partial<Plan> = {}): Plan {
  const plan = create(PlanSchema, {
    name: 'plans/laojiu',
    title: '老旧小区改造方案',
    drafter: GOVERNMENT,
    state: Plan_State.DRAFT,
    etag: 'etag-1',
    tasks: [
      { taskId: 'body-1', text: '逐栋核对', headings: ['一、摸清底数'], number: 1, responsibilities: [{ unit: '区住建局', role: 1 }] },
      { taskId: 'body-2', text: '更换立管', headings: ['二、办好实事'], number: 2 },
    ],
    findings: [
      { findingId: 'f-1', code: 'UNKNOWN_UNIT', subject: '区民证局', task: 'body-1', message: '第一处', proposal: '区民政局', blocking: true },
      { findingId: 'f-2', code: 'UNKNOWN_UNIT', subject: '区民证局', task: 'body-2', message: '第二处', proposal: '区民政局', blocking: true },
      { findingId: 'f-3', code: 'NO_UNIT', subject: '', task: 'body-2', message: '没有单位', settlement: Finding_Settlement.DISMISSED, settledBy: '林晓' },
    ],
  });
  return Object.assign(plan, init);
}

function planning(plans: NonNullable<Services['plans']>): Services {
  return { access: signedIn('林晓', GOVERNMENT, Role.PLANNER), plans: { getPlan: () => draft(), ...plans } };
}

describe('a draft', () => {
  it('is discarded, and the next page is the list', async () => {
    const deleted: string[] = [];
    open('/plans/laojiu', planning({
      deletePlan: (request) => {
        deleted.push(`${request.name} ${request.etag}`);
        return {};
      },
    }));
    fireEvent.click(await screen.findByRole('button', { name: '删除草稿' }));
    fireEvent.click((await screen.findAllByRole('button', { name: '删除草稿' })).at(-1) as HTMLElement);
    await waitFor(() => { expect(deleted).toEqual(['plans/laojiu etag-1']); });
    expect(await screen.findByText('还没有计划')).toBeTruthy();
  });

  it('sends only the properties that were changed', async () => {
    const updated: UpdatePlanRequest[] = [];
    open('/plans/laojiu', planning({
      updatePlan: (request) => {
        updated.push(request);
        return draft();
      },
    }));
    fireEvent.click(await screen.findByRole('button', { name: '标题与文号' }));
    fireEvent.change(await screen.findByLabelText('文号'), { target: { value: '青政办〔2026〕3号' } });
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: /保\s*存/ }));
    await waitFor(() => { expect(updated).toHaveLength(1); });
    expect(updated[0]).toMatchObject({
      plan: { name: 'plans/laojiu', etag: 'etag-1', documentNumber: '青政办〔2026〕3号', title: '' },
      updateMask: { paths: ['document_number'] },
    });
  });
});

describe('what is published', () => {
  const published = draft({ state: Plan_State.PUBLISHED, issuer: GOVERNMENT, revision: 1 });

  it('is withdrawn with a reason', async () => {
    const withdrawn: WithdrawPlanRequest[] = [];
    open('/plans/laojiu', planning({
      getPlan: () => published,
      withdrawPlan: (request) => {
        withdrawn.push(request);
        return published;
      },
    }));
    fireEvent.click(await screen.findByRole('button', { name: '撤回计划' }));
    const dialog = await screen.findByRole('dialog');
    fireEvent.click(within(dialog).getByRole('button', { name: '撤回计划' }));
    expect(await within(dialog).findByText('请填写此项')).toBeTruthy();
    fireEvent.change(within(dialog).getByLabelText('撤回原因（告知各单位）'), { target: { value: '重复发布' } });
    fireEvent.click(within(dialog).getByRole('button', { name: '撤回计划' }));
    await waitFor(() => { expect(withdrawn).toHaveLength(1); });
    expect(withdrawn[0]).toMatchObject({ name: 'plans/laojiu', reason: '重复发布', etag: 'etag-1' });
  });

  it('that is being revised already leads to the draft', async () => {
    open('/plans/laojiu', planning({
      getPlan: () => published,
      revisePlan: () => {
        throw refusal(Code.AlreadyExists, 'open', { reason: 'RESOURCE_EXISTS', metadata: { by: 'plans/laojiu-r2' } });
      },
    }));
    fireEvent.click(await screen.findByRole('button', { name: /修\s*订/ }));
    fireEvent.click((await screen.findAllByRole('button', { name: /修\s*订/ })).at(-1) as HTMLElement);
    expect((await screen.findByText('继续修改修订稿')).getAttribute('href')).toBe('/plans/laojiu-r2');
  });
});

describe('publishing', () => {
  it('is not offered while findings block', async () => {
    open('/plans/laojiu?tab=preview', planning({
      previewPublication: () => ({ etag: 'etag-1', blockingFindings: ['f-1', 'f-2'], issuance: { orders: 2, assignments: 3, units: 2 } }),
    }));
    expect(await screen.findByText('还有 2 个待核实事项须先处理，才能发布。')).toBeTruthy();
    expect(screen.queryByRole('button', { name: '发布' })).toBeNull();
  });

  it('publishes what was previewed', async () => {
    const published: PublishPlanRequest[] = [];
    open('/plans/laojiu?tab=preview', planning({
      previewPublication: () => ({ etag: 'etag-seen', issuance: { orders: 2, assignments: 3, units: 2 }, shares: [{ unit: 'units/x', unitDisplayName: '区住建局', assignments: 2 }] }),
      publishPlan: (request) => {
        published.push(request);
        return draft({ state: Plan_State.PUBLISHED, issuer: GOVERNMENT });
      },
    }));
    expect(await screen.findByText('将交办 2 项任务，2 个单位共 3 项交办事项。')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: '发布' }));
    fireEvent.click((await screen.findAllByRole('button', { name: '发布' })).at(-1) as HTMLElement);
    await waitFor(() => { expect(published).toHaveLength(1); });
    expect(published[0]).toMatchObject({ name: 'plans/laojiu', issuer: GOVERNMENT, etag: 'etag-seen' });
  });
});

describe('who publishes', () => {
  async function offered(plan: Partial<Plan>): Promise<(string | null)[]> {
    open('/plans/laojiu?tab=preview', {
      access: signedInFor('林晓', [HOUSING, GOVERNMENT], Role.PLANNER),
      plans: { getPlan: () => draft(plan), previewPublication: () => ({ etag: 'etag-1', issuance: { orders: 1, assignments: 1, units: 1 } }) },
    });
    fireEvent.mouseDown(await screen.findByLabelText('发布单位'));
    await waitFor(() => { expect(document.querySelectorAll('.ant-select-item-option-content').length).toBeGreaterThan(0); });
    return [...document.querySelectorAll('.ant-select-item-option-content')].map((one) => one.textContent);
  }

  it('is any unit that one plans for', async () => {
    expect(await offered({})).toEqual(['区住房城乡建设局', '青禾区政府']);
  });

  it('is of a revision whoever published the plan', async () => {
    expect(await offered({ revises: 'plans/old' })).toEqual(['青禾区政府']);
  });
});

describe('a plan', () => {
  it('shows its tasks under their headings, and finds them', async () => {
    open('/plans/laojiu', planning({ getPlan: () => draft({ state: Plan_State.PUBLISHED, issuer: GOVERNMENT }) }));
    expect(await screen.findByText('逐栋核对')).toBeTruthy();
    fireEvent.change(screen.getByLabelText('查找任务'), { target: { value: '立管' } });
    await waitFor(() => { expect(screen.queryByText('逐栋核对')).toBeNull(); });
    expect(screen.getByText('更换立管')).toBeTruthy();
  });

  it('of another unit offers neither findings nor publishing', async () => {
    open('/plans/laojiu', {
      access: signedIn('王敏', 'units/housing', Role.CLERK),
      plans: { getPlan: () => draft({ state: Plan_State.PUBLISHED, issuer: GOVERNMENT }) },
    });
    await screen.findByText('逐栋核对');
    const tabs = screen.getAllByRole('tab').map((tab) => tab.textContent);
    expect(tabs).toEqual(['任务（2）', '历次发布']);
  });

  it('that was revised says task by task what differs', async () => {
    const compared: ComparePlanRevisionsRequest[] = [];
    const before = create(TaskSchema, { taskId: 'body-2', number: 2, text: '公示改造内容', deadline: { printed: '3月20日前', due: '2026-03-20' } });
    const after = create(TaskSchema, { taskId: 'body-2', number: 2, text: '公示改造内容', deadline: { printed: '3月27日前', due: '2026-03-27' } });
    open('/plans/laojiu?tab=revisions', planning({
      getPlan: () => draft({ state: Plan_State.PUBLISHED, issuer: GOVERNMENT, revision: 2 }),
      listPlanRevisions: () => ({ revisions: [{ revision: 2, revisionReason: '留足公示时间' }, { revision: 1 }] }),
      comparePlanRevisions: (request) => {
        compared.push(request);
        return { differences: [{ kind: 2, taskId: 'body-2', before, after, fields: ['deadline'], dutyChanged: true }], unchanged: 7 };
      },
    }));
    expect(await screen.findByText('留足公示时间')).toBeTruthy();
    const compare = screen.getAllByRole('button', { name: '与上一次比较' });
    expect(compare).toHaveLength(1);
    fireEvent.click(compare[0] as HTMLElement);
    expect(await screen.findByText('3月20日前（2026-03-20）')).toBeTruthy();
    expect(screen.getByText('3月27日前（2026-03-27）')).toBeTruthy();
    expect(screen.getByText('须重新签收')).toBeTruthy();
    expect(screen.getByText('其余 7 项任务不变。')).toBeTruthy();
    expect(compared[0]).toMatchObject({ name: 'plans/laojiu', fromRevision: 1, toRevision: 2 });
  });
});
