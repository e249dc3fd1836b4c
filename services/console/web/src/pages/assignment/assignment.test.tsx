import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { Role } from '../../gen/duban/v1/access_pb';
import { Assignment_State, ExecutionSchema, OversightSchema, TimelineEntry_Kind } from '../../gen/duban/v1/assignment_pb';
import type { ReportProgressRequest, SubmitResultRequest, UrgeAssignmentsRequest } from '../../gen/duban/v1/assignment_service_pb';
import { Deadline_Frequency, Deadline_Kind, DeadlineSchema } from '../../gen/duban/v1/deadline_pb';
import { assignmentOf, GOVERNMENT, HOUSING, open, refusal, refusedResult, signedIn } from '../../test/world';

const PLACE = '/assignments/laojiu/body-1/housing';
const SIGNED = assignmentOf('body-1', { state: Assignment_State.RECEIVED });

async function type(label: string | RegExp, value: string): Promise<void> {
  fireEvent.change(await screen.findByLabelText(label), { target: { value } });
}

async function send(name: string): Promise<void> {
  fireEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name }));
}

describe('a report', () => {
  it('carries its words, figure and evidence, and the etag of what was seen', async () => {
    const reports: ReportProgressRequest[] = [];
    open(PLACE, {
      access: signedIn('王敏', HOUSING, Role.CLERK),
      assignments: {
        getAssignment: () => SIGNED,
        getTimeline: () => ({ entries: [{ kind: TimelineEntry_Kind.RECEIVED, actor: '王敏' }] }),
        reportProgress: (request) => {
          reports.push(request);
          return SIGNED;
        },
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: '报送进展' }));
    await type('进展情况', '过半');
    await type('完成百分比', '55');
    await type(/^材料/, '核对表｜附件1');
    await send('报送进展');
    expect(await screen.findByText('进展已报送')).toBeTruthy();
    expect(reports[0]).toMatchObject({
      name: SIGNED.name,
      etag: SIGNED.etag,
      report: { text: '过半', percent: 55, evidence: [{ title: '核对表', reference: '附件1' }] },
    });
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('stays where somebody else was faster, and goes out with what is there now and another id', async () => {
    let etag = 'old';
    const reports: ReportProgressRequest[] = [];
    open(PLACE, {
      access: signedIn('王敏', HOUSING, Role.CLERK),
      assignments: {
        getAssignment: () => assignmentOf('body-1', { state: Assignment_State.RECEIVED, etag }),
        getTimeline: () => ({}),
        reportProgress: (request) => {
          reports.push(request);
          if (request.etag !== 'new') {
            etag = 'new';
            throw refusal(Code.Aborted, 'changed', { reason: 'ETAG_MISMATCH', chinese: '内容已被修改' });
          }
          return SIGNED;
        },
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: '报送进展' }));
    await type('进展情况', '过半');
    await send('报送进展');
    expect(await screen.findByText('别人刚刚修改过')).toBeTruthy();
    expect(screen.getByLabelText('进展情况')).toHaveProperty('value', '过半');
    await waitFor(async () => {
      await send('报送进展');
      expect(reports.at(-1)?.etag).toBe('new');
    });
    expect(await screen.findByText('进展已报送')).toBeTruthy();
    expect(reports.at(-1)?.requestId).not.toBe(reports[0]?.requestId);
  });
});

describe('a result', () => {
  it('of a duty by periods says which period it is about', async () => {
    const deadline = create(DeadlineSchema, { kind: Deadline_Kind.PERIODIC, frequency: Deadline_Frequency.QUARTERLY });
    const results: SubmitResultRequest[] = [];
    open(PLACE, {
      access: signedIn('王敏', HOUSING, Role.CLERK),
      assignments: {
        getAssignment: () => assignmentOf('body-1', { state: Assignment_State.RECEIVED, deadline }),
        getTimeline: () => ({}),
        submitResult: (request) => {
          results.push(request);
          return SIGNED;
        },
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: '申请办结' }));
    await type('办理结果', '已通报');
    await send('申请办结');
    expect(await screen.findByText('请填写此项')).toBeTruthy();
    expect(results).toHaveLength(0);
    fireEvent.mouseDown(await screen.findByLabelText('所属期'));
    fireEvent.click(await screen.findByTitle('2026-Q2'));
    await send('申请办结');
    await waitFor(() => { expect(results[0]?.submission?.period).toBe('2026-Q2'); });
  });
});

describe('an urge', () => {
  it('that was refused says why, and what was typed stays', async () => {
    const urged: UrgeAssignmentsRequest[] = [];
    open(PLACE, {
      access: signedIn('李强', GOVERNMENT, Role.LEADER),
      assignments: {
        getAssignment: () => SIGNED,
        getTimeline: () => ({}),
        urgeAssignments: (request) => {
          urged.push(request);
          return { results: [{ name: SIGNED.name, error: refusedResult(Code.FailedPrecondition, '已催办 20 次') }] };
        },
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: '催办' }));
    await type('催办内容', '请今天签收。');
    await send('催办');
    expect(await screen.findByText('已催办 20 次')).toBeTruthy();
    expect(urged[0]).toMatchObject({ text: '请今天签收。', items: [{ name: SIGNED.name, etag: SIGNED.etag }] });
    expect(screen.getByLabelText('催办内容')).toHaveProperty('value', '请今天签收。');
  });
});

describe('what is shown', () => {
  it('has no words of a report that was taken back', async () => {
    const execution = create(ExecutionSchema, {
      reports: [
        { reportId: 'r-1', text: '', reporter: '王敏', retractTime: { seconds: 1772000000n } },
        { reportId: 'r-2', text: '已核对31个小区', percent: 70, reporter: '王敏', agent: '周涛' },
      ],
    });
    const oversight = create(OversightSchema, { urges: [{ text: '请抓紧', author: '李强' }] });
    open(PLACE, {
      access: signedIn('李强', GOVERNMENT, Role.LEADER),
      assignments: {
        getAssignment: () => assignmentOf('body-1', { state: Assignment_State.IN_PROGRESS, execution, oversight }),
        getTimeline: () => ({}),
      },
    });
    expect(await screen.findByText('已核对31个小区')).toBeTruthy();
    expect(screen.getByText(/已撤回 2026-02-25/)).toBeTruthy();
    expect(screen.getByText(/王敏（周涛代办）/)).toBeTruthy();
    expect(screen.getByText('请抓紧')).toBeTruthy();
  });

  it('is calm about what is not there', async () => {
    open(PLACE, {
      access: signedIn('王敏', HOUSING, Role.CLERK),
      assignments: {
        getAssignment: () => {
          throw refusal(Code.NotFound, 'no such assignment', { reason: 'RESOURCE_NOT_FOUND', chinese: '没有此交办事项' });
        },
      },
    });
    expect(await screen.findByText('没有找到')).toBeTruthy();
    expect(screen.getByText('没有此交办事项')).toBeTruthy();
  });
});
