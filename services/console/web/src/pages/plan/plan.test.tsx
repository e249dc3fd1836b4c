import { create } from '@bufbuild/protobuf';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import { Finding_Settlement, type Plan, Plan_State, PlanSchema, TaskSchema } from '../../gen/duban/v1/plan_pb';
import type { ComparePlanRevisionsRequest, PublishPlanRequest, SettleFindingsRequest } from '../../gen/duban/v1/plan_service_pb';
import { GOVERNMENT, open, type Services, signedIn } from '../../test/world';

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

describe('findings', () => {
  it('are settled alone, or with all that are alike', async () => {
    const settled: SettleFindingsRequest[] = [];
    open('/plans/laojiu?tab=findings', planning({
      settleFindings: (request) => {
        settled.push(request);
        return draft();
      },
    }));
    expect(await screen.findByText('没有单位')).toBeTruthy();
    fireEvent.click(screen.getAllByRole('button', { name: '采纳建议' })[0] as HTMLElement);
    await waitFor(() => { expect(settled).toHaveLength(1); });
    expect(settled[0]).toMatchObject({ etag: 'etag-1', answers: [{ findingId: 'f-1', settlement: Finding_Settlement.ACCEPTED }] });
    fireEvent.click((await screen.findAllByLabelText('同类 2 项一并处理'))[0] as HTMLElement);
    fireEvent.click(screen.getAllByRole('button', { name: '按原文' })[0] as HTMLElement);
    await waitFor(() => { expect(settled).toHaveLength(2); });
    expect(settled[1]?.answers.map((one) => [one.findingId, one.settlement])).toEqual([
      ['f-1', Finding_Settlement.DISMISSED],
      ['f-2', Finding_Settlement.DISMISSED],
    ]);
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

describe('a plan', () => {
  it('shows its tasks under their headings, and finds them', async () => {
    open('/plans/laojiu', planning({}));
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
