import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import { Assignment_State, DecompositionSchema, ExecutionSchema } from '../../gen/duban/v1/assignment_pb';
import { type Plan, Plan_State, PlanSchema, TaskSchema } from '../../gen/duban/v1/plan_pb';
import type { AlignTasksRequest, EditPlanRequest } from '../../gen/duban/v1/plan_service_pb';
import { assignmentOf, GOVERNMENT, HOUSING, open, refusal, type Services, signedIn, signedInFor } from '../../test/world';
import { matrixOf, takenOf } from './matrix';

const UP = 'plans/city/tasks';

function draft(init: Partial<Plan> = {}): Plan {
  const plan = create(PlanSchema, {
    name: 'plans/own',
    title: '本区方案',
    drafter: GOVERNMENT,
    state: Plan_State.DRAFT,
    etag: 'etag-1',
    tasks: [
      { taskId: 'body-1', number: 1, text: '新建站点12个' },
      { taskId: 'body-2', number: 2, text: '上门办理', alignedTasks: [`${UP}/body-8`] },
    ],
  });
  return Object.assign(plan, init);
}

const city = create(PlanSchema, {
  name: 'plans/city',
  title: '全市要点',
  state: Plan_State.PUBLISHED,
  tasks: [
    { taskId: 'body-7', name: `${UP}/body-7`, number: 7, text: '全市新建站点40个' },
    { taskId: 'body-8', name: `${UP}/body-8`, number: 8, text: '提供上门服务' },
    { taskId: 'body-9', name: `${UP}/body-9`, number: 9, text: '整合热线' },
  ],
});

function planning(plans: NonNullable<Services['plans']>): Services {
  return {
    access: signedIn('林晓', GOVERNMENT, Role.PLANNER),
    plans: {
      listPlans: () => ({ plans: [draft()] }),
      getPlan: ({ name }) => (name === 'plans/city' ? city : draft()),
      proposeAlignments: () => ({
        alignments: [{ task: 'plans/own/tasks/body-1', upstreamTask: `${UP}/body-7`, score: 0.72, upstreamText: '全市新建站点40个' }],
        uncoveredTasks: [`${UP}/body-7`, `${UP}/body-9`],
      }),
      ...plans,
    },
  };
}

function rowOf(text: string): HTMLElement {
  return screen.getByText(text).closest('.pair') as HTMLElement;
}

describe('taking on', () => {
  it('shows what nobody takes on first, and confirms by keyboard', async () => {
    const aligned: AlignTasksRequest[] = [];
    open('/take-on', planning({
      alignTasks: (request) => {
        aligned.push(request);
        return draft({ etag: 'etag-2' });
      },
    }));
    expect(await screen.findByText('整合热线')).toBeTruthy();
    expect(screen.getAllByRole('heading', { level: 2 }).map((one) => one.textContent)).toEqual(['还没有承接（2）', '本计划承接（1）']);
    const row = rowOf('全市新建站点40个');
    fireEvent.focus(row);
    fireEvent.keyDown(row, { key: 'y' });
    await waitFor(() => { expect(aligned).toHaveLength(1); });
    expect(aligned[0]).toMatchObject({ name: 'plans/own', etag: 'etag-1', alignments: [{ task: 'plans/own/tasks/body-1', upstreamTasks: [`${UP}/body-7`] }] });
  });

  it('takes back what was confirmed, and leaves the rest of it', async () => {
    const aligned: AlignTasksRequest[] = [];
    const both = draft();
    both.tasks[1]?.alignedTasks.push(`${UP}/body-9`);
    open('/take-on', planning({
      getPlan: ({ name }) => (name === 'plans/city' ? city : both),
      alignTasks: (request) => {
        aligned.push(request);
        return both;
      },
    }));
    await screen.findByText('提供上门服务');
    const row = rowOf('提供上门服务');
    fireEvent.focus(row);
    fireEvent.keyDown(row, { key: 'u' });
    await waitFor(() => { expect(aligned).toHaveLength(1); });
    expect(aligned[0]?.alignments).toMatchObject([{ task: 'plans/own/tasks/body-2', upstreamTasks: [`${UP}/body-9`] }]);
  });

  it('adds a task with the words of the superior and takes it on', async () => {
    const edited: EditPlanRequest[] = [];
    const aligned: AlignTasksRequest[] = [];
    const grown = draft({ etag: 'etag-2' });
    grown.tasks.push(create(TaskSchema, { taskId: 't1', text: '整合热线' }));
    open('/take-on', planning({
      editPlan: (request) => {
        edited.push(request);
        return grown;
      },
      alignTasks: (request) => {
        aligned.push(request);
        return grown;
      },
    }));
    await screen.findByText('整合热线');
    const row = rowOf('整合热线');
    fireEvent.focus(row);
    fireEvent.keyDown(row, { key: 'a' });
    await waitFor(() => { expect(aligned).toHaveLength(1); });
    expect(edited[0]?.edits[0]?.edit).toMatchObject({ case: 'addTask', value: { task: { text: '整合热线' } } });
    expect(aligned[0]).toMatchObject({ etag: 'etag-2', alignments: [{ task: 'plans/own/tasks/t1', upstreamTasks: [`${UP}/body-9`] }] });
  });

  it('adds one task, however often it is asked for, and goes on where it stopped', async () => {
    const edited: EditPlanRequest[] = [];
    const aligned: AlignTasksRequest[] = [];
    const grown = (etag: string): Plan => {
      const plan = draft({ etag });
      plan.tasks.push(create(TaskSchema, { taskId: 'body-3', number: 3, text: '整合热线' }));
      return plan;
    };
    let now = draft();
    open('/take-on', planning({
      getPlan: ({ name }) => (name === 'plans/city' ? city : now),
      editPlan: (request) => {
        edited.push(request);
        now = grown('etag-2');
        // It took effect, and the answer got lost.
        if (edited.length === 1) throw refusal(Code.Unavailable, 'gone', { chinese: '没有回答' });
        return now;
      },
      alignTasks: (request) => {
        aligned.push(request);
        if (aligned.length === 1) throw refusal(Code.Unavailable, 'draining', { chinese: '正在停机' });
        return grown('etag-3');
      },
    }));
    await screen.findByText('整合热线');
    const row = rowOf('整合热线');
    const add = within(row).getByRole('button', { name: '照此新增任务' });
    fireEvent.click(add);
    fireEvent.click(add);
    fireEvent.keyDown(row, { key: 'a', repeat: true });
    await screen.findByText(/没有回答/);
    expect(edited).toHaveLength(1);
    fireEvent.click(add);
    await screen.findByText(/正在停机/);
    fireEvent.click(add);
    await waitFor(() => { expect(aligned).toHaveLength(2); });
    expect(edited.map((one) => [one.requestId, one.etag])).toEqual([[edited[0]?.requestId, 'etag-1'], [edited[0]?.requestId, 'etag-1']]);
    expect(aligned[1]?.requestId).toBe(aligned[0]?.requestId);
    expect(aligned[1]?.alignments).toMatchObject([{ task: 'plans/own/tasks/body-3', upstreamTasks: [`${UP}/body-9`] }]);
  });

  it('is offered for each unit that one plans for', async () => {
    const of: Record<string, Plan> = {
      [HOUSING]: draft({ name: 'plans/housing', title: '住建方案', drafter: HOUSING }),
      [GOVERNMENT]: draft(),
    };
    open('/take-on', {
      ...planning({ listPlans: ({ viewer }) => ({ plans: [of[viewer] ?? draft()] }) }),
      access: signedInFor('林晓', [HOUSING, GOVERNMENT], Role.PLANNER),
    });
    fireEvent.mouseDown(await screen.findByRole('combobox', { name: '本单位计划' }));
    await waitFor(() => {
      expect([...document.querySelectorAll('.ant-select-item-option-content')].map((one) => one.textContent)).toEqual(['住建方案（草稿）', '本区方案（草稿）']);
    });
  });

  it('changes nothing of what is published', async () => {
    const published = draft({ state: Plan_State.PUBLISHED, issuer: GOVERNMENT });
    open('/take-on', planning({ listPlans: () => ({ plans: [published] }), getPlan: ({ name }) => (name === 'plans/city' ? city : published) }));
    expect(await screen.findByText(/这份计划已发布，只能查看/)).toBeTruthy();
    await screen.findByText('整合热线');
    expect(screen.queryByRole('button', { name: '确认承接' })).toBeNull();
  });
});

describe('the matrix', () => {
  const signed = { $typeName: 'duban.v1.Receipt' as const, receiver: '王敏', receiveTime: undefined, agent: '' };

  it('says of each unit how far it is with each task', () => {
    const execution = Object.assign(create(ExecutionSchema), { receipt: signed });
    const decomposition = create(DecompositionSchema, { planTitles: ['本区方案'] });
    const one = (state: Assignment_State, init = {}) => assignmentOf('body-1', { state, ...init });
    expect([
      takenOf(one(Assignment_State.ISSUED)),
      takenOf(one(Assignment_State.ISSUED, { execution })),
      takenOf(one(Assignment_State.IN_PROGRESS, { execution })),
      takenOf(one(Assignment_State.ISSUED, { decomposition })),
      takenOf(one(Assignment_State.DECLINED, { execution })),
      takenOf(one(Assignment_State.DONE, { execution })),
      takenOf(one(Assignment_State.CANCELLED)),
    ]).toEqual(['open', 'open', 'signed', 'plan', 'declined', 'done', 'cancelled']);
  });

  it('has a row for each task and a column for each unit', () => {
    const matrix = matrixOf([
      assignmentOf('body-2'),
      assignmentOf('body-1'),
      assignmentOf('body-1', { name: 'plans/laojiu/tasks/body-1/assignments/civil', unit: 'units/civil', unitDisplayName: '区民政局', state: Assignment_State.DONE }),
    ]);
    expect(matrix.rows.map((row) => [row.number, row.cells.size])).toEqual([[1, 2], [2, 1]]);
    expect(matrix.units.map((unit) => [unit.name, unit.has, unit.took])).toEqual([['区民政局', 1, 1], ['区住房城乡建设局', 2, 0]]);
  });

  it('opens an assignment from its cell', async () => {
    open('/take-on?tab=matrix', {
      access: signedIn('李强', GOVERNMENT, Role.LEADER),
      plans: { listPlans: () => ({ plans: [draft({ state: Plan_State.PUBLISHED, issuer: GOVERNMENT, name: 'plans/laojiu' })] }) },
      assignments: { listAssignments: () => ({ assignments: [assignmentOf('body-1')] }) },
    });
    const cell = await screen.findByLabelText('区住房城乡建设局：未签收');
    expect(cell.getAttribute('href')).toBe('/assignments/laojiu/body-1/housing');
  });
});
