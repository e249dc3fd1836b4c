import { create } from '@bufbuild/protobuf';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../../gen/duban/v1/access_pb';
import { type Job, Job_Kind, Job_Progress_Unit, Job_State, JobSchema } from '../../../gen/duban/v1/job_pb';
import { NodeCheck_Result, NodeCheck_What, VerificationSchema } from '../../../gen/duban/v1/verification_pb';
import { open, type Services, signedIn } from '../../../test/world';
import { percentOf } from './jobs';

function jobOf(state: Job_State, done: bigint, total: bigint): Job {
  return create(JobSchema, {
    name: 'jobs/j1', kind: Job_Kind.VERIFICATION, state, progress: { done, total, unit: Job_Progress_Unit.CHECKS, subject: 'plan' },
  });
}

function world(node: NonNullable<Services['node']>): Services {
  return {
    access: signedIn('卢军', '', Role.OPERATOR),
    node: {
      getNodeStatus: () => ({ node: 'qinghe', stores: [{ service: 'plan' }, { service: 'assignment' }, { service: 'notification' }], machine: {} }),
      listJobs: () => ({ jobs: [] }),
      ...node,
    },
  };
}

describe('progress', () => {
  it('is whole only when the work is over, whatever was estimated', () => {
    expect(percentOf(jobOf(Job_State.RUNNING, 0n, 0n))).toBeUndefined();
    expect(percentOf(jobOf(Job_State.RUNNING, 3n, 12n))).toBe(25);
    expect(percentOf(jobOf(Job_State.RUNNING, 13n, 12n))).toBe(99);
    expect(percentOf(jobOf(Job_State.DONE, 11n, 12n))).toBe(100);
    expect(percentOf(jobOf(Job_State.CANCELLED, 6n, 12n))).toBe(50);
  });
});

describe('long work', () => {
  it('is begun once, watched where its address is, and told to stop', async () => {
    const begun: string[] = [];
    const stopped: string[] = [];
    let state = Job_State.RUNNING;
    open('/system/jobs', world({
      startVerification: (request) => {
        begun.push(request.requestId);
        return jobOf(state, 0n, 12n);
      },
      getJob: () => jobOf(state, 3n, 12n),
      cancelJob: (request) => {
        stopped.push(request.name);
        state = Job_State.CANCELLED;
        return jobOf(state, 3n, 12n);
      },
    }));
    fireEvent.click(await screen.findByRole('button', { name: '开始核对' }));
    fireEvent.click((await screen.findAllByRole('button', { name: '开始核对' })).at(-1) as HTMLElement);
    expect(await screen.findByText(/3 \/ 12 项/)).toBeTruthy();
    expect(begun).toHaveLength(1);
    fireEvent.click(screen.getByRole('button', { name: /取.?消/ }));
    fireEvent.click((await screen.findAllByRole('button', { name: /取.?消/ })).at(-1) as HTMLElement);
    await waitFor(() => { expect(stopped).toEqual(['jobs/j1']); });
    expect(await screen.findByText('已取消')).toBeTruthy();
  });

  it('is found again by its address, and says what it found, the bad first', async () => {
    const found = create(VerificationSchema, {
      checks: [
        { service: 'plan', what: NodeCheck_What.CHAIN, result: NodeCheck_Result.GOOD, count: 7n },
        { service: 'assignment', what: NodeCheck_What.FEED, result: NodeCheck_Result.BAD, finding: 'two places' },
      ],
    });
    open('/system/jobs/plan/j1', world({
      getJob: ({ name }) =>
        Object.assign(jobOf(Job_State.DONE, 12n, 12n), { name, result: { case: 'verification' as const, value: found } }),
    }));
    expect(await screen.findByText('two places')).toBeTruthy();
    expect(screen.getAllByRole('row').map((row) => row.textContent)[1]).toContain('有问题');
  });

  it('is no backup where there is no folder for one', async () => {
    open('/system/jobs', world({}));
    expect(await screen.findByText('此进程没有设置备份目录。')).toBeTruthy();
    expect(screen.queryByRole('button', { name: '开始备份' })).toBeNull();
  });
});
