// A draft that is being checked, for tests.
import { create } from '@bufbuild/protobuf';
import { screen } from '@testing-library/react';

import { Role } from '../gen/duban/v1/access_pb';
import { Finding_Settlement, type Plan, Plan_State, PlanSchema } from '../gen/duban/v1/plan_pb';
import { GOVERNMENT, type Services, signedIn } from './world';

const { DISMISSED } = Finding_Settlement;

export function draft(init: Partial<Plan> = {}): Plan {
  const plan = create(PlanSchema, {
    name: 'plans/laojiu',
    title: '老旧小区改造方案',
    drafter: GOVERNMENT,
    state: Plan_State.DRAFT,
    etag: 'etag-1',
    sourceSha256: 'abc',
    tasks: [
      { name: 'plans/laojiu/tasks/body-1', taskId: 'body-1', text: '逐栋核对', headings: ['一、摸清底数'], number: 1, span: { line: 2, column: 3, endLine: 2, endColumn: 7 } },
      { name: 'plans/laojiu/tasks/body-2', taskId: 'body-2', text: '更换立管。补建站点。', headings: ['二、办好实事'], number: 2 },
    ],
    findings: [
      { findingId: 'f-1', code: 'UNKNOWN_UNIT', subject: '区民证局', task: 'body-1', message: '第一处', proposal: '区民政局', blocking: true },
      { findingId: 'f-2', code: 'UNKNOWN_UNIT', subject: '区民证局', task: 'body-2', message: '第二处', proposal: '区民政局', blocking: true },
      { findingId: 'f-3', code: 'NO_UNIT', subject: '', task: 'body-2', message: '没有单位', settlement: DISMISSED, settledBy: '林晓' },
    ],
  });
  return Object.assign(plan, init);
}

export function planning(plans: NonNullable<Services['plans']>): Services {
  return {
    access: signedIn('林晓', GOVERNMENT, Role.PLANNER),
    plans: { getPlan: () => draft(), ...plans },
    planSources: {
      getPlanSource: ({ name }) => ({ name, sourceName: 'laojiu.docx', blocks: [{ line: { line: 2, column: 1, text: '1.逐栋核对（区民证局）' } }] }),
    },
  };
}

/** The card of a task, once it is there. */
export async function card(text: string): Promise<HTMLElement> {
  const found = await screen.findByText(text, { selector: '.task-card *' });
  return found.closest('.task-card') as HTMLElement;
}

/** An answer that comes when the test says so. */
export class Held<T> {
  tell: (answer: T) => void = () => undefined;
  readonly answer = new Promise<T>((resolve) => { this.tell = resolve; });
}
